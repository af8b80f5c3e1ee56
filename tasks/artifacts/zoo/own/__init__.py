"""Networks of our own, in small: one file a field, one class an architecture, with the paper that it follows.

Every class takes its inputs in order and returns a tuple. Only what torch, torchvision, timm, and transformers lack.
"""
