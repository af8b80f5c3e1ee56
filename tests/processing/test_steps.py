"""Laws of the built-in steps."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tasks.errors import Refused
from tasks.processing import AFTER, BEFORE, Undecodable, compose
from tasks.processing.outputs import Ranked, softmax, top_k
from tests.builders import png

decode, resize, normalize = BEFORE["decode"], BEFORE["resize"], BEFORE["normalize"]


def picture(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3)).astype(np.uint8)


def test_decode_gives_rows_columns_channels_and_bgr_is_rgb_reversed() -> None:
    data = png((200, 10, 10))
    rgb = decode(data, decoder="pillow", color="RGB", exif="ignore")
    bgr = decode(data, decoder="pillow", color="BGR", exif="ignore")
    assert rgb.shape == (8, 8, 3) and rgb.dtype == np.uint8
    assert (rgb[:, :, ::-1] == bgr).all() and rgb[:, :, 0].mean() > 150
    assert decode(data, decoder="pillow", color="GRAY", exif="ignore").shape == (8, 8, 1)


@pytest.mark.parametrize("data", [b"", b"no image", png((1, 2, 3))[:40]])
def test_what_is_no_image_is_undecodable(data: bytes) -> None:
    with pytest.raises(Undecodable):
        decode(data, decoder="pillow", color="RGB", exif="ignore")


def test_exif_rotation_is_applied_only_when_asked() -> None:
    image = Image.fromarray(picture(4, 6))
    exif = image.getexif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", exif=exif)
    shape = {
        e: decode(buffer.getvalue(), decoder="pillow", color="RGB", exif=e).shape[:2] for e in ("ignore", "rotate")
    }
    assert shape == {"ignore": (4, 6), "rotate": (6, 4)}


@pytest.mark.parametrize("method", ["nearest", "bilinear", "bicubic", "lanczos"])
@pytest.mark.parametrize("antialias", [True, False])
def test_resize_reaches_the_size(method: str, antialias: bool) -> None:
    if method == "lanczos" and not antialias:
        with pytest.raises(Refused, match="antialias"):
            resize(picture(4, 4), height=2, width=2, method=method, antialias=antialias, aspect="stretch")
        return
    done = resize(picture(40, 60), height=16, width=24, method=method, antialias=antialias, aspect="stretch")
    assert done.shape == (16, 24, 3) and done.dtype == np.uint8


def test_antialiasing_averages_what_point_sampling_picks() -> None:
    size = {"height": 8, "width": 8, "method": "bilinear", "aspect": "stretch"}
    smooth, points = (resize(picture(64, 64), antialias=a, **size).astype(float) for a in (True, False))
    assert smooth.std() < 0.5 * points.std()


def test_shorter_side_keeps_the_aspect_and_covers() -> None:
    done = resize(picture(40, 80), height=20, width=20, method="bilinear", antialias=True, aspect="shorter_side")
    assert done.shape == (20, 40, 3)
    assert BEFORE["center_crop"](done, height=20, width=20).shape == (20, 20, 3)


def test_a_crop_larger_than_the_image_is_refused() -> None:
    with pytest.raises(Undecodable):
        BEFORE["center_crop"](picture(4, 4), height=5, width=4)


def test_order_of_normalisation_is_what_it_says() -> None:
    image = np.full((1, 1, 3), 255, np.uint8)
    common = {"scale": 1 / 255, "mean": [0.5] * 3, "std": [0.25] * 3}
    assert normalize(image, order="scale_mean_std", **common)[0, 0, 0] == pytest.approx(2.0)
    assert normalize(image, order="mean_std_scale", **common)[0, 0, 0] == pytest.approx((255 - 0.5) / 0.25 / 255)


def test_normalisation_does_not_write_into_its_input() -> None:
    image = np.ones((2, 2, 3), np.float32)
    normalize(image, scale=2.0, mean=[1.0] * 3, std=[1.0] * 3, order="scale_mean_std")
    assert (image == 1).all()


def test_layout_and_type() -> None:
    assert BEFORE["transpose"](picture(4, 6), layout="NCHW").shape == (3, 4, 6)
    assert BEFORE["cast"](picture(4, 6), dtype="float16").dtype == np.float16


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=12))
def test_softmax_is_a_distribution_that_keeps_the_order(scores: list[float]) -> None:
    values = np.asarray([scores])
    shares = softmax(values, axis=1)
    assert shares.sum() == pytest.approx(1) and (shares >= 0).all()
    assert (np.diff(shares[0][np.argsort(values[0], kind="stable")]) >= -1e-12).all()


def test_top_k_is_best_first_and_ties_go_to_the_lower_class() -> None:
    ranked = top_k(np.asarray([[1.0, 3.0, 3.0, 2.0]]), k=3)
    assert isinstance(ranked, Ranked)
    assert ranked.classes.tolist() == [[1, 2, 3]] and ranked.scores.tolist() == [[3.0, 3.0, 2.0]]


def test_composed_steps_run_in_order() -> None:
    steps = [{"step": "softmax", "axis": 1}, {"step": "top_k", "k": 1}]
    assert compose(steps, AFTER, [])(np.asarray([[0.0, 1.0]])).classes.tolist() == [[1]]


def test_a_dotted_step_runs_only_from_an_allowed_module() -> None:
    step = [{"step": "math.floor"}]
    assert compose(step, BEFORE, ["math"])(2.7) == 2
    with pytest.raises(Refused, match="not allowed"):
        compose(step, BEFORE, [])
    with pytest.raises(Refused, match="cannot be had"):
        compose([{"step": "math.nothing_like_it"}], BEFORE, ["math"])


@pytest.mark.parametrize("mode", ["reflect", "edge", "black"])
def test_padding_keeps_the_middle_and_refuses_what_is_larger(mode: str) -> None:
    small = picture(24, 20)
    large = BEFORE["pad"](small, height=112, width=64, mode=mode)
    assert large.shape == (112, 64, 3) and large.dtype == np.uint8
    assert np.array_equal(BEFORE["center_crop"](large, height=24, width=20), small)
    with pytest.raises(Undecodable, match="are more than"):
        BEFORE["pad"](small, height=23, width=64, mode=mode)


def test_pixels_are_rounded_and_cut_and_what_is_no_number_is_black() -> None:
    found = AFTER["pixels"](np.array([[-0.1, 0.5, 1.0, 7.0, np.nan]], np.float32), scale=255.0)
    assert found.dtype == np.uint8 and found.tolist() == [[0, 128, 255, 255, 0]]


def test_tokens_of_bytes_are_cut_and_padded_to_the_length() -> None:
    step = BEFORE["tokens"]
    assert step(b"abc", vocabulary="bytes", length=5, pad=0).tolist() == [97, 98, 99, 0, 0]
    assert step(b"abcdef", vocabulary="bytes", length=3, pad=0).tolist() == [97, 98, 99]
    numbers, mask = BEFORE["with_mask"](step(b"abc", vocabulary="bytes", length=4, pad=0), pad=0)
    assert numbers.dtype == mask.dtype == np.int64 and mask.tolist() == [1, 1, 1, 0]
    with pytest.raises(Undecodable, match="shorter than 2 tokens"):
        step(b"a", vocabulary="bytes", length=5, pad=0)


def test_a_prompt_is_the_text_s_bytes_cut_at_a_whole_character() -> None:
    step = BEFORE["prompt"]
    assert bytes(step("née".encode(), length=8)) == "née".encode() + bytes(4)
    assert bytes(step("née".encode(), length=2)) == b"n" + bytes(1), "half an é is none"
    for data, said in ((b"\xff\xfe", "not UTF-8"), (b"  ", "asks for nothing"), (b"", "asks for nothing")):
        with pytest.raises(Undecodable, match=said):
            step(data, length=8)
