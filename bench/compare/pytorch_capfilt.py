"""A caption for every picture, and how likely each text matches, in plain PyTorch: the rival of capfilt_vs_pytorch.py.

It does what `medley capfilt label` does with the same weights, the way a PyTorch user would who wants it fast: batches,
inference mode, keys and values of a picture computed once and those of earlier tokens kept, fused attention, nucleus
sampling among the 50 likeliest tokens only, texts of like length beside each other. It writes lines as medley's labels.

    medley convert runs/captioner captioner --to run
    medley convert runs/filter filter --to run
    python pytorch_capfilt.py --data web.json --images images.tar --captioner captioner --filter filter --out labels.jsonl
"""
import argparse
import collections
import io
import json
import re
import resource
import tarfile
import time
import tomllib
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file
from tokenizers import BertWordPieceTokenizer
from torch import nn
from torch.utils.data import DataLoader, Dataset

from pytorch_blip import Text, Vision

MEAN, STD = (torch.tensor(x).view(3, 1, 1) for x in ([0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]))
TOP_P, TOP_K, MAX_WORDS = 0.9, 50, 50  # the original's; words of a text that are read

# What a name of the original becomes in pytorch_blip.py, one replacement after the other.
NAMES = [
    (r"visual_encoder\.patch_embed\.proj", "vision.patches"), (r"visual_encoder\.(cls|pos)_\w+", r"vision.\1"), (r"visual_encoder", "vision"),
    (r"attn\.qkv", "attention.qkv"), (r"attn\.proj", "attention.out"), (r"mlp\.fc1", "mlp.0"), (r"mlp\.fc2", "mlp.2"), (r"itm_head", "itm"),
    (r"text_encoder\.embeddings\.word_embeddings", "text.word"), (r"text_encoder\.embeddings\.position_embeddings", "text.pos"),
    (r"text_encoder\.embeddings\.LayerNorm", "text.norm"), (r"text_decoder\.cls\.predictions\.transform\.dense", "text.head.0"),
    (r"text_decoder\.cls\.predictions\.transform\.LayerNorm", "text.head.2"), (r"text_decoder\.cls\.predictions\.bias", "text.bias"),
    (r"text_(en|de)coder(\.bert)?\.encoder\.layer\.(\d+)\.attention", r"text.layers.\3.\1code"), (r"text_encoder\.encoder\.layer", "text.layers"),
    (r"crossattention\.self\.query", "cross.inner.q"), (r"crossattention", "cross"), (r"intermediate\.dense", "mlp.inner.0"),
    (r"(layers\.\d+)\.output\.dense", r"\1.mlp.inner.2"), (r"(layers\.\d+)\.output\.LayerNorm", r"\1.mlp.norm"),
    (r"(code|cross)\.output\.dense", r"\1.inner.out"), (r"(code|cross)\.output\.LayerNorm", r"\1.norm"), (r"(code|cross)\.self", r"\1.inner")]


def weights_of(file):
    """By the names of pytorch_blip.py, with the matrices of query, key and value one below the other."""
    named = {}
    for name, tensor in load_file(file).items():
        for old, new in NAMES:
            name = re.sub(old, new, name)
        named[name] = tensor
    for query in [name for name in named if ".query." in name]:
        parts = [named.pop(query.replace("query", part)) for part in ("query", "key", "value")]
        named[query.replace("query", "qkv")] = torch.cat(parts)
    return named


