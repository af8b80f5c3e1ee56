"""Stage `time_only`: the model file of `null` and `fixed`, which only take time; it says so and nothing else."""

import json
import sys
from pathlib import Path


def build(path: Path) -> None:
    """Write the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"kind": "time only"}) + "\n")


if __name__ == "__main__":
    build(Path(sys.argv[1]))
