"""`python -m tests.benchmarks.newcomer`: what a stranger lives through, from a fresh clone → reports/newcomer.md.

A clone of the last commit in a new folder, with a home folder of its own (no caches), a Python, and make. Measures the
first report, the second, a typo, hardware that is missing, a run with the network blocked, and the built model's hash.
"""

import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tasks import ROOT

OFFLINE = ["unshare", "--net", "sh", "-c", 'ip link set lo up 2>/dev/null || ifconfig lo up; exec "$@"', "sh"]


class Newcomer:
    """Somebody's fresh clone."""

    def __init__(self, place: Path) -> None:
        self.clone, self.rows = place / "touchstone", list[tuple[str, str]]()
        kept = {
            k: v for k, v in os.environ.items() if k.startswith(("PIP_", "SSL_", "LANG", "UV_INDEX", "UV_EXTRA", "TMP"))
        }
        self.env = {**kept, "HOME": str(place / "home"), "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
        (place / "home").mkdir()
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(self.clone)], check=True)

    def run(self, *command: str, expect: int = 0) -> tuple[float, str, str]:
        """Seconds, standard output, and standard error of a command in the clone."""
        begin = time.monotonic()
        done = subprocess.run(command, cwd=self.clone, env=self.env, capture_output=True, text=True, check=False)
        seconds = time.monotonic() - begin
        if done.returncode != expect:
            sys.exit(f"{' '.join(command)} ended with {done.returncode}, not {expect}:\n{done.stdout}\n{done.stderr}")
        return seconds, done.stdout, done.stderr

    def end(self) -> None:
        """End the services that the clone keeps up."""
        command = [str(self.clone / ".venv" / "bin" / "python"), "-m", "flows.services", "down", "now"]
        subprocess.run(command, cwd=self.clone, env=self.env, capture_output=True, check=False)

    def tell(self, what: str, found: str) -> None:
        """A row of the table."""
        self.rows.append((what, found))
        print(f"{what}: {found}", flush=True)

    def steps(self, out: str) -> str:
        """`steps_s` of the run whose summary is the last line."""
        summary = json.loads((self.clone / out.strip().splitlines()[-1]).read_text())
        return ", ".join(f"{name} {seconds:.1f}" for name, seconds in summary["steps_s"].items())


def main() -> None:
    """Measure, and write the table."""
    place = Path(tempfile.mkdtemp(prefix="touchstone-newcomer-"))
    new = Newcomer(place)
    try:
        _live(new)
    finally:
        new.end()
        shutil.rmtree(place, ignore_errors=True)
    lines = ["# A newcomer's first hour", "", f"`python -m tests.benchmarks.newcomer`, {os.cpu_count()} cores.", ""]
    lines += ["| what | found |", "|---|---|", *(f"| {what} | {found} |" for what, found in new.rows)]
    (ROOT / "reports" / "newcomer.md").write_text("\n".join(lines) + "\n")


def _live(new: Newcomer) -> None:
    python = str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}")
    make = ["make", f"PYTHON={python}"]
    seconds, out, _ = new.run(*make, "evaluate")
    new.tell("`make evaluate`, everything downloaded and built", f"{seconds / 60:.1f} min to the first report")
    new.tell("its `steps_s`", new.steps(out))
    seconds, out, _ = new.run(*make, "evaluate")
    new.tell("`make evaluate` again", f"{seconds:.0f} s; {new.steps(out)}")
    flow = [str(new.clone / ".venv" / "bin" / "python"), "-m", "flows.evaluate"]
    seconds, out, _ = new.run(*flow, "+model=patchnet", "scenario=quick")
    new.tell("`+model=patchnet scenario=quick`, services up", f"{seconds:.0f} s; {new.steps(out)}")
    typos = [new.run(*flow, "+model=resnet51", expect=2) for _ in range(5)]
    new.tell("a typo", f"{statistics.median(t[0] for t in typos):.2f} s (median of 5): {typos[0][2].strip()}")
    seconds, _, err = new.run(*flow, "+model=resnet50", "hw=v100", expect=3)
    new.tell("`hw=v100` without such a GPU", f"{seconds:.2f} s: {err.strip()}")
    seconds, out, _ = new.run(*flow, "+model=patchnet", "scenario=quick", "services=ephemeral")
    new.tell("the same, `services=ephemeral`", f"{seconds:.0f} s; {new.steps(out)}")
    seconds, _, _ = new.run(*OFFLINE, *flow, "+model=patchnet", "scenario=quick", "services=ephemeral")
    new.tell("the same with the network blocked", f"{seconds:.0f} s, exit code 0")
    _rebuild(new)


def _rebuild(new: Newcomer) -> None:
    model = new.clone / "artifacts" / "models" / "resnet50.onnx"
    hashes = {hashlib.sha256(model.read_bytes()).hexdigest()}
    for threads in ("1", "2"):
        model.unlink()
        shutil.rmtree(new.clone / ".dvc" / "cache", ignore_errors=True)
        new.env |= {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        flow = [str(new.clone / ".venv" / "bin" / "python"), "-m", "flows.evaluate"]
        new.run(*flow, "+model=resnet50", "scenario=quick", "scenario.accuracy_samples=10")
        hashes.add(hashlib.sha256(model.read_bytes()).hexdigest())
    hashes.add(hashlib.sha256((ROOT / "artifacts" / "models" / "resnet50.onnx").read_bytes()).hexdigest())
    new.tell(
        "`resnet50.onnx` in two clones and with 1 and 2 threads", f"{len(hashes)} hash: {' '.join(sorted(hashes))}"
    )


if __name__ == "__main__":
    main()
