"""What Prefect's client says when its server cannot do its work, as a sentence."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from tasks.database import masked
from tasks.errors import TouchstoneError


@contextmanager
def explained() -> Iterator[None]:
    """Around a call of a flow, after Prefect's settings were applied."""
    from httpx import HTTPError
    from prefect.exceptions import PrefectException

    logging.raiseExceptions = False  # else Prefect's log handler prints that its server is away
    try:
        yield
    except (HTTPError, PrefectException, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not any(word in str(error) for word in ("server", "Server", "API")):
            raise
        server = os.environ.get("PREFECT_API_URL") or f"the ephemeral server (database in {os.environ['PREFECT_HOME']})"
        raise TouchstoneError(
            f"Prefect failed: {_line(error)} It speaks to {server}; "
            "make sure that it and its database are up, with room on the disk."
        ) from error


def _line(error: Exception) -> str:
    told = masked(" ".join(str(error).split())).partition(" - Response:")[0]
    return told[:200].rstrip(".") + "."
