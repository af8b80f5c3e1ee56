"""What models with CTC are trained on: batches of inputs, the symbols that are to come out, and the loss over them.

Inputs go through the steps of the model's own manifest, and symbols are those of its last step, `ctc_greedy`, so that
what is trained is what is evaluated. Graves et al. (ICML 2006); targets are cut into the longest symbols first.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
import yaml

from tasks import ROOT
from tasks.artifacts.spoken import utterances
from tasks.artifacts.timetable import pairs
from tasks.errors import Refused
from tasks.processing import BEFORE, compose

Batches = Callable[[], tuple[Any, Any]]


def speech(given: Mapping[str, Any], random: np.random.Generator) -> Batches:
    """Digits said by voices of train, a part of each recording's bands and frames covered (arXiv 1904.08779)."""
    data = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["spoken_digits"]
    said = list(utterances("train", {**data, "voices": given["voices"], "each": given["each"]}))
    draw = _draw(given, random, [(one.data, one.text) for one in said])

    def batch() -> tuple[Any, Any]:
        inputs, targets = draw()
        for one in inputs:
            for axis, most in enumerate(given["covered"]):
                width = int(random.integers(0, most + 1))
                start = int(random.integers(0, one.shape[axis] - width))
                one.narrow(axis, start, width).zero_()
        return inputs, targets

    return batch


def translation(given: Mapping[str, Any], random: np.random.Generator) -> Batches:
    """Sentences of train; German words begin with a space, so that pieces of one word can be told from words."""
    data = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["timetable"]
    said = pairs("train", data["seed"], given["count"], data["every"])
    return _draw(given, random, [(english.encode(), f" {german}") for english, german in said])


def _draw(given: Mapping[str, Any], random: np.random.Generator, both: Sequence[tuple[bytes, str]]) -> Batches:
    """Some pairs at a time, each input pre-processed once; targets are the symbols of all, and how many of each."""
    manifest = yaml.safe_load((ROOT / "conf" / "model" / f"{given['model']}.yaml").read_text(encoding="utf-8"))
    before = compose(manifest["preprocess"], BEFORE, [])
    symbols = manifest["postprocess"][-1]["symbols"]
    inputs = torch.from_numpy(np.stack([before(data) for data, _ in both]))
    targets = [torch.tensor(cut(text, symbols)) for _, text in both]

    def batch() -> tuple[Any, Any]:
        chosen = random.integers(0, len(both), given["batch"])
        wanted = [targets[k] for k in chosen]
        return inputs[chosen], (torch.cat(wanted), torch.tensor([len(one) for one in wanted]))

    return batch


def cut(text: str, symbols: Sequence[str]) -> list[int]:
    """Which symbols, put together, are the text; the longest that fits comes first, class 0 is the blank."""
    found: list[int] = []
    at = 0
    while at < len(text):
        fitting = [k for k, symbol in enumerate(symbols) if k and text.startswith(symbol, at)]
        if not fitting:
            raise Refused(f"«{text[at:]}» begins with no symbol of the model.")
        found.append(max(fitting, key=lambda k: len(symbols[k])))
        at += len(symbols[found[-1]])
    return found


def ctc(outputs: Any, targets: tuple[Any, Any]) -> Any:
    """Mean over samples of -ln p(target) a symbol; the only output is scores, (n, steps, symbols), blank 0."""
    scores = outputs[0]
    chances = scores.log_softmax(2).transpose(0, 1)
    steps = torch.full((scores.shape[0],), scores.shape[1])
    return torch.nn.functional.ctc_loss(chances, targets[0], steps, targets[1], zero_infinity=True)


def ctc_across(outputs: Any, targets: tuple[Any, Any]) -> Any:
    """The same of (n, symbols, steps)."""
    return ctc((outputs[0].transpose(1, 2),), targets)
