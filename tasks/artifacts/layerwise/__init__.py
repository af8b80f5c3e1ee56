"""Two runs of one model layer by layer: which layer is the first out of tolerance, and how far.

In go two graphs (ONNX, or a layer table written as ONNX), inputs, and what runs each; out comes a `Divergence`. Graphs
run in pieces of a few nodes, so that memory stays bounded; what a later piece reads is kept.
"""
