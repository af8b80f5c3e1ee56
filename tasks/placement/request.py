"""From an evaluation to the plain JSON that an agent reads. The agent validates nothing; this is where it was valid."""

from pathlib import Path
from typing import Any

from tasks import ROOT, plugins
from tasks.results.process import Role
from tasks.specs.evaluation import Evaluation
from tasks.specs.protocol import BaseScenario


def agent_request(
    evaluation: Evaluation, role: Role, index: int, cpus: list[int], model: Path, samples: Path
) -> dict[str, Any]:
    """The request of one agent. ``cpus`` are the reserved cores; ``model`` and ``samples`` are verified files."""
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
        "model": {
            "path": str(model),
            "service_ms": spec.service_ms,
            "one_at_a_time": not spec.time_only and spec.one_at_a_time,
            "inputs": [t.model_dump(mode="json") for t in spec.inputs],
            "outputs": [t.model_dump(mode="json") for t in spec.outputs],
        },
        "dataset": {
            "kind": evaluation.dataset.kind,
            "path": str(samples),
            "labels": list(evaluation.dataset.labels),
            "meaning": dict(evaluation.dataset.meaning),
            "count": evaluation.dataset.samples.get(evaluation.dataset.split),
        },
        "preprocess": [s.model_dump(mode="json") for s in spec.steps],
        "postprocess": [s.model_dump(mode="json") for s in spec.postprocess],
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


def samples_path(evaluation: Evaluation) -> Path:
    """Where the samples lie: the fetched archive, or the user's folder (relative to the repository, or absolute)."""
    archive = evaluation.dataset.archive
    return ROOT / (archive.path if archive else str(evaluation.dataset.folder))
