"""medley's attention against PyTorch's, at the same shapes in the same run.

    python bench/compare/attention_vs_pytorch.py --device cuda --json attention.json
    python bench/compare/attention_vs_pytorch.py --device cpu --batch 4 --q 197 --rounds 3

Rivals on a GPU: torch's flash, cuDNN and memory-efficient kernels (torch.nn.attention.sdpa_kernel), and cuDNN through
medley's own bindings; on the CPU torch's fused kernel and its plain one. Everyone takes a turn in each round; the
figures are medians over the rounds. `ratio` is the best rival's time over medley's, above 1 when medley is faster. A
rival that refuses a shape is listed with its reason. Without axis flags the shapes are BLIP's (SHAPES below).
Needs torch and a built attention_bench. Run it with nothing else running.
"""
import argparse
import json
import math
import statistics
import subprocess
import sys
import time
import warnings
from pathlib import Path

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

ROOT = Path(__file__).resolve().parent.parent.parent
CALLS = 20  # between two events on a GPU: one call alone would be timed with its launch
SHAPES = {  # ViT-B and BERT-base: 12 heads of 64
    "vit_224": dict(q=197, k=197),
    "vit_384": dict(q=577, k=577),
    "text": dict(q=40, k=40),
    "text_causal": dict(q=40, k=40, causal=True),
    "cross_224": dict(q=40, k=197),
    "cross_384": dict(q=40, k=577),
}
RIVALS = {
    "cuda": {"torch_flash": SDPBackend.FLASH_ATTENTION, "torch_cudnn": SDPBackend.CUDNN_ATTENTION,
             "torch_efficient": SDPBackend.EFFICIENT_ATTENTION},
    "cpu": {"torch_fused": SDPBackend.FLASH_ATTENTION, "torch_plain": SDPBackend.MATH},
}


def flops(s, direction):
    rows = range(s["q"])
    seen = sum(min(max(r + 1 + s["k"] - s["q"], 0), s["k"]) for r in rows) if s["causal"] else s["q"] * s["k"]
    return 4 * s["batch"] * s["heads"] * s["head_dim"] * seen * (2.5 if direction == "backward" else 1)


def medley(args, s, directions, backends):
    """Seconds, or the reason why not, by (back end, direction): one process, whose start would cost more than a call."""
    flags = [f"--{name}={s[name]}" for name in ("batch", "heads", "q", "k", "head_dim")]
    flags += ["--causal"] * s["causal"] + ([f"--dropout={s['dropout']}"] if s["dropout"] else [])
    command = [args.bench, f"--device={args.device}", f"--dtype={args.dtype}", f"--backend={','.join(backends)}",
               f"--direction={args.direction}", f"--benchmark_min_time={args.seconds}", "--benchmark_format=json", *flags]
    command += [f"--threads={args.threads}"] if args.device == "cpu" else []
    out = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if out.returncode > 1 or not out.stdout:  # 1: a back end refused, its message is in the output
        sys.exit(f"{args.bench}: {out.stderr.strip()}")
    found = json.loads(out.stdout)["benchmarks"]
    both = [(b, d) for b in backends for d in directions]
    return {who: r.get("error_message") or r["real_time"] * 1e-6 for who, r in zip(both, found)}


def timed(device, call):
    if device == "cpu":
        start = time.perf_counter()
        call()
        return time.perf_counter() - start
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    begin.record()
    for _ in range(CALLS):
        call()
    end.record()
    end.synchronize()
    return begin.elapsed_time(end) * 1e-3 / CALLS


def pytorch(args, s, direction, backend):
    """Median seconds of one call, or the reason why not."""
    if s["causal"] and s["q"] != s["k"]:
        return "torch aligns a causal mask top left"
    dtype = torch.bfloat16 if args.dtype == "bf16" else torch.float32

    def packed(rows, parts):  # column blocks of one matrix [batch, rows, parts C], as a model has them
        x = torch.randn(s["batch"], rows, parts, s["heads"], s["head_dim"], device=args.device, dtype=dtype)
        return [part.requires_grad_() for part in x.permute(2, 0, 3, 1, 4).unbind(0)]

    (q, _, _), (_, k, v) = packed(s["q"], 3), packed(s["k"], 3)

    def forward():
        return F.scaled_dot_product_attention(q, k, v, is_causal=s["causal"], dropout_p=s["dropout"])

    times, spent = [], 0.0
    with sdpa_kernel(backend), warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            if direction == "backward":
                y = forward()
                dy = torch.randn_like(y)
                call = lambda: torch.autograd.grad(y, (q, k, v), dy, retain_graph=True)
            else:
                call = lambda: forward().detach()
            timed(args.device, call)
        except RuntimeError as error:
            return "; ".join(str(w.message).split(" (Triggered")[0] for w in told) or str(error)
        while spent < args.seconds or len(times) < 3:
            times.append(timed(args.device, call))
            spent += times[-1] * (1 if args.device == "cpu" else CALLS)
    return statistics.median(times)


