"""From words to evaluations, and from mistakes to sentences."""

import subprocess
import sys
import time

import pytest

from flows import cli
from tasks import ROOT
from tasks.errors import Refused
from tasks.specs.evaluation import Evaluation

NO_OPTION = "There is no field in software.options «foo». Available: execution_mode, graph_optimization."


def python(*words: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, timeout=60)


def refusal(*words: str) -> str:
    with pytest.raises(Refused) as caught:
        cli.read(list(words))
    return str(caught.value)


def test_words_become_one_evaluation() -> None:
    (evaluation,) = cli.read(["+model=resnet50", "scenario=quick", "scenario.min_queries=7"])
    assert evaluation.title == "resnet50[seeded] on patches" and evaluation.scenario.min_queries == 7


def test_a_sweep_becomes_the_product_in_order() -> None:
    found = cli.read(["-m", "+model=resnet50,patchnet", "scenario=quick,offline"])
    assert [(e.model.id, e.scenario.id) for e in found] == [
        ("resnet50", "quick"),
        ("resnet50", "offline"),
        ("patchnet", "quick"),
        ("patchnet", "offline"),
    ]


@pytest.mark.parametrize("sweep", ["range(1,4)", "choice(1,2,3)", "1,2,3"])
def test_hydras_sweep_syntax(sweep: str) -> None:
    found = cli.read(["-m", "+model=patchnet", f"scenario.repetitions={sweep}"])
    assert [e.scenario.repetitions for e in found] == [1, 2, 3]


def test_words_values_and_plain_data_describe_the_same_evaluation() -> None:
    (evaluation,) = cli.read(["+model=patchnet"])
    assert cli.read(evaluation) == [evaluation] == cli.read([evaluation.model_dump(mode="json")])
    assert cli.read([evaluation, evaluation]) == [evaluation, evaluation]


def test_swapping_one_aspect_changes_only_that_part() -> None:
    (a,), (b,) = cli.read(["+model=patchnet"]), cli.read(["+model=patchnet", "hw=cpu1"])
    different = {name for name in Evaluation.model_fields if getattr(a, name) != getattr(b, name)}
    assert different == {"hw"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "No model chosen. Add +model=<name>; available: "),
        (["+model=resnet51"], "Did you mean resnet50 "),
        (["model=resnet50"], "+model=<name>"),
        (["+model=resnet50", "software=onxruntime"], "Did you mean onnxruntime"),
        (["+model=resnet50", "hw=v1000"], "v100"),
        (["+model=resnet50", "scenario.min_querys=1"], "Did you mean min_queries"),
        (["+model=resnet50", "+scenario.min_querys=1"], "Did you mean min_queries"),
        (["+model=resnet50", "+hw.bogus=1"], "There is no field in hw «bogus»"),
        (["+model=resnet50", "scenario.min_queries=many"], "scenario.min_queries=many: scenario.min_queries"),
        (["+model=resnet50", "scenario.min_queries=1,2"], "-m"),
        (["+model=resnet50", "dataset=digits"], "has no head for dataset=digits"),
        (["+model=resnet50", "dataset.labels=[a,b]"], "in this order"),
        (["+model=resnet50", "workers=cluster"], "workers.address"),
        (["+model=resnet50", "model.weights=imagnet"], "available: seeded, imagenet"),
        (["+model=resnet50", "hw=cpu1", "software.threads.intra=4"], "software.threads.intra=1"),
        (["+model=resnet50", "dataset.split=validation"], "available: train, test"),
        (["+model=resnet50", "software.packages=[numpy]"], "name==version"),
        (["+model=resnet50", "software.options.graph_optimization=max"], "max: software.options.graph_optimization:"),
        (["+model=resnet50", "software.python=3.8"], "«3.8» is too old: what measures runs on Python 3.9 and newer"),
        (["+model=resnet50", "software.packages=[torch==2.6.0,nvidia-nccl-cu12==2.21.5]"], "or set devices: [cuda]"),
        (["+model=resnet50", "~software.options.execution_mode"], ": software.options.execution_mode is missing."),
        (["+model=resnet50", "+software.options.foo=1"], f"+software.options.foo=1: {NO_OPTION}"),
        (["+model=resnet50", "software.options.foo=1"], NO_OPTION),
        (["+model=resnet50", "+software.foo=1"], "There is no field in software «foo». Available: devices, "),
        (["+model=resnet50", "software=3"], "software=3"),
        (["nonsense"], "nonsense"),
        (["+model=[resnet50"], "[resnet50"),
    ],
)
def test_a_mistake_is_a_sentence_with_the_value_and_the_way_out(words: list[str], said: str) -> None:
    sentence = refusal(*words)
    assert said in sentence and "Traceback" not in sentence and "validation error" not in sentence


def test_a_python_is_a_version_and_no_number() -> None:
    assert [e.software.python for e in cli.read(["-m", "+model=patchnet", "software.python=3.10,3.9"])] == [
        "3.10",
        "3.9",
    ]


@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_a_lock_is_given_in_words_with_quotes_or_without(quote: str) -> None:
    lines = ["numpy==2.4.6", "onnxruntime==1.31.1"]
    word = f"software.packages=[{', '.join(quote + line + quote for line in lines)}]"
    assert cli.composed(["+model=patchnet", word]).software.packages == tuple(lines)


