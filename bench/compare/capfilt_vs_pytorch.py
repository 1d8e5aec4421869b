"""Captioning and filtering a web in medley and in PyTorch: how fast, and whether both keep the same texts.

    medley data make web --from scenes --out web
    python bench/compare/capfilt_vs_pytorch.py --data web/web.json --images web/images.tar --captioner runs/captioner --filter runs/filter --json capfilt.json

PyTorch's side is pytorch_capfilt.py with the same weights, each time in a process of its own, in turn with `medley
capfilt label`, with the batch and the number of processes that decode pictures with which it is fastest, which is found
first. Medians over the rounds; `ratio` is medley over PyTorch, above 1 when medley is faster. PyTorch's start, which imports
the library and reads the models and the tar, is left out; medley's seconds are those of the whole process.

Random numbers differ, so captions that are drawn do too. What is compared instead, of the first --check rows:
the filter's probability of every text of medley's labels, and which texts it keeps; the captions of a beam search.

Needs torch, safetensors, tokenizers and Pillow, and a built medley. Run it with nothing else running: PyTorch's threads spin while they
wait and collapse on a shared core. With --threads 1, `cpu_seconds` can be compared on a machine that is not quite idle.
"""
import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
BEAMS, THRESHOLD, TOLERANCE = 3, 0.5, 1e-4


