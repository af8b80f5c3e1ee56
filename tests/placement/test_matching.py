"""Hardware as a requirement."""

import os
import time

import pytest

from tasks.errors import HardwareMissing, Refused
from tasks.placement import matching
from tasks.placement.matching import on_this_machine
from tasks.specs.evaluation import Evaluation
from tests.builders import specification


def hardware(**changes: object) -> object:
    return Evaluation.model_validate(
        specification(**{f"hw__{k}": v for k, v in changes.items()}, software__threads__intra="all")
    ).hw


def test_what_is_there_is_matched_with_real_cores() -> None:
    placement = on_this_machine(hardware(cpus=1))  # type: ignore[arg-type]
    assert len(placement["cpus"]) == 1 and set(placement["cpus"]) <= os.sched_getaffinity(0)
    assert placement["offered"]["memory_bytes"] > 2**30


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"id": "v100", "accelerator": {"name": "V100", "count": 1}}, "hw=v100 asks for 1 × V100"),
        ({"cpus": 10_000}, "10000 cores"),
        ({"memory_gib": 1e6}, "GiB of memory"),
    ],
)
def test_what_is_missing_is_said_with_what_is_there_within_a_second(changes: dict[str, object], words: str) -> None:
    begin = time.monotonic()
    with pytest.raises(HardwareMissing) as caught:
        on_this_machine(hardware(**changes))  # type: ignore[arg-type]
    assert words in str(caught.value) and "this machine offers" in str(caught.value) and "hw=local" in str(caught.value)
    assert caught.value.exit_code == 3 and time.monotonic() - begin < 4


def test_a_gpu_that_the_software_would_not_use_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from tasks.environment.hardware import Offer

    monkeypatch.setattr(matching, "probe", lambda: Offer(2, 2**34, ("NVIDIA H200",), "cpu"))
    words = specification(hw__accelerator={"name": "H200", "count": 1})
    with pytest.raises(Refused, match="runs on cpu only"):
        matching.matched(Evaluation.model_validate(words))
    placement = matching.matched(
        Evaluation.model_validate(
            specification(hw__accelerator={"name": "H200", "count": 1}, software__devices=["cuda"])
        )
    )
    assert placement["offered"]["accelerators"] == ["NVIDIA H200"]


def test_software_for_a_gpu_alone_is_refused_on_a_cpu() -> None:
    words = specification(hw__accelerator=None, software__devices=["cuda"])
    with pytest.raises(Refused, match=r"means device cpu, software=\S+ runs on cuda only.*such as hw=h200"):
        matching.matched(Evaluation.model_validate(words))
