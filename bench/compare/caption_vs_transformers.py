"""Captioning with BLIP of base size, 384 x 384 pixels, three beams, 20 tokens: medley against transformers.

Both read one Hugging Face folder (random weights, written by transformers) and one picture, and run in turn in
processes of their own. Milliseconds are the median over the pictures after the first, decoding the file left out.

    python bench/compare/caption_vs_transformers.py --threads 2 --rounds 3 --json caption.json
"""
import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TOKENS, BEAMS = 20, 3


def make_folder(folder):
    """A model, its vocabulary and a picture."""
    import torch
    from PIL import Image
    from transformers import BlipConfig, BlipForConditionalGeneration

    torch.manual_seed(0)
    config = BlipConfig(vision_config={"image_size": 384}, text_config={"num_attention_heads": 12})
    BlipForConditionalGeneration(config).save_pretrained(folder)
    special = {0: "[PAD]", 100: "[UNK]", 101: "[CLS]", 102: "[SEP]", 103: "[MASK]"}
    vocabulary = [special.get(i, f"word{i}") for i in range(30522)]
    Path(folder, "vocab.txt").write_text("\n".join(vocabulary) + "\n")
    pixels = torch.randint(0, 256, (384, 384, 3), dtype=torch.uint8)
    Image.fromarray(pixels.numpy()).save(Path(folder, "picture.png"))


def time_transformers(folder, threads, pictures):
    """Runs in a process of its own; prints one JSON line."""
    import torch
    from PIL import Image
    from transformers import BlipForConditionalGeneration, BlipImageProcessor

    torch.set_num_threads(threads)
    model = BlipForConditionalGeneration.from_pretrained(folder).eval()
    processor = BlipImageProcessor(size={"height": 384, "width": 384})
    picture = processor(Image.open(Path(folder, "picture.png")).convert("RGB"), return_tensors="pt").pixel_values
    times, ids = [], []
    for _ in range(pictures):
        start = time.perf_counter()
        with torch.inference_mode():
            ids = model.generate(pixel_values=picture, num_beams=BEAMS, do_sample=False, min_new_tokens=TOKENS, max_new_tokens=TOKENS)
        times.append(1e3 * (time.perf_counter() - start))
    words = [f"word{i}" for i in ids[0].tolist()[1:]]
    print(json.dumps({"ms": statistics.median(times[1:]), "words": words, "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def run_transformers(folder, threads, pictures):
    command = [sys.executable, __file__, "--time-transformers", folder, "--threads", str(threads), "--pictures", str(pictures)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def run_medley(program, folder, threads, pictures):
    command = [program, "caption", folder, *[str(Path(folder, "picture.png"))] * pictures, "--batch", "1", "--beams", str(BEAMS),
               "--min-tokens", str(TOKENS + 1), "--max-tokens", str(TOKENS + 1), "--json"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "MEDLEY_THREADS": str(threads)})
    said = json.loads(child.stdout.read())
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise RuntimeError(f"medley ended with status {status}")
    parts = [[text[0]["timings"][key] for text in said[1:]] for key in ("encode_ms", "generate_ms")]
    return {"ms": statistics.median(map(sum, zip(*parts))), "encode_ms": statistics.median(parts[0]), "generate_ms": statistics.median(parts[1]),
            "words": said[0][0]["generated_text"].split(), "rss_mb": usage.ru_maxrss / 1024}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(Path(__file__).parents[2] / "build/cpu/medley"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pictures", type=int, default=5, help="in each process, the first of them not counted")
    parser.add_argument("--json", help="write the figures to this file")
    parser.add_argument("--make-folder", help=argparse.SUPPRESS)
    parser.add_argument("--time-transformers", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.make_folder:
        make_folder(args.make_folder)
        return
    if args.time_transformers:
        time_transformers(args.time_transformers, args.threads, args.pictures)
        return
    with tempfile.TemporaryDirectory() as folder:
        # In a process of its own: the memory of a parent counts in what its children report.
        subprocess.run([sys.executable, __file__, "--make-folder", folder], check=True, capture_output=True)
        rounds = [(run_medley(args.program, folder, args.threads, args.pictures), run_transformers(folder, args.threads, args.pictures))
                  for _ in range(args.rounds)]
    own, rival = ([pair[i] for pair in rounds] for i in (0, 1))
    median = lambda runs, key: statistics.median(run[key] for run in runs)
    figures = {"threads": args.threads, "medley_ms": median(own, "ms"), "medley_encode_ms": median(own, "encode_ms"),
               "medley_generate_ms": median(own, "generate_ms"), "transformers_ms": median(rival, "ms"),
               "ratio": median(rival, "ms") / median(own, "ms"), "medley_rss_mb": median(own, "rss_mb"), "transformers_rss_mb": median(rival, "rss_mb"),
               "memory_ratio": median(own, "rss_mb") / median(rival, "rss_mb"), "same_words": own[0]["words"] == rival[0]["words"],
               "rounds": [[round(a["ms"]), round(b["ms"])] for a, b in rounds]}
    print(json.dumps(figures, indent=1))
    if args.json:
        Path(args.json).write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
