"""`python -m tests.artifacts.state_dict IN OUT`, in the environment of torch.lock: safetensors → torch.save."""

import sys

import torch
from safetensors.torch import load_file

if __name__ == "__main__":
    torch.save(load_file(sys.argv[1]), sys.argv[2])
