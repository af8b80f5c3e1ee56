"""The user's own model or data set: what its bytes are, what goes in and out, and the manifest that says so.

`kinds.py` tells a file by its bytes, a reader of each kind (`*_model.py`) finds its tensors, `manifest.py` writes down
what was found and what was answered, `placing.py` brings the files home. Nothing here runs or unpickles a model.
"""
