"""One file per stage of dvc.yaml: ``python -m tasks.artifacts.builders.<stage> --<parameter> <value> …``."""
