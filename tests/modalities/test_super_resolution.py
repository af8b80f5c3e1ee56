"""Laws of the judge of enlarged pictures, held against scikit-image."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from tasks.errors import Refused
from tasks.modalities import _pictures
from tasks.modalities.super_resolution import Modality
from tests.modalities.builders import pairs, rows, scene

DATA = {"meaning": {"scale": 2}}


def judged(folder: Path, pictures: Any, **came: Any) -> list[dict[str, Any]]:
    return rows(Modality(), pairs(folder / "pairs.zip", len(pictures)), DATA, result=pictures, **came)


def test_the_truth_itself_has_no_error_and_is_wholly_alike(tmp_path: Path) -> None:
    for row in judged(tmp_path, np.stack([scene(k)[None] for k in range(3)])):
        assert row["mse"] == 0 and row["ssim"] == pytest.approx(1)
        assert 0 < row["bicubic_mse"] < 0.01 and 0.5 < row["bicubic_ssim"] < 1


@pytest.mark.parametrize("seed", range(4))
def test_error_and_likeness_are_those_of_scikit_image(seed: int) -> None:
    a, rng = scene(seed), np.random.default_rng(seed)
    b = np.clip(a + rng.normal(0, 12, a.shape), 0, 255).astype(np.uint8)
    likeness = structural_similarity(
        a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255
    )
    assert _pictures.similarity(a, b) == pytest.approx(float(likeness), abs=1e-9)
    psnr = peak_signal_noise_ratio(a, b, data_range=255)
    assert -10 * np.log10(_pictures.squared_error(a, b)) == pytest.approx(float(psnr), abs=1e-9)


def test_an_error_of_one_grey_level_is_what_it_is_by_hand(tmp_path: Path) -> None:
    off = np.stack([(scene(0).astype(int) + np.where(scene(0) < 255, 1, -1)).astype(np.uint8)[None]])
    (row,) = judged(tmp_path, off)
    assert row["mse"] == pytest.approx(1 / 255**2)  # 48.13 dB


def test_luma_is_pillows() -> None:
    from PIL import Image

    colours = np.random.default_rng(0).integers(0, 256, (40, 40, 3)).astype(np.uint8)
    assert np.array_equal(_pictures.luma(colours), np.asarray(Image.fromarray(colours).convert("L")))


def test_grey_and_colour_and_reversed_colour_are_judged_alike(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    colour = rng.integers(0, 256, (1, 3, 72, 72)).astype(np.uint8)
    grey = _pictures.luma(np.moveaxis(colour[0], 0, -1))[None, None]
    seen = [
        judged(tmp_path, pictures, model={"inputs": [{"color": color}]})[0]["mse"]
        for pictures, color in ((grey, "GRAY"), (colour, "RGB"), (colour[:, ::-1], "BGR"))
    ]
    assert seen[0] == seen[1] == seen[2]


def test_a_model_that_read_more_or_less_than_the_picture_is_judged_on_the_middle(tmp_path: Path) -> None:
    padded = np.stack([np.pad(scene(0), 28, mode="reflect")[None]])
    cut = scene(0)[None, None, 4:-4, 4:-4]
    assert judged(tmp_path, padded)[0]["mse"] == judged(tmp_path, cut)[0]["mse"] == 0
    assert judged(tmp_path, np.roll(padded, 1, axis=-1))[0]["mse"] > 0


@pytest.mark.parametrize(
    ("pictures", "words"),
    [
        (np.zeros((1, 1, 72, 72), np.float32), "End the post-processing in the step pixels"),
        (np.zeros((1, 2, 72, 72), np.uint8), r"\(1, 2, 72, 72\)"),
        (np.zeros((1, 1, 20, 72), np.uint8), "too few to be judged"),
    ],
)
def test_what_is_no_picture_is_refused(tmp_path: Path, pictures: Any, words: str) -> None:
    with pytest.raises(Refused, match=words):
        judged(tmp_path, pictures)


def test_another_scale_does_not_fit() -> None:
    model, three = SimpleNamespace(name="espcn[trained]"), SimpleNamespace(meaning={"scale": 3})
    assert Modality().misfit(model, three, SimpleNamespace(id="crops_x3", meaning={"scale": 3})) == ""
    sentence = Modality().misfit(model, three, SimpleNamespace(id="crops_x2", meaning={"scale": 2}))
    assert "espcn[trained] was made for scale 3, dataset=crops_x2 is of scale 2" in sentence