class Model(nn.Module):
    """BLIP of a folder that `medley convert --to run` wrote."""

    def __init__(self, folder):
        super().__init__()
        (file,) = Path(folder).glob("checkpoints/*/model.safetensors")
        config = tomllib.loads(Path(folder, "config.toml").read_text())
        m, self.prompt = config["model"], config["train"]["prompt"]
        self.side, self.longest = m["image_size"], m["max_tokens"]
        pieces = Path(folder, "vocab.txt").read_text().split("\n")
        vocabulary = {piece: i for i, piece in enumerate(pieces) if piece}
        self.cls, self.sep, self.dec, self.enc = (vocabulary[f"[{name}]"] for name in ("CLS", "SEP", "DEC", "ENC"))
        self.tokenizer = BertWordPieceTokenizer(vocabulary, lowercase=True)
        weights = weights_of(file)
        c = dict(side=self.side, patch=m["patch_size"], vit=(m["vit_width"], m["vit_depth"], m["vit_heads"]), dropout=0.0,
                 text=(m["text_width"], m["text_depth"], m["text_heads"]), vocab=len(weights["text.word.weight"]), positions=m["max_positions"])
        self.vision, self.text, self.itm = Vision(c), Text(c), nn.Linear(c["text"][0], 2)
        self.load_state_dict({name: weights[name] for name in self.state_dict()})
        self.eval()

    def keys(self, images):
        """Keys and values of pictures in every layer: what the decoder and the filter look at."""
        tokens = self.vision(images)
        return [layer.cross.inner.split(layer.cross.inner.kv(tokens), 2) for layer in self.text.layers]

    def attend(self, residual, x, q, k, v, mask=None):
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).flatten(2)
        return residual.norm(x + residual.inner.out(y.view_as(x)))

    def look(self, layer, x, keys):
        """Cross-attention, and the rest of the layer. The rows of a picture, as many of each, ask its keys in one go."""
        (q,) = layer.cross.inner.split(layer.cross.inner.q(x.reshape(len(keys[0]), -1, x.shape[2])), 1)
        return layer.mlp(self.attend(layer.cross, x, q, *keys))

    def match(self, keys, texts):
        """Probability that the text matches the picture, for one text a picture."""
        rows = [[self.enc, *e.ids[:self.longest - 2], self.sep] for e in self.tokenizer.encode_batch([clean(t) for t in texts], add_special_tokens=False)]
        ids = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
        for i, row in enumerate(rows):
            ids[i, :len(row)] = torch.tensor(row)
        mask = (torch.arange(ids.shape[1]) < torch.tensor([[len(row)] for row in rows]))[:, None, None]
        x = self.text.norm(self.text.word(ids) + self.text.pos.weight[:ids.shape[1]])
        for layer, of_picture in zip(self.text.layers, keys):
            x = self.attend(layer.encode, x, *layer.encode.inner.split(layer.encode.inner.qkv(x), 3), mask)
            x = self.look(layer, x, of_picture)
        return self.itm(x[:, 0]).softmax(1)[:, 1]

    def next_logits(self, tokens, at, cache, keys):
        """What follows one more token of each row, whose earlier keys and values are in the cache."""
        x = self.text.norm(self.text.word(tokens) + self.text.pos.weight[at])[:, None]
        for layer, of_picture, (k, v) in zip(self.text.layers, keys, cache):
            q, k[:, :, at:at + 1], v[:, :, at:at + 1] = layer.decode.inner.split(layer.decode.inner.qkv(x), 3)
            x = self.attend(layer.decode, x, q, k[:, :, :at + 1], v[:, :, :at + 1])
            x = self.look(layer, x, of_picture)
        return F.linear(self.text.head(x[:, 0]), self.text.word.weight, self.text.bias)

    def begin(self, rows):
        """Tokens that every caption begins with, and an empty cache."""
        start = [self.dec, *self.tokenizer.encode(self.prompt, add_special_tokens=False).ids]
        attention = self.text.layers[0].decode.inner
        shape = rows, attention.heads, self.longest, attention.out.in_features // attention.heads
        return start, [(torch.empty(shape), torch.empty(shape)) for _ in self.text.layers]

    def words(self, rows):
        """Captions of token lists that may go on after [SEP]."""
        return self.tokenizer.decode_batch([row[:row.index(self.sep)] if self.sep in row else row for row in rows])

    def sample(self, keys):
        """One caption a picture, by nucleus sampling."""
        rows = len(keys[0][0])
        start, cache = self.begin(rows)
        said, done = [torch.full((rows,), token) for token in start], torch.zeros(rows, dtype=torch.bool)
        for at in range(self.longest - 1):
            logits = self.next_logits(said[at], at, cache, keys)
            if at + 1 < len(start):
                continue
            scores, tokens = logits.topk(min(TOP_K, logits.shape[1]))
            p = scores.softmax(1)
            p[p.cumsum(1) - p > TOP_P] = 0
            said.append(tokens.gather(1, torch.multinomial(p, 1))[:, 0])
            done |= said[-1] == self.sep
            if done.all():
                break
        return self.words(torch.stack(said[len(start):], 1).tolist())

    def search(self, keys, beams):
        """One caption a picture, by beam search with the rules of transformers 4.15, which the original used."""
        pictures = len(keys[0][0])
        start, cache = self.begin(pictures * beams)
        running = [[start] * beams for _ in range(pictures)]
        sums = torch.tensor([[0.0] + [-1e9] * (beams - 1)] * pictures, dtype=torch.float64)
        ended, done = [[] for _ in range(pictures)], [False] * pictures

        def end(i, total, ids):
            ended[i] = sorted([*ended[i], (total / len(ids), ids)], key=lambda beam: beam[0])[-beams:]

        for at in range(self.longest - 1):
            logits = self.next_logits(torch.tensor([ids[at] for beam in running for ids in beam]), at, cache, keys)
            if at + 1 < len(start):
                continue
            scores = logits.double().log_softmax(1).view(pictures, beams, -1) + sums[:, :, None]
            best, at_best = scores.flatten(1).topk(2 * beams)
            parents, tokens = at_best // scores.shape[2], at_best % scores.shape[2]
            order = torch.arange(pictures * beams).view(pictures, beams)
            for i, (totals, parent, token) in enumerate(zip(best.tolist(), parents.tolist(), tokens.tolist())):
                if not done[i]:
                    for rank in range(beams):
                        if token[rank] == self.sep:
                            end(i, totals[rank], running[i][parent[rank]])
                    done[i] = len(ended[i]) == beams and ended[i][0][0] >= totals[0] / (at + 1)
                if done[i]:  # goes along with the others, and nobody reads it
                    running[i] = [[*ids, self.sep] for ids in running[i]]
                    continue
                chosen = [rank for rank in range(2 * beams) if token[rank] != self.sep][:beams]
                sums[i] = best[i, chosen]
                order[i] = i * beams + parents[i, chosen]
                running[i] = [[*running[i][parent[rank]], token[rank]] for rank in chosen]
            if all(done):
                break
            cache = [(k[order.flatten()], v[order.flatten()]) for k, v in cache]
        for i in range(pictures):
            for total, ids in zip(sums[i].tolist(), running[i]):
                if not done[i]:
                    end(i, total, ids)
        return self.words([beam[-1][1][len(start):] for beam in ended])


