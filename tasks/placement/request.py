"""From an evaluation to the plain JSON that an agent reads. The agent validates nothing; this is where it was valid."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tasks import ROOT, plugins
from tasks.results.process import Role
from tasks.specs.evaluation import Evaluation
from tasks.specs.model import Model
from tasks.specs.pipeline import Pipeline
from tasks.specs.protocol import BaseScenario


def agent_request(
    evaluation: Evaluation, role: Role, index: int, cpus: list[int], model: Path | Mapping[str, Path], samples: Path
) -> dict[str, Any]:
    """The request of one agent. ``cpus`` are the reserved cores; ``model`` and ``samples`` are verified files.

    Of a pipeline, ``model`` is stage → file.
    """
    scenario, software, spec = evaluation.scenario, evaluation.software, evaluation.model
    common = set(BaseScenario.model_fields)
    options = {k: v for k, v in scenario.model_dump(mode="json").items() if k not in common | {"kind"}}
    intra = len(cpus) if software.threads.intra == "all" else software.threads.intra
    host = evaluation.hw.settings.model_dump(exclude={"extensions"})
    return {
        "role": role,
        "index": index,
        "evaluation_hash": evaluation.hashes()["evaluation"],
        "seed": scenario.seed,
        "cpus": cpus,
        "settings": {**host, "affinity": cpus if evaluation.hw.pin else None},
        "modality": spec.modality,
        "framework": software.framework,
        "plugin": plugins.file_of("tasks.predictors", software.framework),
        "options": software.options,
        "device": evaluation.hw.device,
        "threads": {"intra": intra, "inter": software.threads.inter},
        "pipeline": _stages(spec, model) if isinstance(spec, Pipeline) else None,
        "model": {
            "path": str(next(iter(model.values())) if isinstance(model, Mapping) else model),
            "service_ms": spec.service_ms,
            "one_at_a_time": not spec.time_only and spec.one_at_a_time,
            **_tensors(spec),
        },
        "dataset": {
            "kind": evaluation.dataset.kind,
            "path": str(samples),
            "labels": list(evaluation.dataset.labels),
            "meaning": dict(evaluation.dataset.meaning),
            "count": evaluation.dataset.samples.get(evaluation.dataset.split),
        },
        **_steps(spec),
        "allow_modules": list(evaluation.allow_modules),
        "scenario": {
            "kind": scenario.kind,
            "plugin": plugins.file_of("tasks.scenarios", scenario.kind),
            "options": options,
            "generator": scenario.generator,
            "limits": scenario.limits.model_dump(mode="json", exclude={"extensions"}, exclude_none=True),
        },
        "batch_size": options.get("batch_size", options.get("samples_per_query", 1)),
        "accuracy_samples": scenario.accuracy_samples,
        "tracing": evaluation.tracing.level,
    }


def _stages(pipeline: Pipeline, files: Any) -> list[dict[str, Any]]:
    """Each model with its file and everything around it, in order."""
    return [
        {
            "name": stage.name,
            "path": str(files[stage.name]),
            "one_at_a_time": stage.model.one_at_a_time,
            **_tensors(stage.model),
            **_steps(stage.model),
            "then": _plain(stage.then),
        }
        for stage in pipeline.pipeline
    ]


def _tensors(spec: Model | Pipeline) -> dict[str, Any]:
    return {"inputs": _plain(spec.inputs), "outputs": _plain(spec.outputs)}


def _steps(spec: Model | Pipeline) -> dict[str, Any]:
    return {"preprocess": _plain(spec.steps), "postprocess": _plain(spec.postprocess)}


def _plain(parts: Any) -> list[dict[str, Any]]:
    return [part.model_dump(mode="json") for part in parts]


def files_of(evaluation: Evaluation, artifacts: Mapping[str, Any]) -> Path | dict[str, Path]:
    """Where the fetched model lies on the node, or each stage's."""
    paths = {name.partition(".")[2]: Path(artifacts[name]["path"]) for name in evaluation.artifacts}
    return paths if isinstance(evaluation.model, Pipeline) else paths[""]


def samples_path(evaluation: Evaluation) -> Path:
    """Where the samples lie: the fetched archive, or the user's folder (relative to the repository, or absolute)."""
    archive = evaluation.dataset.archive
    return ROOT / (archive.path if archive else str(evaluation.dataset.folder))
