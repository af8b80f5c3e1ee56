"""`python -m tasks.agent REQUEST OUT [--parent PID]`: do what the request says and write the result folder OUT.

Exit code 0: OUT is complete. Otherwise OUT does not exist, and the last line on standard error is the reason.
"""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from pathlib import Path

from tasks.agent.folder import write_folder
from tasks.agent.roles import ROLES
from tasks.environment.parent import die_with_parent
from tasks.errors import TouchstoneError


def main() -> int:
    """Parse, run, write."""
    parser = argparse.ArgumentParser(
        prog="python -m tasks.agent", description="Measure what REQUEST (JSON) says, write folder OUT."
    )
    parser.add_argument("request", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--parent", type=int, help="die when this process does")
    asked = parser.parse_args()
    if asked.parent:
        die_with_parent(asked.parent)
    try:
        request = json.loads(asked.request.read_text())
        write_folder(asked.out, ROLES[request["role"]](request))
    except TouchstoneError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"The agent could not read or write: {error}.", file=sys.stderr)
        return 1
    except Exception as error:
        traceback.print_exc()
        print(f"The agent failed: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
