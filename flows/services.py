"""`python -m flows.services up | ui | down [now]`: Prefect, Ray, and MLflow's UI on this machine; make up, ui, down.

up     start them, and the worker that runs deployments; they stay until `down`
ui     the same with MLflow's UI
down   end them; refused while a run uses them, unless `now`
"""

import json
import sys

from flows import cli
from tasks.errors import Refused, TouchstoneError
from tasks.progress import say
from tasks.services import known, local, settings
from tasks.tracking import views

WORD = {"prefect": "Prefect", "ray": "Ray", "worker": "runs deployments", "mlflow": "MLflow"}
IDLE_S = 900.0
EXAMPLE = ["+model=patchnet", "scenario=quick"]


def up(words: list[str], more: tuple[str, ...] = ()) -> int:
    """Start, pin, and print the addresses."""
    names = tuple(dict.fromkeys([*known.pinned(), "prefect", "ray", "worker", *more]))
    settings.apply()
    settings.FOLDER.mkdir(parents=True, exist_ok=True)
    known.PINNED.write_text(json.dumps(names))
    try:
        found = local.started(names, IDLE_S, say("services"))
    except TouchstoneError:
        known.PINNED.unlink(missing_ok=True)
        raise
    _offer_form()
    for name in names:
        print(f"{WORD[name]:<17} {found[name].address}")
    print("They stay up until: make down")
    return 0


def ui(words: list[str]) -> int:
    """The same, and MLflow's UI with every run in columns that tell them apart."""
    code = up(words, ("mlflow",))
    print(f"{'every run':<17} {known.address('mlflow')}/{views.everything(cli.default().tracking)}")
    return code


def down(words: list[str]) -> int:
    """End them; says what a schedule will then miss."""
    with known.unused() as free:
        if not free and words != ["now"]:
            raise Refused("A run uses the services. Wait for its end, or: python -m flows.services down now")
    settings.apply()
    ended = local.down(say("services"))
    print(f"Ended: {', '.join(WORD[name] for name in ended)}." if ended else "Nothing was up.")
    return 0


def _offer_form() -> None:
    """A deployment without a schedule, so that Prefect's UI has a form to start an evaluation from, filled in."""
    from flows.deploy import deployed, online

    with online(say("services")):
        deployed("on-demand", None, EXAMPLE)


VERBS = {"up": up, "ui": ui, "down": down}


def run(words: list[str]) -> int:
    """Do what the leading word says."""
    name, rest = cli.verb(words, list(VERBS))
    return VERBS[name](rest)


if __name__ == "__main__":
    sys.exit(cli.main("services", run))