def clean(text):
    """The original's pre_caption."""
    text = re.sub(r"\s{2,}", " ", re.sub(r'([.!"()*#:;~])', " ", text.lower())).rstrip("\n").strip(" ")
    return " ".join(text.split(" ")[:MAX_WORDS])


class Pictures(Dataset):
    """The files are in memory; a picture is decoded when it is asked for."""

    def __init__(self, tar, rows, side):
        names = [row["image"] for row in rows]
        wanted = set(names)
        with tarfile.open(tar) as members:
            files = {member.name: members.extractfile(member).read() for member in members if member.name in wanted}
        self.files, self.side = [files[name] for name in names], side

    def __getitem__(self, i):
        picture = Image.open(io.BytesIO(self.files[i])).convert("RGB")
        return np.asarray(picture if picture.size == (self.side, self.side) else picture.resize((self.side, self.side), Image.BICUBIC))

    @staticmethod
    def together(pictures):
        return torch.from_numpy(np.stack(pictures))


def normalised(pixels):
    return pixels.permute(0, 3, 1, 2).float(memory_format=torch.contiguous_format).div_(255).sub_(MEAN).div_(STD)


class Labeller:
    def __init__(self, captioner, matcher, beams):
        self.captioner, self.matcher, self.beams = captioner, matcher, beams
        self.spent = collections.Counter()  # seconds of each part

    def lap(self, part):
        now = time.perf_counter()
        self.spent[part] += now - self.clock
        self.clock = now

    @torch.inference_mode()
    def label(self, rows, pictures, order, batch, workers, given):
        """Labels of rows in this order, as medley's. `given`: captions for them, or nothing and they are written here."""
        self.clock, labels = time.perf_counter(), []
        batches = [order[i:i + batch] for i in range(0, len(order), batch)]
        loader = DataLoader(pictures, batch_sampler=batches, collate_fn=Pictures.together, num_workers=workers)
        for at, pixels in zip(batches, loader):
            some, images = [rows[i] for i in at], normalised(pixels)
            self.lap("pictures")
            if given:
                captions = [given[row["image"]] for row in some]
            else:
                keys = self.captioner.keys(images)
                self.lap("captioner_image")
                captions = self.captioner.search(keys, self.beams) if self.beams else self.captioner.sample(keys)
                self.lap("captioner_tokens")
            if given or self.matcher is not self.captioner:
                keys = self.matcher.keys(images)
                self.lap("filter_image")
            texts = {"web": [row["caption"] for row in some], "synthetic": captions}
            found = {source: self.matcher.match(keys, of_rows).tolist() for source, of_rows in texts.items()}
            labels += [{"image": row["image"], "texts": [{"text": texts[source][i], "source": source, "probability": found[source][i]} for source in texts]}
                       for i, row in enumerate(some)]
            self.lap("filter_texts")
        return labels


