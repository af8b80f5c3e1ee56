"""Further formats of a model that is built: its very weights and operators, written by another framework.

`plain.py` reads the ONNX file in the environment of torch.lock and leaves a graph without arithmetic on shapes;
TensorFlow's converter and MXNet write their files from that, each in the environment of its own lock.
"""
