"""One suite over every plug-in and every YAML file that there is; nothing lists them."""

import inspect
import sys

import pytest
import yaml

from flows import conf
from tasks import ROOT, plugins
from tasks.processing import AFTER, BEFORE, BETWEEN

GROUPS = [folder for folder in sorted(conf.CONF.iterdir()) if folder.is_dir()]
OPTIONS = [(group.name, option) for group in GROUPS for option in conf.options(group.name)]


@pytest.mark.parametrize(("group", "option"), OPTIONS)
def test_every_manifest_is_called_what_its_file_is_called(group: str, option: str) -> None:
    assert yaml.safe_load(conf.manifest(group, option).read_text())["id"] == option


@pytest.mark.parametrize("name", plugins.names("tasks.predictors"))
def test_every_predictor_has_three_operations_a_format_and_a_software(name: str) -> None:
    before = set(sys.modules)
    predictor = plugins.load("tasks.predictors", name).Predictor
    assert (
        {"load", "predict", "unload"} <= set(dir(predictor))
        and isinstance(predictor.formats, tuple)
        and isinstance(predictor.module, str)
    )
    imported = {m for m in set(sys.modules) - before if m.split(".")[0] == name}
    assert not imported, "importing a predictor imports its framework"
    softwares = [yaml.safe_load(conf.manifest("software", s).read_text()) for s in conf.options("software")]
    assert any(s["framework"] == name for s in softwares)
    options = inspect.signature(predictor.__init__).parameters.values()
    assert all(p.default is p.empty for p in options), "an option of a predictor has a silent default"


@pytest.mark.parametrize("name", plugins.names("tasks.scenarios"))
def test_every_scenario_has_a_configuration_and_no_silent_default(name: str) -> None:
    scenario = plugins.load("tasks.scenarios", name)
    parameters = inspect.signature(scenario.run).parameters.values()
    assert isinstance(scenario.JUDGED, str)
    assert all(p.default is p.empty for p in parameters)
    assert any(
        yaml.safe_load(conf.manifest("scenario", s).read_text())["kind"] == name for s in conf.options("scenario")
    )


@pytest.mark.parametrize("name", sorted(BEFORE) + sorted(AFTER) + sorted(BETWEEN))
def test_every_step_is_documented_and_has_no_silent_default(name: str) -> None:
    step = {**BEFORE, **AFTER, **BETWEEN}[name]
    assert inspect.getdoc(step)
    keyword_only = [p for p in inspect.signature(step).parameters.values() if p.kind is p.KEYWORD_ONLY]
    assert all(p.default is p.empty for p in keyword_only)


@pytest.mark.parametrize("option", conf.options("software"))
def test_every_isolated_software_locks_what_the_agent_needs(option: str) -> None:
    spec = yaml.safe_load(conf.manifest("software", option).read_text())
    pins = dict(line.split("==") for line in spec["packages"])
    assert {"numpy", "pillow"} <= set(pins)


def test_one_decoder_version_in_every_software() -> None:
    softwares = [yaml.safe_load(conf.manifest("software", s).read_text()) for s in conf.options("software")]
    assert len({line for s in softwares for line in s["packages"] if line.startswith("pillow==")}) == 1


def test_no_flow_is_called_like_a_module_of_the_standard_library() -> None:
    assert not {p.stem for p in (ROOT / "flows").glob("*.py")} & set(sys.stdlib_module_names)


def test_no_verb_is_called_like_a_noun() -> None:
    tasks = ROOT / "tasks"
    assert not {p.stem for p in tasks.glob("*.py")} & {p.name for p in tasks.iterdir() if p.is_dir()}


def test_tracked_files_stay_small() -> None:
    import subprocess

    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"not a git checkout: {done.stderr.strip()}")
    sizes = [(ROOT / f).stat().st_size for f in done.stdout.split("\0") if f and (ROOT / f).is_file()]
    assert sum(sizes) < 40 * 2**20


def test_the_lock_names_no_registry() -> None:
    text = (ROOT / "requirements.lock").read_text()
    assert "://" not in text and "--" not in text
    assert all("==" in line for line in text.splitlines() if line and not line.startswith("#"))