def run(command, threads):
    """Standard output of a command, and what it took from the outside."""
    environment = {**os.environ, "MEDLEY_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    start = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(map(str, command))} failed with status {os.waitstatus_to_exitcode(status)}")
    return out, {"seconds": time.perf_counter() - start, "cpu_seconds": usage.ru_utime + usage.ru_stime, "peak_rss_mb": usage.ru_maxrss // 1024}


class Comparison:
    def __init__(self, args, folder):
        self.args, self.folder, self.made = args, folder, 0
        self.fastest = []  # options of the rival
        rows = json.loads(Path(args.data).read_text())[:args.count]
        if len({row["image"] for row in rows}) < len(rows):
            sys.exit(f"{args.data} has several texts of one picture among the first {len(rows)}: this comparison wants one each")
        self.rows, self.some = len(rows), min(args.check, len(rows))
        self.all, self.first = folder / "all.json", folder / "first.json"
        self.all.write_text(json.dumps(rows))
        self.first.write_text(json.dumps(rows[:self.some]))
        models = {model: folder / f"model_{i}" for i, model in enumerate(dict.fromkeys([args.captioner, args.filter]))}
        for model, copy in models.items():
            run([args.program, "convert", model, copy, "--to", "run"], args.threads)
        self.models = ["--images", args.images, "--captioner", models[args.captioner], "--filter", models[args.filter]]

    def out(self):
        self.made += 1
        return self.folder / f"labels_{self.made}"

    def medley(self, data, *options):
        """Labels, one a line, and figures."""
        out = self.out()
        said, whole = run([self.args.program, "capfilt", "label", "--data", data, *self.models, "--out", out, "--json", *options], self.args.threads)
        labels = "".join(file.read_text() for file in sorted(out.glob("labels/*.jsonl")))
        return labels, whole | {"start_seconds": whole["seconds"] - json.loads(said)["seconds"]}

    def pytorch(self, data, *options):
        out = self.out()
        said, whole = run([sys.executable, HERE / "pytorch_capfilt.py", "--data", data, *self.models, "--out", out, "--threads", self.args.threads,
                           *options], self.args.threads)
        work = json.loads(said)
        return out.read_text(), work | {"start_seconds": whole["seconds"] - work["seconds"]}

    def check(self):
        """Whether both say the same."""
        own, _ = self.medley(self.first)
        scored = self.folder / "scored.jsonl"
        scored.write_text(own)
        both = zip(texts_of(own), texts_of(self.pytorch(self.first, "--score", scored)[0]), strict=True)
        pairs = [pair for pair in both if "probability" in pair[0]]  # medley gives none to a text without a word
        kept = [text["probability"] > THRESHOLD for text, _ in pairs]
        worst = max(abs(a["probability"] - b["probability"]) for a, b in pairs)
        other = [text["text"] for (text, rival), keep in zip(pairs, kept) if (rival["probability"] > THRESHOLD) != keep]
        beams = [[text["text"] for text in texts_of(side(self.first, "--beams", BEAMS)[0]) if text["source"] == "synthetic"]
                 for side in (self.medley, self.pytorch)]
        differ = [pair for pair in zip(*beams, strict=True) if pair[0] != pair[1]]
        return {"rows": self.some, "texts": len(pairs), "kept": sum(kept), "largest_difference": worst, "kept_by_one_only": other,
                "captions_that_differ": differ, "same": worst <= TOLERANCE and not other and not differ}

    def find_fastest(self):
        speeds = {}
        for batch, workers in itertools.product(self.args.batches, (0, 1)):
            options = ("--batch", batch, "--workers", workers)
            speeds[options] = self.rows / self.pytorch(self.all, *options)[1]["seconds"]
            print(f"PyTorch, batch {batch}, {workers} workers: {speeds[options]:.0f} images/s", file=sys.stderr)
        self.fastest = max(speeds, key=speeds.get)


def texts_of(lines):
    """The texts of all pictures, in the order of the rows."""
    return [text for line in lines.splitlines() for text in json.loads(line)["texts"]]


def summary(args, comparison, rounds, same):
    median = lambda name, key: statistics.median(figures[key] for figures in rounds[name])
    result = {"rows": comparison.rows, "threads": args.threads, "rounds": args.rounds, "same": same}
    for name in rounds:
        result[name] = {"images_per_second": round(comparison.rows / median(name, "seconds"), 1),
                        **{key: round(median(name, key), 3) for key in ("seconds", "cpu_seconds", "start_seconds", "peak_rss_mb")}}
    own, rival, first = result["medley"], result["pytorch"], rounds["pytorch"][0]
    rival |= {"parts": {part: round(statistics.median(figures["parts"][part] for figures in rounds["pytorch"]), 3) for part in first["parts"]},
              "options": " ".join(map(str, comparison.fastest)), "torch": first["torch"]}
    return result | {"ratio": round(rival["seconds"] / own["seconds"], 3), "cpu_ratio": round(rival["cpu_seconds"] / own["cpu_seconds"], 3),
                     "memory_ratio": round(own["peak_rss_mb"] / rival["peak_rss_mb"], 3)}


def table(result):
    own, rival, same = result["medley"], result["pytorch"], result["same"]
    line = lambda title, key, form: f"{title:24}{own[key]:>10{form}}{rival[key]:>10{form}}"
    return "\n".join([
        f"{result['rows']} pictures, {result['threads']} threads, medians of {result['rounds']} rounds; PyTorch with {rival['options']}", "",
        f"{'':24}{'medley':>10}{'PyTorch':>10}", line("images per second", "images_per_second", ".0f"), line("seconds", "seconds", ".2f"),
        *(f"{'  ' + part.replace('_', ', '):24}{'':>10}{seconds:>10.2f}" for part, seconds in rival["parts"].items()),
        line("CPU seconds", "cpu_seconds", ".2f"), line("start: within, without", "start_seconds", ".2f"), line("peak memory, MB", "peak_rss_mb", ".0f"), "",
        f"medley over PyTorch: {result['ratio']:.2f}x (CPU seconds: {result['cpu_ratio']:.2f}x)",
        f"{same['texts']} texts: probabilities differ by {same['largest_difference']:.1e} at most; {same['kept']} kept, {len(same['kept_by_one_only'])} by one only",
        f"{same['rows']} captions by {BEAMS} beams: {len(same['captions_that_differ'])} differ"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="list of the web's pairs, one text a picture")
    parser.add_argument("--images", required=True, help="tar of its pictures")
    parser.add_argument("--captioner", required=True)
    parser.add_argument("--filter", required=True)
    parser.add_argument("--program", default=str(HERE.parents[1] / "build/cpu/medley"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--count", type=int, default=20000, help="rows whose labels are timed")
    parser.add_argument("--check", type=int, default=2000, help="rows whose labels are compared")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batches", type=int, nargs="+", default=[64, 128, 256], help="PyTorch's, to choose from")
    parser.add_argument("--json", help="write the result to this file")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        comparison = Comparison(args, Path(folder))
        same = comparison.check()
        comparison.find_fastest()
        rounds = {"medley": [], "pytorch": []}
        for _ in range(args.rounds):
            rounds["medley"].append(comparison.medley(comparison.all)[1])
            rounds["pytorch"].append(comparison.pytorch(comparison.all, *comparison.fastest)[1])
    result = summary(args, comparison, rounds, same)
    print(table(result))
    if args.json:
        Path(args.json).write_text(json.dumps(result, indent=1) + "\n")
    sys.exit(not same["same"])


if __name__ == "__main__":
    main()
