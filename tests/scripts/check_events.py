"""Reads a run's event files with TensorBoard itself, and compares them with metrics.jsonl.

    medley pretrain --config tiny --tensorboard --out runs/tiny
    python tests/scripts/check_events.py runs/tiny

Needs the package tensorboard. Exit code 1 when a number differs or nothing can be read.
"""
import json
import sys
from pathlib import Path

import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def main():
    run = Path(sys.argv[1])
    events = EventAccumulator(str(run / "tensorboard"), size_guidance={"scalars": 0, "images": 0, "tensors": 0})
    events.Reload()
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    wrong = compared = 0
    for name in events.Tags()["scalars"]:
        if "/" in name:
            continue  # of an evaluation
        wanted = {line["step"]: line[name] for line in lines if name in line}
        shown = {event.step: event.value for event in events.Scalars(name)}
        compared += len(shown)
        wrong += sum(np.float32(wanted[step]) != np.float32(value) for step, value in shown.items()) + (set(wanted) != set(shown))
    pictures = sum(len(events.Images(tag)) for tag in events.Tags()["images"])
    texts = [event.tensor_proto.string_val[0].decode() for tag in events.Tags()["tensors"] for event in events.Tensors(tag)]
    print(f"{compared} numbers, {wrong} of them other than in metrics.jsonl; {pictures} pictures; {len(texts)} texts")
    print(texts[-1] if texts else "")
    sys.exit(wrong > 0 or compared == 0 or pictures == 0 or not texts)


if __name__ == "__main__":
    main()
