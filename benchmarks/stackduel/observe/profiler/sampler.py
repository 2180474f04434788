"""The interface of every sampler: it samples a running server while its block lasts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

from stackduel.model.errors import LaunchError
from stackduel.model.profile_settings import ProfileSettings

# A busy machine attaches within seconds: py-spy reads the symbols of every process.
ATTACHED_WITHIN_S = 60.0
ENDED_WITHIN_S = 60.0
# What a window of an hour makes is far below.
MOST_RECORDED_BYTES = 512 * 1024 * 1024
SAMPLING = "Sampling process"


class SamplerError(LaunchError):
    """The profiler could not attach to the server, or recorded nothing; the message says why, and a remedy."""


class Sampler(Protocol):
    """Samples a server from the beginning of its block until ``stop``, or to the block's end."""

    def __enter__(self) -> Self:
        """Attach, and return when it samples; raises SamplerError."""

    def __exit__(self, *_exc: object) -> None:
        """End it, if it has not ended, and leave nothing."""

    def stop(self) -> None:
        """Ask it to end; does not wait."""

    @property
    def said(self) -> str:
        """The messages of py-spy beside its recording, as far as they were read."""

    def recording(self) -> bytes:
        """Wait until it has ended and return the recording; raises SamplerError if there is none."""


@dataclass(frozen=True, slots=True)
class PySpyCommand:
    """The command line of py-spy, and what its complaints mean."""

    settings: ProfileSettings

    def arguments(self, pid: int, output: str) -> list[str]:
        """Return the arguments after ``py-spy`` that record a process and its children until it is interrupted."""
        options = ["--subprocesses", "--function", "--full-filenames", "--rate", str(self.settings.rate_hz)]
        options += ["--gil"] if self.settings.gil else []
        return ["record", "--pid", str(pid), "--format", "speedscope", "--output", output, *options]


def explained(text: str, remedy: str, *, permitted: bool = True) -> SamplerError:
    """Return the error for what py-spy wrote before it ended; ``remedy`` says how it may attach.

    Where it is not ``permitted`` to look into processes, py-spy says that it finds no Python among them.
    """
    if permitted and ("No python processes found" in text or "Failed to find python version" in text):
        return SamplerError(
            "no Python process is there to profile: py-spy reads servers that run on CPython, such as Gunicorn, "
            "Uvicorn or Granian"
        )
    lowered = text.lower()
    if not permitted or "permission denied" in lowered or "operation not permitted" in lowered or "as root" in lowered:
        return SamplerError("py-spy may not look into the server's processes", hint=remedy)
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("   ")]
    return SamplerError("py-spy: " + (lines[0].removeprefix("Error: ") if lines else "ended without a word"))


def behind(text: str) -> str | None:
    """Return a note if py-spy could not keep up with its own rate."""
    if "behind in sampling" not in text:
        return None
    return "py-spy could not keep up with its rate, because its core was busy: samples are missing, and not evenly."
