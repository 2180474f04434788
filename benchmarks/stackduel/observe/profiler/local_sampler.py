"""py-spy as a process of this machine, attached to a local server's process tree."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import threading
from pathlib import Path
from typing import Self

from stackduel.model.errors import FieldError
from stackduel.observe.profiler.permission import may_look
from stackduel.observe.profiler.sampler import (
    ATTACHED_WITHIN_S,
    ENDED_WITHIN_S,
    MOST_RECORDED_BYTES,
    SAMPLING,
    PySpyCommand,
    SamplerError,
    explained,
)

EXTRA = "stackduel[profile]"
INSTALL = f"pip install '{EXTRA}' (in a checkout: pip install -e '.[profile]')"
REMEDY = {
    "linux": (
        "Linux lets only root look into processes that are not one's own children while kernel.yama.ptrace_scope is "
        "1 or 2: sudo sysctl kernel.yama.ptrace_scope=0 allows it until the next start, or --launcher docker needs no "
        "right of yours."
    ),
    "darwin": "macOS lets only root look into processes: start stackduel with sudo, or take --launcher docker.",
}


def py_spy() -> str:
    """Return the path of py-spy: that of this environment, else the one on PATH; raises FieldError without any."""
    here = Path(sysconfig.get_path("scripts")) / ("py-spy.exe" if sys.platform == "win32" else "py-spy")
    found = str(here) if here.is_file() else shutil.which("py-spy")
    if found is None:
        raise FieldError(f"profile: py-spy is not installed; it is in the extra profile: {INSTALL}")
    return found


class LocalSampler:
    """Samples a process and its children; runs on the cores of this process."""

    def __init__(self, pid: int, command: PySpyCommand) -> None:
        self._pid = pid
        self._command = command
        self._said: list[str] = []
        self._attached = threading.Event()
        self._left = contextlib.ExitStack()

    def __enter__(self) -> Self:
        program = py_spy()
        with contextlib.ExitStack() as left:
            folder = Path(left.enter_context(tempfile.TemporaryDirectory(prefix="stackduel-profile-")))
            self._file = folder / "recording.json"
            self._process = subprocess.Popen(
                [program, *self._command.arguments(self._pid, str(self._file))],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                # A terminal's Ctrl-C reaches the runner alone, which ends it when it has saved what there is.
                start_new_session=sys.platform != "win32",
            )
            left.callback(self._end)
            self._listener = threading.Thread(target=self._listen, daemon=True)
            self._listener.start()
            if not self._attached.wait(ATTACHED_WITHIN_S):
                raise SamplerError(f"py-spy did not attach within {ATTACHED_WITHIN_S:g} s")
            if self._process.poll() is not None or not self._samples:
                self._listener.join(ENDED_WITHIN_S)
                raise explained(self.said, REMEDY.get(sys.platform, ""), permitted=may_look())
            self._left = left.pop_all()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._left.close()

    @property
    def said(self) -> str:
        """The messages of py-spy so far."""
        return "\n".join(self._said)

    def stop(self) -> None:
        """Ask py-spy to end and to write what it has."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGINT)

    def recording(self) -> bytes:
        """Return the recording once py-spy has ended; raises SamplerError if it wrote none."""
        self.stop()
        try:
            self._process.wait(ENDED_WITHIN_S)
        except subprocess.TimeoutExpired:
            raise SamplerError(f"py-spy did not end within {ENDED_WITHIN_S:g} s") from None
        self._listener.join(ENDED_WITHIN_S)
        if not self._file.is_file():
            raise explained(self.said, REMEDY.get(sys.platform, ""), permitted=may_look())
        if self._file.stat().st_size > MOST_RECORDED_BYTES:
            raise SamplerError(f"the recording is larger than {MOST_RECORDED_BYTES >> 20} MiB: sample for less long")
        return self._file.read_bytes()

    @property
    def _samples(self) -> bool:
        return any(SAMPLING in line for line in self._said)

    def _listen(self) -> None:
        if self._process.stdout is None:
            return
        with self._process.stdout as pipe:
            for line in pipe:
                if len(self._said) < 1000:
                    self._said.append(line.decode(errors="replace").rstrip())
                if self._samples:
                    self._attached.set()
        self._attached.set()

    def _end(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._listener.join(ENDED_WITHIN_S)
