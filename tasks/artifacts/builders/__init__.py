"""What the stages of dvc.yaml run: ``python -m tasks.artifacts.builders.<name> …``, with parameters as options.

A model has one builder for all its formats; it is told the writer, as «module:function», and where the model goes.
"""
