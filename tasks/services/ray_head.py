"""`python -m tasks.services.ray_head …`: `ray start` with these words, without the two servers that nobody asks here.

Ray starts a client server (for drivers from outside) and a dashboard's server even where both are declined, and each
works beside what is being timed. A cluster of your own is started with Ray's command, and has both.
"""

import sys

from ray._private.node import Node
from ray.scripts.scripts import main as ray


def main(words: list[str]) -> None:
    """Ray's command «start» with these words."""
    for server in ("start_ray_client_server", "start_api_server"):
        setattr(Node, server, lambda node, **_: None)
    sys.argv = ["ray", "start", *words]
    ray()


if __name__ == "__main__":
    main(sys.argv[1:])