def test_every_mistake_comes_at_once_each_with_its_place() -> None:
    lines = refusal("+model=resnet50", "+hw.bogus=1", "scenario.min_queries=0", "software.python=2").splitlines()
    assert len(lines) == 3 and all(line.split(": ")[0].startswith(("+hw", "scenario", "software")) for line in lines)


def test_a_mistake_in_a_file_names_the_file(tmp_path: object) -> None:
    from flows.cli import validated

    (good,) = cli.read(["+model=resnet50"])
    data = good.model_dump(mode="json")
    data["model"]["inputs"][0]["dtype"] = "float31"
    with pytest.raises(Refused, match=r"conf/model/resnet50\.yaml: model\.inputs\.0\.dtype.*float31"):
        validated(data, {"model": "resnet50"}, [])


def test_a_typo_is_answered_within_a_second_and_with_code_2() -> None:
    begin = time.monotonic()
    done = python("flows.evaluate", "+model=resnet51")
    assert (done.returncode, done.stdout) == (2, "") and "Did you mean resnet50 " in done.stderr
    assert time.monotonic() - begin < 5  # one second on an idle machine; `reports/` holds the measurement


def test_hardware_that_is_missing_is_code_3_within_seconds() -> None:
    begin = time.monotonic()
    done = python("flows.evaluate", "+model=resnet50", "hw=v100")
    assert done.returncode == 3 and done.stderr.startswith("hw=v100 asks for 1 × V100; this machine offers ")
    assert len(done.stderr.splitlines()) == 1 and time.monotonic() - begin < 5


def test_nothing_heavy_is_imported_for_a_mistake() -> None:
    code = (
        "import sys\nfrom flows import cli\n"
        "try: cli.read(['+model=x'])\nexcept Exception: pass\n"
        "print({'prefect', 'ray', 'mlflow', 'pandas', 'dvc'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "set()", done


@pytest.mark.parametrize(("flag", "said"), [("--help", "+model=<name>"), ("--cfg", "repetitions: 3")])
def test_hydras_own_flags_are_hydras_and_leave_nothing_behind(flag: str, said: str) -> None:
    before = {p.name for p in ROOT.iterdir()}
    done = python("flows.evaluate", *([flag] if flag == "--help" else [flag, "job", "+model=patchnet"]))
    assert done.returncode == 0 and said in done.stdout
    assert {p.name for p in ROOT.iterdir()} == before


def test_a_budget_of_any_metric_is_a_word_and_no_part_of_the_identity() -> None:
    plain, bounded = (cli.read(["+model=patchnet", *w])[0] for w in ([], ["expect.predict_p99_ms=120"]))
    assert bounded.expect.bounds == {"predict_p99_ms": 120.0} and bounded.hashes() == plain.hashes()
    (priced,) = cli.read(["+model=patchnet", "hw.price_per_hour=2.5", "hw.currency=EUR"])
    assert priced.hashes() == plain.hashes()


def test_a_budget_of_no_metric_names_the_nearest() -> None:
    assert "Did you mean predict_p99_ms" in refusal("+model=patchnet", "expect.predict_p9_ms=1")


def test_a_misspelt_field_is_named_and_not_another_one_whose_name_is_in_hydra_s_words() -> None:
    said = refusal("+model=patchnet", "scenario.id=mine", "budget_s=60")  # «override» has an «id» in it
    assert "There is no field «budget_s»" in said and "scenario" not in said.partition("Available")[0]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("software.treads.intra=1", "field in software «treads». Did you mean threads"),
        ("scenario.sizes=[1]", "field in scenario «sizes»"),  # of another kind of scenario
        ("software.options.mod=frozen", "field in software.options «mod»"),
    ],
)
def test_the_part_of_a_path_that_is_none_is_named(word: str, said: str) -> None:
    assert said in refusal("+model=patchnet", "software=pytorch", word)


def test_a_sweep_over_everything_leaves_out_what_cannot_be_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    found = cli.read(["-m", "+model=glob([nlinear*,nul*])", "software=onnxruntime,pytorch"])
    assert {(e.model.id, e.software.id) for e in found} == {("nlinear", "onnxruntime"), ("nlinear", "pytorch")}
    assert "2 of 4 cells cannot be and are left out; the first: software=onnxruntime reads" in capsys.readouterr().err
    with pytest.raises(Refused, match="reads keras and saved_model files"):
        cli.read(["-m", "+model=glob(nlin*)", "software=tensorflow"])
    with pytest.raises(Refused, match=r"glob\(\) takes names"):
        cli.read(["-m", "+model=glob(*,exclude=[null])"])


def test_more_tokens_than_a_model_reads_are_refused_before_anything_runs() -> None:
    words = ["+model=byte_lm", "scenario=generate", "scenario.prompt_tokens=16"]
    assert cli.read([*words, "scenario.new_tokens=112"])
    with pytest.raises(Refused, match=r"new_tokens=113 are more than the 128 places that byte_lm\[trained\] reads"):
        cli.read([*words, "scenario.new_tokens=113"])


def test_reading_a_big_sweep_says_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "TELL_S", 0.0)
    assert len(cli.read(["-m", "+model=patchnet,resnet50", "scenario=quick"])) == 2
    assert capsys.readouterr().err == "0 of 2 cells are read\n1 of 2 cells are read\n"
