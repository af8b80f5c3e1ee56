"""When a Prefect task is worth one more try: the machine failed, not the model. Seen in Prefect's UI as a retry."""

from typing import Any

from tasks.errors import MachineFault
from tasks.progress import say


def machine_was_the_cause(task: Any, run: Any, state: Any) -> bool:
    """A worker was lost, or a process killed from outside."""
    try:
        state.result()
    except MachineFault as fault:
        say(task.name)(f"{fault} The machine was the cause: once more.")
        return True
    except Exception:
        return False
    return False


ONCE_MORE: Any = {"retries": 1, "retry_condition_fn": machine_was_the_cause}  # of `prefect.task`
