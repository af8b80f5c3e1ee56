"""The record in MLflow: one run an evaluation, one parent run a sweep. The only importer of MLflow."""
