"""Fine-tuning in medley and in PyTorch from the same weights: learning curves and final figures, several seeds.

Both start from one folder of transformers that medley exports, take batches of the same data in their own random
order, without augmentation, and follow the same schedule with AdamW. PyTorch's side is a plain loop over the layers of
transformers' BLIP, with the original's losses. `medley eval` judges both, PyTorch's model after save_pretrained.

    python bench/compare/finetune_vs_pytorch.py caption --from runs/demo --data scenes_captions --steps 600 --json curves.json
    python bench/compare/finetune_vs_pytorch.py vqa --from runs/demo --data scenes_vqa --steps 1500 --json curves.json

The data are folders that `medley data make` wrote.
"""
import argparse
import io
import json
import math
import random
import shutil
import statistics
import subprocess
import tarfile
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
import transformers
from PIL import Image

MEAN, STD = (torch.tensor(x).view(3, 1, 1) for x in ([0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]))
SMOOTHING, DECAY, WARMUP, FLOOR, LOG_EVERY = 0.1, 0.05, 100, 0.01, 50


class Rows:
    """Pictures, token ids and answers of the training list, all in memory."""

    def __init__(self, folder, data, side):
        self.tokenizer = transformers.BertTokenizer.from_pretrained(folder)
        special = {piece: i for i, piece in enumerate((Path(folder) / "vocab.txt").read_text().split("\n"))}
        self.cls, self.sep, self.dec, self.enc = (special[f"[{name}]"] for name in ("CLS", "SEP", "DEC", "ENC"))
        self.rows = json.loads((data / "train.json").read_text())
        wanted, pictures = {row["image"] for row in self.rows}, {}
        with tarfile.open(data / "images.tar") as tar:
            for member in tar:
                if member.name in wanted:
                    picture = Image.open(io.BytesIO(tar.extractfile(member).read())).convert("RGB")
                    assert picture.size == (side, side), member.name
                    pictures[member.name] = torch.from_numpy(np.asarray(picture).copy()).permute(2, 0, 1)
        self.pictures = pictures

    def images(self, rows):
        return (torch.stack([self.pictures[row["image"]] for row in rows]).float() / 255 - MEAN) / STD

    def ids(self, texts, first):
        """[first, pieces, SEP], padded with 0; and where there is a token."""
        rows = [[first, *self.tokenizer.encode(text, add_special_tokens=False), self.sep] for text in texts]
        ids = torch.tensor([row + [0] * (max(map(len, rows)) - len(row)) for row in rows])
        return ids, (torch.arange(ids.shape[1]) < torch.tensor([[len(row)] for row in rows])).long()


def next_token_loss(logits, ids, mask, weights=None):
    """Cross-entropy of tokens 1, 2, ..: the mean over tokens, or the sum over answers with `weights`."""
    losses = F.cross_entropy(logits[:, :-1].transpose(1, 2), ids[:, 1:], label_smoothing=SMOOTHING, reduction="none") * mask[:, 1:]
    return losses.sum() / mask[:, 1:].sum() if weights is None else (losses.sum(1) * weights).sum()


def caption_loss(model, data, rows):
    image = model.vision_model(data.images(rows)).last_hidden_state
    ids, mask = data.ids([row["caption"] for row in rows], data.dec)
    logits = model.text_decoder(input_ids=ids, attention_mask=mask, encoder_hidden_states=image).logits
    return next_token_loss(logits, ids, mask)


def vqa_loss(model, data, rows):
    image = model.vision_model(data.images(rows)).last_hidden_state
    ids, mask = data.ids([row["question"] for row in rows], data.enc)
    question = model.text_encoder(input_ids=ids, attention_mask=mask, encoder_hidden_states=image).last_hidden_state
    flat = [(i, text, 1 / len(row["answer"])) for i, row in enumerate(rows) for text in row["answer"]]
    of, weights = torch.tensor([i for i, _, _ in flat]), torch.tensor([w for _, _, w in flat]) / len(rows)
    answer, seen = data.ids([text for _, text, _ in flat], data.dec)
    logits = model.text_decoder(input_ids=answer, attention_mask=seen, encoder_hidden_states=question[of],
                                encoder_attention_mask=mask[of]).logits
    return next_token_loss(logits, answer, seen, weights)


