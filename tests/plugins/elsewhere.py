"""Somebody else's framework, written as a stranger would: one file, one YAML, and the metadata that pip leaves."""

import os
from pathlib import Path

import yaml

from flows import conf
from tasks import ROOT

PREDICTOR = '''
from tasks.predictors import onnxruntime


class Predictor(onnxruntime.Predictor):
    """ONNX Runtime under another name."""

    def load(self, path, setup):
        return {**super().load(path, setup), "framework": "elsewhere"}
'''


def installed(folder: Path) -> dict[str, str]:
    """Write it below the folder; returns the environment in which it is found."""
    (folder / "elsewhere_predictor.py").write_text(PREDICTOR)
    info = folder / "elsewhere-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: elsewhere\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[touchstone.predictors]\nelsewhere = elsewhere_predictor\n")
    fields = yaml.safe_load(conf.manifest("software", "onnxruntime").read_text())
    software = folder / "conf" / "software"
    software.mkdir(parents=True)
    (software / "elsewhere.yaml").write_text(yaml.safe_dump({**fields, "id": "elsewhere", "framework": "elsewhere"}))
    path = os.pathsep.join(filter(None, [str(ROOT), str(folder), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": path, conf.ALSO: str(folder / "conf")}
