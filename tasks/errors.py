"""Every mistake that is answered with one sentence and an exit code, never with a traceback.

TouchstoneError                1  the evaluation failed
├── MachineFault               1  the machine failed, not the model: worth one more try
├── Refused                    2  bad input: the value, and the way out
│   ├── ArtifactMismatch       2  bytes are not what the manifest promises
│   └── BuildFailed            2  a software environment cannot be built as asked
├── HardwareMissing            3  asked for and offered
└── Interrupted              130  Ctrl-C
"""


class TouchstoneError(Exception):
    """An evaluation that failed; the message is a sentence for its user."""

    exit_code = 1


class Refused(TouchstoneError):
    """Bad input. The message holds the value and the way out."""

    exit_code = 2


class ArtifactMismatch(Refused):
    """The bytes of a model or data set are not the ones that its manifest names."""


class BuildFailed(Refused):
    """A software environment cannot be provisioned as specified."""


class MachineFault(TouchstoneError):
    """The machine was the cause (a worker lost, a process killed from outside), not the model."""


class HardwareMissing(TouchstoneError):
    """The hardware asked for is not there."""

    exit_code = 3


class Interrupted(TouchstoneError):
    """The user pressed Ctrl-C."""

    exit_code = 130