def compare(args, name, s, directions):
    """A row for each direction."""
    own = ["medley"] + (["cudnn"] if args.device == "cuda" and args.dtype == "bf16" else [])
    rounds = {d: {} for d in directions}
    for _ in range(args.rounds):
        for (who, d), seconds in medley(args, s, directions, own).items():
            rounds[d].setdefault(who, []).append(seconds)
        for d in directions:
            for who, backend in RIVALS[args.device].items():
                rounds[d].setdefault(who, []).append(pytorch(args, s, d, backend))
    return [summary(name, s, d, rounds[d]) for d in directions]


def summary(name, s, direction, rounds):
    """Medians of the rounds, as a row and on the terminal."""
    refused = {who: r[0] for who, r in rounds.items() if isinstance(r[0], str)}
    median = {who: statistics.median(r) for who, r in rounds.items() if who not in refused}
    work = flops(s, direction)
    row = {"shape": name, **s, "direction": direction,
           "us": {who: round(t * 1e6, 2) for who, t in median.items()},
           "tflops": {who: round(work / t * 1e-12, 3) for who, t in median.items()}, "refused": refused}
    rivals = [t for who, t in median.items() if who != "medley"]
    if "medley" in median and rivals:
        row["ratio"] = round(min(rivals) / median["medley"], 3)
    times = "  ".join(f"{who} {t * 1e6:.1f}" for who, t in median.items())
    print(f"{name:12} {direction:8} us: {times}  ratio {row.get('ratio', math.nan)}", file=sys.stderr)
    for who, why in refused.items():
        print(f"{'':21} {who} refused: {why.splitlines()[0][:160]}", file=sys.stderr)
    return row


def save(path, result):
    """The whole file or, when the program is ended here, the one before."""
    part = Path(f"{path}.part")
    part.write_text(json.dumps(result, indent=1) + "\n")
    part.replace(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--dtype", choices=["bf16", "f32"], help="default: bf16 on a GPU, f32 on the CPU")
    parser.add_argument("--direction", default="both", choices=["both", "forward", "backward"])
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--heads", type=int, default=12)
    parser.add_argument("--q", type=int, help="with this a shape of your own")
    parser.add_argument("--k", type=int, help="default: as many as queries")
    parser.add_argument("--head_dim", type=int, default=64)
    parser.add_argument("--causal", action="store_true")
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.2, help="of each measurement in a round")
    parser.add_argument("--threads", type=int, default=2, help="of the CPU")
    parser.add_argument("--bench", help="path of attention_bench (default: build/cuda or build/cpu)")
    parser.add_argument("--json", help="write the result here too, after each shape")
    args = parser.parse_args()
    args.dtype = args.dtype or ("bf16" if args.device == "cuda" else "f32")
    args.bench = args.bench or ROOT / f"build/{args.device}/bench/attention_bench"
    if args.device == "cuda" and not torch.cuda.is_available():
        sys.exit("torch sees no GPU: use --device cpu")
    if args.device == "cpu" and args.dtype != "f32":
        sys.exit("medley computes in f32 on the CPU")
    torch.manual_seed(0)
    torch.set_num_threads(args.threads)
    shapes = {"own": dict(q=args.q, k=args.k or args.q, causal=args.causal)} if args.q else SHAPES
    rest = dict(batch=args.batch, heads=args.heads, head_dim=args.head_dim, dropout=args.dropout)
    directions = ["forward", "backward"] if args.direction == "both" else [args.direction]
    device = torch.cuda.get_device_name() if args.device == "cuda" else f"cpu, {args.threads} threads"
    result = {"device": device, "dtype": args.dtype, "torch": torch.__version__, "rounds": args.rounds, "rows": []}
    for name, s in shapes.items():
        result["rows"] += compare(args, name, {"causal": False, **rest, **s}, directions)
        if args.json:
            save(args.json, result)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
