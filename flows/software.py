"""`python -m flows.software list | build <name> … | prune [days=30]`: the software environments on this machine.

list    every configured software (lock key, built or not) and every built environment (size, age, what uses it)
build   provision these now, so that a later evaluation does not wait
prune   remove environments that no configured software uses, and those not used for so many days
"""

import sys

import yaml
from rich.console import Console
from rich.table import Table

from flows import cli, conf
from tasks import plugins
from tasks.errors import Refused
from tasks.progress import say
from tasks.stacks import cache
from tasks.stacks.build import ensure
from tasks.stacks.lock import Lock

DAY_S = 86_400


def configured() -> dict[str, Lock]:
    """Software name → its lock."""
    manifests = {name: yaml.safe_load(conf.manifest("software", name).read_text()) for name in conf.options("software")}
    return {name: Lock(m["python"], tuple(m["packages"])) for name, m in manifests.items()}


def show(words: list[str]) -> int:
    """Print the table; environments that nothing configured uses come last."""
    if words:
        raise Refused(f"list shows all software, and takes no words; there was {' '.join(words)}.")
    table = Table(
        "software", "lock", "Python", "size", "age", "last used", box=None, header_style="dim", padding=(0, 2, 0, 0)
    )
    entries = {entry.stack.key: entry for entry in cache.inventory()}
    for name, lock in configured().items():
        entry = entries.pop(lock.key, None)
        state = _numbers(entry) if entry else ("not built", "", "")
        table.add_row(name, lock.key, lock.python, *state)
    for entry in entries.values():
        table.add_row(f"[dim]unused ({entry.stack.name})[/]", entry.stack.key, "", *_numbers(entry))
    Console(highlight=False).print(table)
    return 0


def _numbers(entry: cache.Entry) -> tuple[str, str, str]:
    return f"{entry.size_bytes / 2**20:.0f} MiB", f"{entry.age_s / DAY_S:.1f} d", f"{entry.idle_s / DAY_S:.1f} d ago"


def build(words: list[str]) -> int:
    """Provision the named software, or all."""
    locks = configured()
    strange = [word for word in words if word not in locks]
    if strange:
        raise Refused(plugins.unknown("software", strange[0], list(locks)))
    for name in words or locks:
        ensure(locks[name], name, say("provision"))
    return 0


def prune(words: list[str]) -> int:
    """Remove what nothing uses; says what it removed and how much it held."""
    days = _days(words)
    kept = {lock.key for lock in configured().values()}
    for entry in cache.inventory():
        if entry.stack.key not in kept or entry.idle_s > days * DAY_S:
            cache.remove(entry.stack.key)
            say("prune")(f"removed {entry.stack.name}-{entry.stack.key}, {entry.size_bytes / 2**20:.0f} MiB")
    return 0


def _days(words: list[str]) -> float:
    try:
        (days,) = [float(w.removeprefix("days=")) for w in words] or [30.0]
    except ValueError as error:
        raise Refused(f"«{' '.join(words)}» is not days=<number>, as in: prune days=30") from error
    return days


VERBS = {"list": show, "build": build, "prune": prune}


def run(words: list[str]) -> int:
    """Do what the leading word says."""
    name, rest = cli.verb(words, list(VERBS))
    return VERBS[name](rest)


if __name__ == "__main__":
    sys.exit(cli.main("software", run))
