"""The zoo: model files from architectures of torchvision, timm, transformers, and our own, with seeded weights.

`python -m tasks.stacks tasks/artifacts/zoo/torch.lock -m tasks.artifacts.zoo BUILD.json FOLDER` builds one model;
`-m tasks.artifacts.zoo.calibrate BUILD.json FILE` fits what a model of pictures needs beside its seed, and
`-m tasks.artifacts.zoo.train BUILD.json FILE` trains a small one. Everything but `order.py` runs in the environment of
torch.lock only.
"""
