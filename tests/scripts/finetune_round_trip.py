"""A folder of transformers is fine-tuned by medley until it knows its captions, exported, and read by transformers.

A small BLIP with random weights is made with transformers and saved. `medley finetune caption` trains it on some 200
captions of scenes, `medley caption` captions the same pictures, `medley convert` exports the run, and transformers
captions them from the export. Fails unless nearly all captions are exact and both programs say the same of every picture.

Run by hand, where torch and transformers are installed:
    python3 tests/scripts/finetune_round_trip.py build/cpu/medley /some/empty/place
"""
import argparse
import json
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import torch
import transformers
from PIL import Image

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[DEC]", "[ENC]"]


def make_folder(folder, captions):
    """A BLIP captioner of transformers, 48 pixels, 96 wide, with the words of `captions` as its vocabulary."""
    folder.mkdir()
    words = sorted({word for caption in captions for word in caption.split()})
    (folder / "vocab.txt").write_text("\n".join(SPECIAL + words) + "\n")
    tokens = dict(bos_token_id=SPECIAL.index("[DEC]"), sep_token_id=SPECIAL.index("[SEP]"),
                  eos_token_id=SPECIAL.index("[CLS]"), pad_token_id=SPECIAL.index("[PAD]"))
    text = dict(vocab_size=len(SPECIAL) + len(words), hidden_size=96, encoder_hidden_size=96, intermediate_size=384,
                projection_dim=96, num_hidden_layers=2, num_attention_heads=3, max_position_embeddings=32,
                initializer_range=0.1, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, **tokens)
    vision = dict(image_size=48, patch_size=8, hidden_size=96, intermediate_size=384, num_hidden_layers=4,
                  num_attention_heads=3, projection_dim=96, layer_norm_eps=1e-6, initializer_range=0.1)
    torch.manual_seed(1)
    config = transformers.BlipConfig(text_config=text, vision_config=vision, projection_dim=96, image_text_hidden_size=96)
    transformers.BlipForConditionalGeneration(config).save_pretrained(folder)
    transformers.BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    transformers.BlipImageProcessor(size={"height": 48, "width": 48}).save_pretrained(folder)


def say_with_transformers(folder, pictures):
    model = transformers.BlipForConditionalGeneration.from_pretrained(folder).eval()
    tokenizer = transformers.BertTokenizer.from_pretrained(folder)
    processor = transformers.BlipImageProcessor.from_pretrained(folder)
    said = []
    for picture in pictures:
        pixels = processor(Image.open(picture), return_tensors="pt").pixel_values
        with torch.no_grad():
            ids = model.generate(pixel_values=pixels, num_beams=1, do_sample=False, max_length=16)
        said.append(tokenizer.decode(ids[0], skip_special_tokens=True).removeprefix("[DEC]").strip())
    return said


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("medley", help="the program")
    parser.add_argument("place", type=Path, help="empty folder for everything that is made")
    parser.add_argument("--count", type=int, default=200, help="captions")
    parser.add_argument("--epochs", type=int, default=60)
    args = parser.parse_args()
    place = args.place
    place.mkdir(parents=True, exist_ok=True)

    def medley(*command):
        print("medley", *command, flush=True)
        return subprocess.run([args.medley, *map(str, command)], check=True, stdout=subprocess.PIPE, text=True).stdout

    data = place / "data"
    medley("data", "make", "captions", "--from", "scenes", "--count", args.count, "--out", data)
    rows = json.loads((data / "train.json").read_text())
    with tarfile.open(data / "images.tar") as tar:
        tar.extractall(place / "pictures", filter="data")
    make_folder(place / "made_by_transformers", [row["caption"] for row in rows])

    start = time.perf_counter()
    medley("finetune", "caption", "--from", place / "made_by_transformers", "--data", data / "train.json", "--val", data / "train.json",
           "--epochs", args.epochs, "--set", "augment.kind=none", "--out", place / "run")
    minutes = (time.perf_counter() - start) / 60

    pictures = [place / "pictures" / row["image"] for row in rows]
    listed = json.loads(medley("caption", place / "run", "--json", pictures[0].parent))
    texts = {Path(captions[0]["file"]): captions[0]["generated_text"] for captions in listed}
    by_medley = [texts[picture] for picture in pictures]
    medley("convert", place / "run", place / "exported", "--to", "caption")
    by_transformers = say_with_transformers(place / "exported", pictures)

    exact = sum(said == row["caption"] for said, row in zip(by_medley, rows))
    same = sum(a == b for a, b in zip(by_medley, by_transformers))
    print(f"{len(rows)} pictures, trained in {minutes:.1f} minutes: {exact} captions exact, {same} the same in transformers")
    for row, a, b in zip(rows, by_medley, by_transformers):
        if a != b:
            print(f"  {row['image']}: medley '{a}', transformers '{b}'")
    return 0 if exact >= 0.98 * len(rows) and same == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
