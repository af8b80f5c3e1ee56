"""One suite over every modality that has a judge; nothing lists them."""

import inspect
import json
from types import SimpleNamespace
from typing import Any, get_args

import pandas as pd
import pytest
import yaml

from flows import cli, conf
from tasks import plugins
from tasks.metrics import all_metrics
from tasks.modalities import Base, judge_of
from tasks.modalities.base import table
from tasks.schemas import check_table, predictions
from tasks.specs.dataset import Dataset
from tasks.specs.model import Modality as Known

JUDGED = plugins.names("tasks.modalities")
DATASETS = [
    Dataset.model_validate(yaml.safe_load((conf.CONF / "dataset" / f"{name}.yaml").read_text()))
    for name in conf.options("dataset")
]
MODELS = {name: cli.fields(name) for name in conf.options("model")}


def judge(name: str) -> Base:
    found = judge_of(name)
    assert found is not None
    return found


def datasets(name: str) -> list[Dataset]:
    return [d for d in DATASETS if d.modality == name]


def row(of: Base, dataset: Any) -> dict[str, Any]:
    """A row that keeps its columns' contract."""
    own = {n: c.kind(c.low if c.low is not None else 0) for n, c in of.columns(dataset).items()}
    return {"sample": 0, "file": "a", "group": "g", **own, "finite": True}


@pytest.mark.parametrize("name", JUDGED)
def test_it_is_a_modality_that_manifests_may_name(name: str) -> None:
    assert name in get_args(Known)
    assert inspect.getdoc(plugins.load("tasks.modalities", name).Modality)


@pytest.mark.parametrize("name", JUDGED)
def test_its_headline_is_a_metric_of_outputs(name: str) -> None:
    metric = all_metrics()[judge(name).headline]
    assert metric.boundary == "output"


@pytest.mark.parametrize("name", JUDGED)
def test_a_data_set_and_a_model_use_it(name: str) -> None:
    assert datasets(name)
    fitting = {d.id for d in datasets(name)}
    heads = [of for model in MODELS.values() for of in model["heads"].values() if model["modality"] == name]
    assert any(fitting & set(of) for of in heads)


@pytest.mark.parametrize("name", JUDGED)
def test_columns_are_plain_values_and_what_is_compared_is_a_number(name: str) -> None:
    for dataset in datasets(name):
        columns = judge(name).columns(dataset)
        compared = [columns[n].kind for n in (judge(name).answer, judge(name).varies)]
        assert set(compared) <= {int, float}
        assert {judge(name).answer, judge(name).varies} <= {n for n, c in columns.items() if c.required}
        assert all(column.kind in (int, float, bool, str) for column in columns.values())  # str: a vector, as text
        assert not {"sample", "file", "group", "finite"} & set(columns)
        assert not judge(name).lacks(dataset)


@pytest.mark.parametrize("name", JUDGED)
def test_its_schema_holds_what_keeps_its_bounds_and_refuses_what_does_not(name: str) -> None:
    of = judge(name)
    for dataset in datasets(name):
        schema, good = predictions(name, dataset), row(of, dataset)
        found = pd.DataFrame(table(of, [good], dataset))
        assert list(found)[:3] == ["sample", "file", "group"]
        assert check_table("predictions", found, schema).passed
        for column, described in of.columns(dataset).items():
            if described.low is not None:
                broken = pd.DataFrame(table(of, [{**good, column: described.kind(described.low - 1)}], dataset))
                sentence = check_table("predictions", broken, schema)
                assert not sentence.passed and f"predictions: {column} " in sentence.sentence


@pytest.mark.parametrize("name", JUDGED)
def test_a_data_set_that_says_nothing_is_told_what_it_lacks(name: str) -> None:
    assert judge(name).lacks(SimpleNamespace(labels=(), meaning={}))


@pytest.mark.parametrize("name", JUDGED)
def test_the_only_data_set_that_fits_is_chosen(name: str) -> None:
    fitting = {n: list(m["heads"].get(m["weights"], {})) for n, m in MODELS.items() if m["modality"] == name}
    model, only = next((n, of[0]) for n, of in fitting.items() if len(of) == 1)
    assert cli.composed([f"+model={model}"]).dataset.id == only
    assert cli.composed([f"+model={model}", "dataset=synthetic"]).dataset.synthetic


@pytest.mark.parametrize("name", JUDGED)
def test_a_model_without_a_head_says_so_and_measures_speed(name: str) -> None:
    dataset = datasets(name)[0].id
    bare = [n for n, m in MODELS.items() if m["modality"] == name and not m["heads"] and m.get("service_ms") is None]
    for model in bare[:1]:
        assert cli.composed([f"+model={model}"]).dataset.synthetic
        sentence = rf"has no head for dataset={dataset}: .* Available: none; dataset=synthetic measures speed alone"
        with pytest.raises(Exception, match=sentence):
            cli.composed([f"+model={model}", f"dataset={dataset}"])


def test_every_known_modality_has_a_judge() -> None:
    assert {*JUDGED, "other"} == set(get_args(Known))  # «other» is a user's own


def test_a_meaning_changes_the_hash_and_none_leaves_it_as_it_was() -> None:
    patches, crops = (next(d for d in DATASETS if d.id == name) for name in ("patches", "crops_x2"))
    assert "meaning" not in json.loads(patches.model_dump_json())
    assert crops.content_hash() != crops.model_copy(update={"meaning": {"scale": 3}}).content_hash()
