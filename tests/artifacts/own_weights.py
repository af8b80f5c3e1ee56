"""`python -m tests.artifacts.own_weights LIBRARY:ENTRY …`, in the environment of torch.lock: what a library publishes.

Each architecture's tensors are written by torch.save as the library's authors publish them, and put into another one.
"""

import sys
import tempfile
from pathlib import Path

import torch

from tasks import plugins
from tasks.artifacts.zoo.making import LIBRARIES, made
from tasks.artifacts.zoo.order import Order

if __name__ == "__main__":
    for word in sys.argv[1:]:
        library, entry = word.split(":")
        torch.manual_seed(0)
        published = plugins.load(LIBRARIES, library).make(entry, {}).model.state_dict()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "weights.pth")
            torch.save(published, path)
            torch.manual_seed(1)
            order = Order(entry, library, entry, {}, 1, (), (), None, pretrained=str(path))
            got = made(order).model.state_dict()
        assert all(torch.equal(got[name], tensor) for name, tensor in published.items()), word
        print(word, len(published))
