"""One evaluation that is hurt in a step: begun, listened to, hurt, waited for."""

import random
import subprocess
import threading
import time
from dataclasses import dataclass, field

from tests.faults.ground import Ground

# step: how its first line begins, and how long after that line it may be hurt
STEPS = {
    "start": ("start ", 2.5),
    "fetch": ("fetch ", 1.5),
    "provision": ("provision ", 3.0),
    "inputs": ("measure    looking", 0.5),
    "accuracy": ("measure    judging", 1.0),
    "timed": ("measure    timing 1", 2.5),
    "log": ("log ", 0.25),
    "render": ("render ", 0.3),
}
WORDS = ["+model=patchnet", "scenario=quick", "scenario.min_duration_s=2", "scenario.accuracy_samples=100"]
END_S = 240.0
CUT_END_S = 420.0  # where the network says nothing


@dataclass
class Run:
    """What one evaluation said and how it ended. ``code`` is None while it runs, and when it had to be killed."""

    ground: Ground
    step: str
    seed: int
    more: tuple[str, ...] = ()
    lines: list[str] = field(default_factory=list)
    code: int | None = None
    took_s: float = 0.0

    def begin(self) -> None:
        """Start it, and listen."""
        self.ground.forget(self.step)
        self.began = time.monotonic()
        self.process = self.ground.begin(
            "flows.evaluate", *WORDS, *self.more, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.changed = threading.Condition()
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def _listen(self) -> None:
        for line in self.process.stdout or ():
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.lines.append("")
            self.changed.notify_all()

    def reach(self) -> bool:
        """Wait for the step, and a moment of it; False when the run ended before."""
        word, most = STEPS[self.step]
        with self.changed:
            reached = self.changed.wait_for(lambda: self._said(word) or not self._alive(), END_S)
        time.sleep(random.Random(self.seed).uniform(0, most))
        return reached and self._said(word)

    def _said(self, word: str) -> bool:
        return any(line[10:].startswith(word) for line in self.lines)

    def _alive(self) -> bool:
        return not (self.lines and self.lines[-1] == "" and self.process.poll() is not None)

    def end(self) -> None:
        """Wait for its end; kill it when it does not come."""
        try:
            self.code = self.process.wait(CUT_END_S if self.ground.within else END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.took_s = time.monotonic() - self.began
        self.listener.join(10)

    @property
    def said(self) -> str:
        """All of it."""
        return "\n".join(self.lines)

    @property
    def last(self) -> str:
        """Its last sentence that is not the path of a report."""
        told = [line for line in self.lines if line.strip()]
        return told[-1].strip() if told else ""
