"""Train and test share no pixel."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from tasks.artifacts.archive import read_archive
from tasks.artifacts.tiles import Crop, Cut, crops
from tests.artifacts.clones import bundled

SIDE = 64
Corner = tuple[str, int, int]  # picture, left, top


def overlap(one: Corner, two: Corner) -> bool:
    return one[0] == two[0] and abs(one[1] - two[1]) < SIDE and abs(one[2] - two[2]) < SIDE


def corners(split: str) -> list[Corner]:
    """The rectangles, as the names in the index have them: «retina/x0104y0212.jpg»."""
    names = (sample.file for sample in read_archive(bundled(f"artifacts/datasets/patches/{split}.zip")))
    return [(name.split("/")[0], int(name[-13:-9]), int(name[-8:-4])) for name in names]


def test_no_test_pixel_of_patches_occurs_in_train() -> None:
    train, test = corners("train"), corners("test")
    assert len(test) == 1125
    assert not any(overlap(one, two) for one, two in product(train, test))


def test_no_crop_of_patches_occurs_twice() -> None:
    everything = corners("train") + corners("test")
    assert len(set(everything)) == len(everything)


@given(
    width=st.integers(200, 700),
    height=st.integers(200, 700),
    margin=st.integers(0, 12),
    seed=st.integers(0, 99),
    count=st.integers(1, 40),
)
def test_crops_of_the_two_splits_are_apart_by_two_margins(
    width: int, height: int, margin: int, seed: int, count: int
) -> None:
    cut = Cut(tile=96, margin=margin, crop=SIDE, seed=seed)
    train, test = (crops(cut, "any", width, height, split, count) for split in ("train", "test"))
    assert len(set(train)) == len(set(test)) == count

    def apart(one: Crop, two: Crop) -> bool:
        gap = SIDE + 2 * margin
        return abs(one.left - two.left) >= gap or abs(one.top - two.top) >= gap

    assert all(apart(one, two) for one, two in product(train, test))
    assert all(0 <= c.left <= width - SIDE and 0 <= c.top <= height - SIDE for c in train + test)