TASKS = {"caption": (transformers.BlipForConditionalGeneration, caption_loss),
         "vqa": (transformers.BlipForQuestionAnswering, vqa_loss)}


def rate(step, args):
    return args.lr * min(1, (step + 1) / WARMUP) * (FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * step / args.steps)))


def train_pytorch(start, out, seed, args):
    """One run; gives the curve and the seconds, and leaves a folder for `medley eval`."""
    torch.manual_seed(seed)
    random.seed(seed)
    kind, loss_of = TASKS[args.task]
    model = kind.from_pretrained(start).train()
    data = Rows(start, args.data, model.config.vision_config.image_size)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr, weight_decay=DECAY, fused=True)
    order, curve, since, begin = [], [], [], time.perf_counter()
    for step in range(args.steps):
        if len(order) < args.batch:
            order = random.sample(range(len(data.rows)), len(data.rows))
        rows, order = [data.rows[i] for i in order[:args.batch]], order[args.batch:]
        for group in optimizer.param_groups:
            group["lr"] = rate(step, args)
        loss = loss_of(model, data, rows)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        since.append(loss.item())
        if step == 0 or (step + 1) % LOG_EVERY == 0:
            curve.append([step + 1, statistics.mean(since)])
            since = []
    seconds = time.perf_counter() - begin
    model.save_pretrained(out)
    for name in ("vocab.txt", "preprocessor_config.json", "tokenizer_config.json", "special_tokens_map.json"):
        if (start / name).exists():
            shutil.copy(start / name, out)
    return curve, seconds


def run(args, *command):
    print("medley", *command, flush=True)
    return subprocess.run([args.program, *map(str, command)], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


def train_medley(start, out, seed, args):
    begin = time.perf_counter()
    run(args, "finetune", args.task, "--from", start, "--data", args.data, "--steps", args.steps, "--epochs", 1000, "--lr", args.lr,
        "--batch", args.batch, "--seed", seed, "--threads", args.threads, "--set", "augment.kind=none", "--set", "eval.splits=[]", "--out", out)
    seconds = time.perf_counter() - begin
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return [[line["step"], line["lm"]] for line in lines if "lm" in line], seconds


def figures(model, args):
    """What `medley eval` says of a model on each of the splits."""
    said = {}
    for split in args.splits:
        command = ["eval", args.task, model, "--data", args.data / f"{split}.json", "--json"]
        said[split] = json.loads(run(args, *command))
    return said


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--from", dest="source", required=True, help="run of medley to start from")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--program", default=str(Path(__file__).parents[2] / "build/cpu/medley"))
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--lr", type=float, default=3e-4)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--splits", nargs="+", default=["test_seen", "test_pair", "test_drawing"])
    parser.add_argument("--json", help="write curves and figures to this file")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    result = {"task": args.task, "steps": args.steps, "batch": args.batch, "lr": args.lr, "threads": args.threads, "medley": [], "pytorch": []}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        # A step of next to no rate adds the words and positions that the recipe asks for and changes nothing else.
        run(args, "finetune", args.task, "--from", args.source, "--data", args.data, "--steps", 1, "--lr", 1e-30, "--batch", args.batch,
            "--set", "eval.splits=[]", "--out", place / "start_run")
        start = place / "start"
        run(args, "convert", place / "start_run", start, "--to", args.task)
        for seed in args.seeds:
            for name, train in (("medley", train_medley), ("pytorch", train_pytorch)):
                out = place / f"{name}_{seed}"
                curve, seconds = train(start, out, seed, args)
                result[name].append({"seed": seed, "seconds": round(seconds, 1), "curve": curve, "figures": figures(out, args)})
                print(f"{name}, seed {seed}: {seconds:.0f} s, loss {curve[0][1]:.3f} to {curve[-1][1]:.3f}", flush=True)
                if args.json:
                    Path(args.json).write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
