"""Where architectures come from: one file a library, found by its name.

Each has `make(entry, arguments)`: a torch module that takes the manifest's inputs in order and returns a tuple with its
outputs in order. Weights are drawn while it is made (`tasks/artifacts/zoo/seeded.py`); nothing is downloaded.
"""
