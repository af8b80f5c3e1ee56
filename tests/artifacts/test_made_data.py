"""The data sets that are made: archives as their manifests say, test apart from train, the same bytes again."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from sklearn.metrics import roc_auc_score

from tasks.artifacts import clicks as world
from tasks.artifacts import series as made
from tasks.artifacts.builders import clicks, demand, views
from tasks.artifacts.draws import Draws
from tasks.artifacts.files import sha256_of
from tasks.artifacts.tiles import Cut
from tasks.artifacts.views import Look
from tasks.processing.samples import Samples, open_samples
from tests.artifacts.clones import ROOT, archive, bundled, manifest

REBUILD = "run: dvc repro && dvc push, then correct the SHA-256 in conf/ and commit all of it"
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
CLICKS, DEMAND = world.Asked(**PARAMS["clicks"]), made.Asked(**PARAMS["demand"])
FIRST = [0.7701409510034742, 0.11192724431768436]  # of seed 7, 1


def samples(dataset: str) -> Samples:
    return open_samples({"kind": "archive", "path": bundled(archive(dataset, "test").path)})


def build(dataset: str, folder: Path) -> None:
    if dataset == "clicks":
        clicks.build(CLICKS, folder)
    elif dataset == "demand":
        demand.build(DEMAND, folder)
    else:
        given = PARAMS["views"]
        cut = Cut(given["tile"], given["margin"], given["crop"], given["seed"])
        look = Look(given["side"], given["light"], given["tint"])
        views.build(cut, look, given["per_picture"], given["least_std"], given["quality"], folder)


@pytest.mark.parametrize("dataset", ["clicks", "demand", "views"])
def test_it_is_what_the_manifest_names_and_built_to_the_same_bytes(dataset: str, tmp_path: Path) -> None:
    pinned = archive(dataset, "test")
    path = bundled(pinned.path)
    build(dataset, tmp_path)
    assert sha256_of(tmp_path / "test.zip") == sha256_of(path) == pinned.sha256, REBUILD
    assert len(samples(dataset)) == manifest(f"dataset/{dataset}")["samples"]["test"]
    assert path.stat().st_size < 400_000


def test_draws_are_the_same_with_every_numpy_and_have_the_moments_they_claim() -> None:
    assert Draws(7, 1).shares(2).tolist() == FIRST
    spread, shares = Draws(1).spread(400, 500), Draws(2).shares(200_000)
    assert spread.shape == (400, 500) and abs(spread.mean()) < 0.01 and spread.var() == pytest.approx(1, abs=0.01)
    assert 0 < shares.min() < 1e-4 and 1 - 1e-4 < shares.max() < 1


def test_no_pair_of_test_is_one_of_train_and_the_index_says_what_is_true() -> None:
    known, found = world.world(CLICKS), samples("clicks")
    assert not (known.train & known.test).any()
    assert (known.test.sum(1) == CLICKS.test_per_user).all() and (known.train.sum(1) == CLICKS.train_per_user).all()
    for i in range(0, len(found), 37):
        row = found.rows[i]
        ((user, item),) = csv.reader([found.read(i).decode()])
        cell = int(user), int(item)
        assert known.test[cell] and row["truth"] == str(int(known.clicked[cell])) and int(row["group"]) == cell[0]
        assert float(row["probability"]) == pytest.approx(known.probability[cell], abs=1e-5)


def test_clicks_come_as_often_as_their_probabilities_say_and_nothing_ranks_them_better() -> None:
    known = world.world(CLICKS)
    for low in np.arange(0, 1, 0.1):
        within = (known.probability >= low) & (known.probability < low + 0.1)
        error = 4 * np.sqrt(0.25 / within.sum())
        assert known.clicked[within].mean() == pytest.approx(known.probability[within].mean(), abs=error)
    truths, noise = known.clicked.ravel(), Draws(3).spread(known.clicked.size)
    best = roc_auc_score(truths, known.probability.ravel())
    worse = roc_auc_score(truths, known.probability.ravel() + 0.1 * noise)
    popular = roc_auc_score(truths, np.tile(known.popularity, CLICKS.users))
    assert best > worse > popular > 0.55


def test_windows_lie_after_what_may_be_trained_on_and_truths_follow_them() -> None:
    found, values = samples("demand"), made.series(DEMAND)
    for i, row in enumerate(found.rows):
        number, start = (int(part) for part in row["file"].removesuffix(".csv").split("/")[1:])
        whole = [float(x) for x in (found.read(i) + found.file(row["truth"])).split()]
        assert start >= made.edge(DEMAND) and len(whole) == DEMAND.past + DEMAND.horizon
        assert values[number, start : start + len(whole)].tolist() == whole
    assert len(set(found.groups)) == DEMAND.series


def test_series_have_the_season_that_they_claim() -> None:
    values = made.series(DEMAND).astype(float)
    lags = {lag: np.abs(values[:, lag:] - values[:, :-lag]).mean() for lag in (12, 24)}
    assert lags[24] < 0.6 * lags[12]


def test_two_looks_share_a_place_in_tiles_that_train_has_not() -> None:
    found, given = samples("views"), PARAMS["views"]
    places: dict[str, list[Any]] = {}
    for i, row in enumerate(found.rows):
        places.setdefault(row["truth"], []).append(found.read(i))
        left, top = (int(part) for part in row["truth"].split("/x")[1].split("y"))
        assert (left // given["tile"] + top // given["tile"]) % 2 == 1  # tasks/artifacts/tiles.py
        assert row["truth"].startswith(row["group"])
    assert all(len(looks) == 2 and looks[0] != looks[1] for looks in places.values())
    assert len(set(found.groups)) == 9
