"""Run uv and pass on what a user wants to see of it: what it downloads and builds, not the list of every package.

A command goes in; "" or the reason it failed comes out. Ends uv with whatever ends the caller. Knows no lock.
"""

import re
import subprocess
from collections.abc import Callable, Mapping, Sequence

WORTH_SAYING = ("Downloading ", "Building ", "Prepared ", "Bytecode compiled ")


def relay(
    command: Sequence[str], environment: Mapping[str, str], say: Callable[[str], None], keep_open: Sequence[int] = ()
) -> str:
    """Run `command`, saying its progress; "" when it succeeds, else what it wrote, as one line of text."""
    lines: list[str] = []
    with subprocess.Popen(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        pass_fds=tuple(keep_open),
    ) as process:
        try:
            for line in process.stdout or ():
                lines.append(line)
                if line.lstrip().startswith(WORTH_SAYING):
                    say(line.strip())
        except BaseException:
            process.kill()
            raise
    code = process.returncode
    return "" if code == 0 else reason("".join(lines)) or f"uv ended with exit code {code} and said nothing."


def reason(output: str) -> str:
    """uv's error as one line, without its progress and its frames."""
    start = re.search(r"(?m)^\s*(error:|×|✗)", output)
    text = output[start.end() :] if start else output
    chained = re.sub(r"\n\s*(cause:|Caused by:|hint:|╰─▶|├─▶)", ": ", text)
    return " ".join(re.sub(r"[×✗╰─▶├│]", " ", chained).split()).replace(" : ", ": ").replace(".: ", ". ")
