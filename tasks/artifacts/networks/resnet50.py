"""ResNet-50 v1.5 as a layer table: the stride of a bottleneck is in its 3 × 3 convolution.

He et al., arXiv 1512.03385, table 1; v1.5 as in MLPerf and torchvision, whose parameter names are used.
"""

from tasks.artifacts.layers import Chain, Network

STAGES = ((3, 64), (4, 128), (6, 256), (3, 512))
EXPANSION = 4


def resnet50(classes: int) -> Network:
    """The table for pictures of 3 × 224 × 224."""
    chain = Chain(channels=3)
    chain.conv_norm("conv1", "bn1", 64, kernel=7, stride=2)
    chain.put("relu", "relu")
    chain.put("max_pool", "maxpool", kernel=3, stride=2, padding=1)
    for stage, (blocks, width) in enumerate(STAGES, start=1):
        for block in range(blocks):
            _bottleneck(chain, f"layer{stage}.{block}", width, stride=2 if stage > 1 and block == 0 else 1)
    chain.classify("fc", classes)
    return Network("resnet50", (3, 224, 224), classes, tuple(chain.layers))


def _bottleneck(chain: Chain, name: str, width: int, stride: int) -> None:
    shortcut, channels = chain.at, chain.channels
    chain.conv_norm(f"{name}.conv1", f"{name}.bn1", width, kernel=1)
    chain.put("relu", f"{name}.relu1")
    chain.conv_norm(f"{name}.conv2", f"{name}.bn2", width, kernel=3, stride=stride)
    chain.put("relu", f"{name}.relu2")
    chain.conv_norm(f"{name}.conv3", f"{name}.bn3", width * EXPANSION, kernel=1)
    branch = chain.at
    if channels != chain.channels:
        chain.at, chain.channels = shortcut, channels
        chain.conv_norm(f"{name}.downsample.0", f"{name}.downsample.1", width * EXPANSION, kernel=1, stride=stride)
        shortcut = chain.at
    chain.put("add", f"{name}.add", inputs=(branch, shortcut))
    chain.put("relu", f"{name}.relu")
