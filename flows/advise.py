"""`python -m flows.advise 'limit=p99<50ms@server' 'floor=accuracy_top1>0.9@patches'`: what to use, and why not others.

limit=<metric><bound>[unit][@scenario]   several may be given; p99 alone is the latency that a user waits for
floor=<metric>><bound>[@dataset]         how right it has to be, on that data set
by=cost|<metric>                         what chooses among those that satisfy all; default: the cost where hw names a
                                         price, else the first limit's metric
model=[a,b] software=… host=… since=…    filters over the recorded runs, as of flows.results

A limit counts as kept when the whole 95 % interval is below it. Exit code 0 with a choice, 1 when nothing satisfies
all, 4 when only undecided ones are left.
"""

import re
import sys
from typing import TYPE_CHECKING

from flows import cli
from flows.results import frame
from tasks import plugins
from tasks.errors import Refused

if TYPE_CHECKING:
    from tasks.analyses.advice import Advice

WORD = re.compile(r"([a-z_.0-9]+)=(.*)", re.DOTALL)


def advise(words: list[str]) -> "Advice":
    """The advice that these words ask for. Raises `Refused`."""
    from tasks.analyses import advice
    from tasks.analyses.requirement import parsed
    from tasks.metrics import all_metrics, require_known
    from tasks.tracking.records import ASPECTS, newest

    given, filters, by = [], {}, ""
    for word in words:
        found = WORD.fullmatch(word)
        name = found[1] if found else word
        if found and name in ("limit", "floor"):
            given.append((name, found[2]))
        elif found and name == "by":
            by = found[2]
        elif found and (name in ASPECTS or name == "since" or "." in name):
            filters[name] = found[2]
        else:
            raise Refused(plugins.unknown("word", name, ["limit", "floor", "by", "since", *ASPECTS]))
    if not given:
        raise Refused("No limit and no floor. Give one, such as 'limit=p99<50ms' or 'floor=accuracy_top1>0.9@patches'.")
    if by and by != "cost":
        require_known("by", [by])
    store = {k: v for k, v in filters.items() if k.startswith("tracking")}
    rest = {k: v for k, v in filters.items() if k not in store}
    known = [name for name in all_metrics() if _named(name, [text for _, text in given], by)]
    runs = newest(frame(known, (), [f"{k}={v}" for k, v in store.items()], **rest))
    recorded = {name for name in known if runs[name].notna().any()}
    asked = [(kind, parsed(kind, text, recorded)) for kind, text in given]
    return advice.advise(
        runs, [r for kind, r in asked if kind == "limit"], [r for kind, r in asked if kind == "floor"], by
    )


def _named(metric: str, texts: list[str], by: str) -> bool:
    """Whether the words may be about this metric; reading fewer takes less time in a full store."""
    from tasks.analyses.advice import ACCURACY, RATES

    asked = [re.split(r"[^a-z0-9_]", text.strip())[0] for text in texts]
    return metric in (*RATES, ACCURACY, by) or any(metric == a or metric.endswith(f"_{a}_ms") for a in asked)


def run(words: list[str]) -> int:
    """Print the advice."""
    from tasks.reporting.advised import show

    found = advise(words)
    show(found)
    return 0 if found.choice else 4 if found.undecided else 1


if __name__ == "__main__":
    sys.exit(cli.main("advise", run, __doc__))
