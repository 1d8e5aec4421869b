"""medley's pre-training step against PyTorch's, on this machine, in turn.

    python bench/compare/step_vs_pytorch.py --config scenes --threads 2 --json step.json
    python bench/compare/step_vs_pytorch.py --config base --device cuda --bf16 --compile --bench build/cuda/bench/step_bench

Each side runs in a process of its own, one after the other, several rounds: never both at once. The figures are the
medians over the rounds; `ratio` is medley over PyTorch, above 1 when medley is faster. Needs torch for the rival and
a built step_bench (./medley builds it). Run it with nothing else running: PyTorch's threads spin while they wait (as is
fastest on an idle machine: OMP_WAIT_POLICY=PASSIVE costs them 40 %) and collapse on a shared core.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

GPU_BATCH = 64  # step_bench's
HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def run(command, env=None):
    """Standard output of a command and the peak memory of that process in MB."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **(env or {})})
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(map(str, command))} failed with status {os.waitstatus_to_exitcode(status)}")
    return out, usage.ru_maxrss // 1024


def medley(args):
    where = f"threads:{args.threads}" if args.device == "cpu" else f"cuda/{'bf16' if args.bf16 else 'f32'}"
    name = f"step/{args.config}/{where}"
    out, rss = run([args.bench, f"--benchmark_filter=^{name}(/real_time)?$", "--benchmark_format=json", f"--benchmark_min_time={args.seconds}"])
    found = [b for b in json.loads(out)["benchmarks"] if b["run_type"] == "iteration"]
    if not found:
        sys.exit(f"{args.bench} has no benchmark {name}")
    return {"images_per_second": found[0]["items_per_second"], "peak_rss_mb": rss}


def pytorch(args):
    options = ["--device", args.device] + ["--bf16"] * args.bf16 + ["--compile"] * args.compile
    if args.device == "cuda":
        options += ["--batch", str(GPU_BATCH)]
    out, rss = run([sys.executable, HERE / "pytorch_blip.py", "--config", args.config, "--threads", str(args.threads),
                    "--seconds", str(args.seconds), *options], {"OMP_NUM_THREADS": str(args.threads)})
    return {**json.loads(out.strip().splitlines()[-1]), "peak_rss_mb": rss}


def summary(args, rounds):
    """What is known so far."""
    runs = {name: done for name, done in rounds.items() if done}
    speed = {name: statistics.median(r["images_per_second"] for r in done) for name, done in runs.items()}
    memory = {name: max(r["peak_rss_mb"] for r in done) for name, done in runs.items()}
    result = {"config": args.config, "device": args.device, "threads": args.threads, "rounds": len(runs["medley"]),
              "bf16": args.bf16, "compile": args.compile, **{name: round(x, 2) for name, x in speed.items()},
              "peak_rss_mb": memory}
    if "pytorch" in runs:
        result |= {"ratio": round(speed["medley"] / speed["pytorch"], 3),
                   "memory_ratio": round(memory["medley"] / memory["pytorch"], 3), "torch": runs["pytorch"][0]["torch"]}
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default="scenes", choices=["scenes", "picturebook", "small", "base"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8, help="of each measurement")
    parser.add_argument("--bench", default=ROOT / "build/cpu/bench/step_bench", help="path of step_bench")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--bf16", action="store_true", help="on a GPU: both sides in bf16 with f32 weights")
    parser.add_argument("--compile", action="store_true", help="torch.compile for the rival")
    parser.add_argument("--json", help="write the result here too, after each measurement")
    args = parser.parse_args()
    if args.bf16 and args.device == "cpu":
        parser.error("--bf16 needs --device cuda: on the CPU medley computes in f32")
    rounds = {"medley": [], "pytorch": []}
    for i in range(args.rounds):
        for name, side in (("medley", medley), ("pytorch", pytorch)):
            rounds[name].append(side(args))
            print(f"round {i + 1} {name:8} {rounds[name][-1]['images_per_second']:8.1f} images/s", file=sys.stderr)
            text = json.dumps(summary(args, rounds), indent=1)
            if args.json:
                Path(args.json).write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