def captions_of(labels):
    """Those of a captioner, by the name of the picture."""
    lines = map(json.loads, Path(labels).read_text().splitlines())
    return {line["image"]: text["text"] for line in lines for text in line["texts"] if text["source"] == "synthetic"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="list as BLIP reads it, one text a picture")
    parser.add_argument("--images", required=True, help="tar of its pictures")
    parser.add_argument("--captioner", required=True)
    parser.add_argument("--filter", required=True)
    parser.add_argument("--out", help="write the labels to this file")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--workers", type=int, default=0, help="processes that decode pictures ahead")
    parser.add_argument("--beams", type=int, default=0, help="beam search instead of nucleus sampling")
    parser.add_argument("--score", help="file of labels whose captions get a probability, instead of captions of its own")
    args = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(args.threads)
    captioner = Model(args.captioner)
    matcher = captioner if args.filter == args.captioner else Model(args.filter)
    if captioner.side != matcher.side:
        parser.error(f"the captioner reads pictures of {captioner.side} pixels, the filter of {matcher.side}: they must be the same here")
    rows = json.loads(Path(args.data).read_text())
    pictures = Pictures(args.images, rows, captioner.side)
    given = captions_of(args.score) if args.score else None
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]["caption"]))
    # The first batch is for the library, which starts its threads and plans its products.
    Labeller(captioner, matcher, args.beams).label(rows, pictures, order[:args.batch], args.batch, 0, given)
    start, cpu, labeller = time.perf_counter(), process_seconds(), Labeller(captioner, matcher, args.beams)
    labels = labeller.label(rows, pictures, order, args.batch, args.workers, given)
    if args.out:
        of_row = sorted(zip(order, labels), key=lambda pair: pair[0])
        Path(args.out).write_text("".join(json.dumps(label) + "\n" for _, label in of_row))
    print(json.dumps({"seconds": time.perf_counter() - start, "cpu_seconds": process_seconds() - cpu, "parts": labeller.spent,
                      "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "torch": torch.__version__}))


def process_seconds():
    """CPU time of this process and of workers that have ended."""
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


if __name__ == "__main__":
    main()
