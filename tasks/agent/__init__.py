"""The process that measures: a plain JSON request in, a result folder out. `python -m tasks.agent REQUEST OUT`.

Runs in the software's own environment: standard library, numpy, the framework, and our lean packages only.
"""
