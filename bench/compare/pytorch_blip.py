"""One BLIP pre-training step in plain PyTorch: the rival of step_vs_pytorch.py.

The same mathematics and sizes as medley's step, written the way a PyTorch user would: fused scaled-dot-product
attention, one qkv product, fused AdamW, a foreach moving average, texts padded to the longest of the batch, and, as in
the original implementation, one pass each for matching and for the language model.

    python pytorch_blip.py --config scenes --threads 2 --seconds 10      # prints {"images_per_second": ..., ...}
    python pytorch_blip.py --config base --device cuda --batch 64 --bf16 --compile
"""
import argparse
import json
import resource
import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn

CONFIGS = {
    "scenes": dict(side=48, patch=8, vit=(96, 4, 3), text=(96, 2, 3), embed=96, vocab=400, positions=16, lengths=(5, 8), batch=64, queue=0, dropout=0.0, init=0.1),
    "picturebook": dict(side=64, patch=16, vit=(96, 4, 3), text=(96, 2, 3), embed=128, vocab=2000, positions=20, lengths=(3, 12), batch=32, queue=0, dropout=0.0, init=0.1),
    "small": dict(side=128, patch=16, vit=(384, 8, 6), text=(384, 6, 6), embed=256, vocab=8000, positions=30, lengths=(7, 19), batch=16, queue=4096, dropout=0.1, init=0.02),
    "base": dict(side=224, patch=16, vit=(768, 12, 12), text=(768, 12, 12), embed=256, vocab=30524, positions=30, lengths=(7, 19), batch=4, queue=57600, dropout=0.1, init=0.02),
}
CLS, SEP, DEC, ENC, FIRST_WORD = 2, 3, 4, 5, 6


class Attention(nn.Module):
    """Multi-head attention over `source` (the input itself when None), output projection included."""

    def __init__(self, width, heads, source_width=None, dropout=0.0):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        if source_width is None:
            self.qkv = nn.Linear(width, 3 * width)
        else:
            self.q, self.kv = nn.Linear(width, width), nn.Linear(source_width, 2 * width)
        self.out = nn.Linear(width, width)

    def split(self, x, parts):
        return x.unflatten(-1, (parts, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind(0)

    def forward(self, x, source=None, mask=None, causal=False):
        if source is None:
            q, k, v = self.split(self.qkv(x), 3)
        else:
            (q,), (k, v) = self.split(self.q(x), 1), self.split(self.kv(source), 2)
        p = self.dropout if self.training else 0.0
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal, dropout_p=p)
        return self.out(y.transpose(1, 2).flatten(2))


def mlp(width):
    return nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))


class VisionBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width, eps=1e-6)
        self.attention, self.mlp = Attention(width, heads), mlp(width)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Vision(nn.Module):
    def __init__(self, c):
        super().__init__()
        width, depth, heads = c["vit"]
        self.patches = nn.Conv2d(3, width, c["patch"], c["patch"])
        self.cls = nn.Parameter(torch.zeros(1, 1, width))
        self.pos = nn.Parameter(torch.zeros(1, (c["side"] // c["patch"]) ** 2 + 1, width))
        self.blocks = nn.Sequential(*(VisionBlock(width, heads) for _ in range(depth)))
        self.norm = nn.LayerNorm(width, eps=1e-6)

    def forward(self, images):
        x = self.patches(images).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(len(x), -1, -1), x], 1) + self.pos
        return self.norm(self.blocks(x))


class Residual(nn.Module):
    """LayerNorm(x + dropout(f(x))), the post-norm residual of BERT."""

    def __init__(self, inner, width, dropout):
        super().__init__()
        self.inner, self.norm, self.drop = inner, nn.LayerNorm(width, eps=1e-12), nn.Dropout(dropout)

    def forward(self, x, *args, **kwargs):
        return self.norm(x + self.drop(self.inner(x, *args, **kwargs)))


class TextLayer(nn.Module):
    def __init__(self, c, text_only):
        super().__init__()
        width, _, heads = c["text"]
        p = c["dropout"]
        self.encode = Residual(Attention(width, heads, dropout=p), width, p)
        if not text_only:
            self.decode = Residual(Attention(width, heads, dropout=p), width, p)
            self.cross = Residual(Attention(width, heads, c["vit"][0], dropout=p), width, p)
        self.mlp = Residual(mlp(width), width, p)

    def forward(self, x, mask, image, causal):
        x = self.decode(x, causal=True) if causal else self.encode(x, mask=mask)
        return self.mlp(x if image is None else self.cross(x, image))


class Text(nn.Module):
    def __init__(self, c, text_only=False):
        super().__init__()
        width, depth, _ = c["text"]
        self.word, self.pos = nn.Embedding(c["vocab"], width), nn.Embedding(c["positions"], width)
        self.norm, self.drop = nn.LayerNorm(width, eps=1e-12), nn.Dropout(c["dropout"])
        self.layers = nn.ModuleList(TextLayer(c, text_only) for _ in range(depth))
        if not text_only:
            self.head = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width, eps=1e-12))
            self.bias = nn.Parameter(torch.zeros(c["vocab"]))

    def forward(self, ids, mask=None, image=None, causal=False):
        x = self.drop(self.norm(self.word(ids) + self.pos.weight[: ids.shape[1]]))
        for layer in self.layers:
            x = layer(x, None if mask is None else mask[:, None, None], image, causal)
        return x


class Tower(nn.Module):
    """Image and text encoder with their projections: what the momentum copy mirrors."""

    def __init__(self, c, text_only):
        super().__init__()
        self.vision, self.text = Vision(c), Text(c, text_only)
        self.vision_proj, self.text_proj = nn.Linear(c["vit"][0], c["embed"]), nn.Linear(c["text"][0], c["embed"])

    def forward(self, images, ids, mask):
        v = self.vision(images)
        w = self.text(ids, mask)[:, 0]
        return v, F.normalize(self.vision_proj(v[:, 0]), dim=1), F.normalize(self.text_proj(w), dim=1)


