"""The stages of a pipeline's manifest, each of which names a model of conf/model, as whole manifests.

In: a model's manifest as plain data. Out: the same with what it names in it; one model stays as it is.
"""

from typing import Any

import yaml

from flows import conf
from tasks import plugins
from tasks.errors import Refused
from tasks.specs.unanswered import OPEN, unanswered

FIELDS = ("model", "weights", "then")  # of a stage
MODEL = "model"


def resolved(fields: dict[str, Any]) -> dict[str, Any]:
    """A pipeline with the manifests of its models, and with what is theirs unless it says so itself.

    Raises Refused for a stage that names no model, a pipeline, weights that are not there, or what is still open.
    """
    named = fields.get("pipeline")
    if named is None or isinstance(named, list):  # whole already
        return fields
    where = f"conf/model/{fields.get('id')}.yaml: pipeline"
    if not isinstance(named, dict) or not named:
        raise Refused(f"{where} names no stage. Write «<stage>: {{model: <name>, weights: <name>}}», in order.")
    stages = [_stage(f"{where}.{name}", str(name), said, str(fields.get("id"))) for name, said in named.items()]
    models = [stage[MODEL] for stage in stages]
    weights, last = "+".join(f"{model.get('id')}.{model.get('weights')}" for model in models), models[-1]
    return {
        "modality": last.get("modality"),
        "heads": {weights: _heads(last)},
        "preprocess": [{**models[0]["preprocess"][0], "color": "RGB"}] if _pictured(models[0]) else [],
        **fields,
        "weights": weights,
        "pipeline": stages,
    }


def _stage(where: str, name: str, said: Any, pipeline: str) -> dict[str, Any]:
    said = {MODEL: said} if isinstance(said, str) else said
    if not isinstance(said, dict) or MODEL not in said:
        raise Refused(f"{where} names no model. Write «{name}: {{model: <name>, weights: <name>}}».")
    own = {field: value for field, value in said.items() if field.startswith("x-")}
    for field in sorted(set(said) - {*FIELDS, *own}):
        raise Refused(f"{where}: {plugins.unknown('field of a stage', field, list(FIELDS))}")
    model = _model(where, str(said[MODEL]), pipeline)
    known = [*(model.get("artifacts") or {}), *(model.get("build") or {})]
    weights = said.get("weights") or model.get("weights")
    if weights not in known:
        raise Refused(f"{where}: {said[MODEL]} has no weights «{weights}». Available: {', '.join(known) or 'none'}.")
    return {**own, "name": name, MODEL: {**model, "weights": weights}, "then": said.get("then") or []}


def _model(where: str, name: str, pipeline: str) -> dict[str, Any]:
    known = conf.options("model")
    if name not in known:
        raise Refused(f"{where}.model: {plugins.unknown('model', name, known)}")
    model: dict[str, Any] = yaml.safe_load(conf.manifest("model", name).read_text())
    if "pipeline" in model:
        itself = "itself" if name == pipeline else f"«{name}», which is a pipeline"
        raise Refused(f"{where}.model names {itself}. A stage is one model; name the models of that one as stages.")
    if found := unanswered(model):
        raise Refused(
            f"{where}.model: conf/model/{name}.yaml leaves {', '.join(found)} «{OPEN}», and what it is given in a "
            "pipeline depends on it. Answer it there."
        )
    return model


def _heads(model: dict[str, Any]) -> dict[str, Any]:
    """Of the model's weights, without the promise of what its own inputs are like: a pipeline's are the first one's."""
    heads = (model.get("heads") or {}).get(model.get("weights")) or {}
    return {dataset: {**head, "channels": None} for dataset, head in heads.items()}


def _pictured(model: dict[str, Any]) -> bool:
    steps = model.get("preprocess") or [{}]
    return bool(steps[0].get("step") == "decode")
