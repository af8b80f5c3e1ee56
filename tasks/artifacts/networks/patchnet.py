"""patchnet as a layer table: five 3 × 3 convolutions for 64-pixel crops, small enough for about a millisecond."""

from tasks.artifacts.layers import Chain, Network

WIDTHS_STRIDES = ((16, 2), (32, 2), (64, 2), (64, 1), (96, 2))


def patchnet(classes: int) -> Network:
    """The table for crops of 3 × 64 × 64."""
    chain = Chain(channels=3)
    for index, (width, stride) in enumerate(WIDTHS_STRIDES, start=1):
        chain.conv_norm(f"conv{index}", f"bn{index}", width, kernel=3, stride=stride)
        chain.put("relu", f"relu{index}")
    chain.classify("fc", classes)
    return Network("patchnet", (3, 64, 64), classes, tuple(chain.layers))