class Blip(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c, self.student, self.momentum = c, Tower(c, text_only=False), Tower(c, text_only=True).requires_grad_(False)
        self.itm, self.temp = nn.Linear(c["text"][0], 2), nn.Parameter(torch.tensor(0.07))
        # The recipes' start weights: normal numbers all the way, as in a real run.
        for name, p in self.student.named_parameters():
            if p.dim() > 1 and "patches" not in name:
                nn.init.trunc_normal_(p, std=c["init"])
        student = dict(self.student.named_parameters())
        self.pairs = [(p, student[n]) for n, p in self.momentum.named_parameters()]
        for p, q in self.pairs:
            p.data.copy_(q.data)
        for side in ("image", "text"):
            self.register_buffer(f"{side}_queue", F.normalize(torch.randn(c["queue"], c["embed"]), dim=1))
        self.at = 0

    def itc(self, v, w, vm, wm):
        keys_v, keys_w = torch.cat([vm, self.image_queue]), torch.cat([wm, self.text_queue])
        loss, sims = 0, []
        for query, query_m, keys in ((v, vm, keys_w), (w, wm, keys_v)):
            sim = query @ keys.T / self.temp
            with torch.no_grad():
                hard = torch.eye(len(query), len(keys), device=query.device)
                target = 0.4 * F.softmax(query_m @ keys.T / self.temp, 1) + 0.6 * hard
            loss = loss - 0.5 * (target * F.log_softmax(sim, 1)).sum(1).mean()
            sims.append(sim.detach())
        return loss, sims

    @torch.no_grad()
    def enqueue(self, vm, wm):
        if self.c["queue"]:
            rows = (self.at + torch.arange(len(vm), device=vm.device)) % self.c["queue"]
            self.image_queue[rows], self.text_queue[rows] = vm.float(), wm.float()
            self.at = (self.at + len(vm)) % self.c["queue"]

    @torch.no_grad()
    def negatives(self, sim):
        weights = F.softmax(sim[:, : len(sim)], 1) + 1e-4
        return torch.multinomial(weights.fill_diagonal_(0), 1)[:, 0]

    def forward(self, images, ids, mask):
        b, text = len(ids), self.student.text
        v, f_v, f_w = self.student(images, ids, mask)
        with torch.no_grad():
            torch._foreach_lerp_([p for p, _ in self.pairs], [q for _, q in self.pairs], 0.005)
            _, m_v, m_w = self.momentum(images, ids, mask)
        itc, (i2t, t2i) = self.itc(f_v, f_w, m_v, m_w)
        self.enqueue(m_v, m_w)
        neg_image, neg_text = self.negatives(t2i), self.negatives(i2t)

        enc, dec = ids.clone(), ids.clone()
        enc[:, 0], dec[:, 0] = ENC, DEC
        joint = text(torch.cat([enc, enc, enc[neg_text]]), torch.cat([mask, mask, mask[neg_text]]), torch.cat([v, v[neg_image], v]))
        itm = F.cross_entropy(self.itm(joint[:, 0]), (torch.arange(3 * b, device=ids.device) < b).long())

        seen = mask[:, 1:]
        hidden = text(dec, None, v, causal=True)[:, :-1][seen]
        logits = F.linear(text.head(hidden), text.word.weight, text.bias)
        return itc, itm, F.cross_entropy(logits, ids[:, 1:][seen], label_smoothing=0.1)


def make_batch(c):
    low, high = c["lengths"]
    length = torch.randint(low, high + 1, (c["batch"],))
    length[0] = high
    mask = torch.arange(high)[None] < length[:, None]
    ids = torch.randint(FIRST_WORD, c["vocab"], mask.shape).masked_fill(~mask, 0)
    ids[:, 0] = CLS
    ids[torch.arange(len(ids)), length - 1] = SEP
    return torch.randn(c["batch"], 3, c["side"], c["side"]), ids, mask


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default="scenes", choices=CONFIGS)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=10, help="measure for so long after the warm-up steps")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--batch", type=int, help="pictures a step, instead of the configuration's")
    parser.add_argument("--bf16", action="store_true", help="autocast to bf16; weights stay f32")
    parser.add_argument("--compile", action="store_true", help="torch.compile on the towers")
    args = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(args.threads)
    c = {**CONFIGS[args.config], **({"batch": args.batch} if args.batch else {})}
    model, batch = Blip(c).to(args.device), [x.to(args.device) for x in make_batch(c)]
    if args.compile:
        for tower in (model.student, model.momentum):
            tower.vision.compile()
            tower.text.compile()
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0.05, fused=True)

    def step():
        with torch.no_grad():
            model.temp.clamp_(0.001, 0.5)
        with torch.autocast(args.device, torch.bfloat16, enabled=args.bf16):
            losses = model(*batch)
        optimizer.zero_grad(set_to_none=True)
        sum(losses).backward()
        optimizer.step()
        return [loss.item() for loss in losses]

    for _ in range(5 if args.compile else 2):
        step()
    times, end = [], time.perf_counter() + args.seconds
    while time.perf_counter() < end or len(times) < 3:
        start = time.perf_counter()
        losses = step()
        times.append(time.perf_counter() - start)
    print(json.dumps({
        "images_per_second": round(c["batch"] / statistics.median(times), 2),
        "step_ms": round(1e3 * statistics.median(times), 2), "steps": len(times), "losses": [round(x, 4) for x in losses],
        "parameters_m": round(sum(p.numel() for p in trained) / 1e6, 3),
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "torch": torch.__version__,
    }))


if __name__ == "__main__":
    main()
