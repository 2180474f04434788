"""py-spy beside processes of this machine, and what its complaints mean."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stackduel.model.profile_settings import ProfileSettings
from stackduel.model.target import Elsewhere, ProcessTree
from stackduel.observe.profiler.cpu_modes import cpu_modes
from stackduel.observe.profiler.local_sampler import LocalSampler, py_spy
from stackduel.observe.profiler.permission import may_look
from stackduel.observe.profiler.sampler import PySpyCommand, SamplerError, behind, explained
from tests.conftest import unavailable
from tests.until import until


@contextmanager
def running(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is gone afterwards."""
    process = subprocess.Popen(words)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_the_command_samples_all_workers_until_it_is_interrupted() -> None:
    """Subprocesses too, without a duration; the global lock is looked at only where that was chosen."""
    plain = PySpyCommand(ProfileSettings()).arguments(7, "out")
    assert plain[:3] == ["record", "--pid", "7"]
    assert {"--subprocesses", "--full-filenames"} <= set(plain)
    assert not {"--duration", "--gil"} & set(plain)
    assert "--gil" in PySpyCommand(ProfileSettings(gil=True)).arguments(7, "out")


@pytest.mark.skipif(sys.platform == "win32", reason="sleep")
def test_a_process_that_is_no_python_is_an_error() -> None:
    """The sentence says what can be profiled."""
    try:
        py_spy()
    except ValueError as error:
        unavailable("profile", str(error))
    with (
        running("sleep", "600") as process,
        pytest.raises(SamplerError, match="no Python process is there"),
        LocalSampler(process.pid, PySpyCommand(ProfileSettings())),
    ):
        pass


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Error: No python processes found in process 5 or any of its subprocesses\n\nStack", "no Python process"),
        ("Permission Denied: Try running again with elevated permissions by going 'sudo env'", "may not look into"),
        ("This program requires root on OSX.\nTry running again with elevated permissions as root", "may not look"),
        ("Error: Operation not permitted (os error 1)", "may not look into"),
        ("Error: something else\n\nStack backtrace:\n   0: x", "py-spy: something else"),
        ("", "py-spy: ended without a word"),
    ],
)
def test_a_complaint_is_a_sentence_with_a_remedy(text: str, message: str) -> None:
    """Nobody reads a backtrace; what helps comes with what is forbidden alone."""
    error = explained(text, "the remedy")
    assert message in error.why
    assert ("the remedy" in str(error)) == ("may not look" in message)


@pytest.mark.parametrize(
    ("scope", "capabilities", "may"),
    [
        ("0", "0000000000000000", True),
        ("1", "0000000000000000", False),
        ("1", "0000000000080000", True),
        ("2", "000001ffffffffff", True),
        ("3", "000001ffffffffff", False),
        (None, "0000000000000000", True),
    ],
)
def test_who_may_look_into_processes_is_known(scope: str | None, capabilities: str, may: bool, tmp_path: Path) -> None:
    """Yama's four levels, with and without the capability, and a kernel without Yama."""
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "status").write_text(f"Name:\tx\nCapEff:\t{capabilities}\n")
    if scope is not None:
        (tmp_path / "sys/kernel/yama").mkdir(parents=True)
        (tmp_path / "sys/kernel/yama/ptrace_scope").write_text(f"{scope}\n")
    assert may_look(tmp_path, "linux") is may


def test_who_may_not_look_is_not_told_that_there_is_no_python() -> None:
    """py-spy finds no Python where it may not look: the remedy is another one."""
    error = explained("Error: No python processes found in process 5", "the remedy", permitted=False)
    assert "may not look into" in error.why
    assert "the remedy" in str(error)


def test_samples_that_are_missing_are_said() -> None:
    """py-spy warns on its output alone; what it says otherwise is no note."""
    assert behind("py-spy> 1.31s behind in sampling, results may be inaccurate. Try reducing the sampling rate")
    assert behind("py-spy> Sampling process 100 times a second. Press Control-C to exit.") is None


def test_cpu_time_is_told_apart_by_mode() -> None:
    """A process that computes uses its own time, and hardly the kernel's; what runs elsewhere has none."""
    with running(sys.executable, "-c", "while True: pass") as process:

        def used_s() -> float:
            modes = cpu_modes(ProcessTree(process.pid))
            assert modes is not None
            return modes.user_s

        assert until(lambda: used_s() > 0.3)
        modes = cpu_modes(ProcessTree(process.pid))
    assert modes is not None
    assert modes.user_s > modes.system_s
    assert cpu_modes(Elsewhere()) is None
