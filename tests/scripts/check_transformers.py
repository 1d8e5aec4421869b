"""Loads folders that medley wrote with transformers; fails on a missing or unexpected key.

Run by hand, where transformers is installed, on these folders or on others that medley convert wrote:
    MEDLEY_KEEP_FOLDERS=/some/empty/place build/cpu/tests/train_tests "[huggingface]"
    python3 tests/scripts/check_transformers.py /some/empty/place/*
"""
import json
import sys

import torch
import transformers


def check(folder):
    with open(f"{folder}/config.json") as file:
        architecture = json.load(file)["architectures"][0]
    model, info = getattr(transformers, architecture).from_pretrained(
        folder, output_loading_info=True)
    problems = {key: sorted(value) for key, value in info.items() if value}
    print(folder, architecture, sum(p.numel() for p in model.parameters()), "parameters")
    tokenizer = transformers.BertTokenizer.from_pretrained(folder)
    ids = tokenizer("a red dot", return_tensors="pt")
    said = [model.config.text_config.bos_token_id] + ids["input_ids"][0].tolist()
    if "[DEC]" in tokenizer.decode(said, skip_special_tokens=True):
        problems["[DEC]"] = "it is not declared special"
    side = model.config.vision_config.image_size
    run = model.generate if architecture == "BlipForQuestionAnswering" else model
    with torch.no_grad():
        run(pixel_values=torch.zeros(1, 3, side, side), input_ids=ids["input_ids"],
              attention_mask=ids["attention_mask"])
    if problems:
        print("  ", problems)
    return not problems


if __name__ == "__main__":
    results = [check(folder) for folder in sys.argv[1:]]
    sys.exit(0 if results and all(results) else 1)
