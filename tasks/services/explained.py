"""What Prefect's client says when its server cannot do its work, as a sentence."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from tasks.errors import TouchstoneError


@contextmanager
def explained() -> Iterator[None]:
    """Around a call of a flow, after Prefect's settings were applied."""
    from httpx import HTTPError
    from prefect.exceptions import PrefectException

    try:
        yield
    except (HTTPError, PrefectException, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not any(word in str(error) for word in ("server", "Server", "API")):
            raise
        server = os.environ.get("PREFECT_API_URL") or f"the ephemeral server (database in {os.environ['PREFECT_HOME']})"
        raise TouchstoneError(
            f"Prefect failed: {_line(error)} It speaks to {server}; make sure that it is up and its disk has room."
        ) from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200].rstrip(".") + "."
