"""Laws of `tasks/analyses/front.py`, and of requirements in words."""

import pytest

from tasks.analyses.front import Axis, Candidate, best, front
from tasks.analyses.requirement import parsed
from tasks.errors import Refused
from tasks.results.measurement import Estimate

TIME, RIGHT = Axis("time", "lower"), Axis("right", "higher")


def candidate(name: str, time: float, right: float, spread: float = 0.1) -> Candidate:
    values = {"time": time, "right": right}
    return Candidate(name, name, {k: Estimate(v, "", v - spread, v + spread, 1, 3) for k, v in values.items()})


def test_the_front_holds_who_nobody_is_before() -> None:
    fast, right, bad = candidate("fast", 1, 1), candidate("right", 3, 3), candidate("bad", 4, 2)
    kept, behind = front([fast, right, bad], [TIME, RIGHT])
    assert kept == [fast, right] and behind == {"bad": "right is better at time, right and worse at nothing"}


def test_a_difference_inside_the_intervals_rules_nobody_out() -> None:
    one, other = candidate("one", 1.0, 1.0), candidate("other", 1.05, 0.95)
    assert front([one, other], [TIME, RIGHT])[0] == [one, other]
    assert best([one, other], TIME) == (one, [other])


def test_numbers_apart_are_separated() -> None:
    one, other = candidate("one", 1.0, 1.0), candidate("other", 2.0, 1.0)
    assert best([one, other], TIME) == (one, [])
    assert best([], TIME) is None


def test_words_become_a_bound_in_the_metrics_own_unit() -> None:
    found = parsed("limit", "p99<0.05s@server", {"end_to_end_p99_ms", "predict_p99_ms"})
    assert (found.metric, found.bound, found.place) == ("end_to_end_p99_ms", 50.0, "server")
    assert parsed("limit", "p99<50ms", {"predict_p99_ms"}).metric == "predict_p99_ms"
    assert parsed("floor", "accuracy_top1>=90%@patches", ()).bound == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("p99=50ms", "is not of the form"),
        ("p98<50ms", "There is no metric «p98»"),
        ("p99<50GB", "give the bound in ms"),
        ("accuracy_top1<0.9", "higher is better"),
        ("p99<1e", "is no number"),
    ],
)
def test_a_mistake_in_a_limit_is_a_sentence(text: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        parsed("limit", text, ())
