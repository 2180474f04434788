"""A small parent for one local server, so that the server never outlives the runner.

``python -E -P guard.py CORES COMMAND...`` pins itself, starts the command in a session of its own, prints the
command's process id, and takes the whole tree down as soon as its standard input closes: the runner holds the
other end, so a runner that crashes or is killed closes it too. It ends as the command did, with its exit status or by
its signal. It imports as little as it can, because every launch waits for it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from typing import NoReturn

GRACE_S = 5.0
MOST_OPEN_FILES = 262_144
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
SHARED_MEMORY = "/dev/shm"  # noqa: S108 - where Linux has it
# Of the guard's environment: a folder of the server's that nobody needs once it has ended.
REMOVED_AFTER = "STACKDUEL_REMOVED_AFTER"


def main(cores: str, argv: list[str]) -> NoReturn:
    """Guard ``argv`` until it ends or standard input closes; ``cores`` is "0,1" or empty."""
    folder = os.environ.pop(REMOVED_AFTER, None)
    _pin(cores)
    _allow_many_files()
    _linux_prctl(PR_SET_CHILD_SUBREAPER, 1)
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        # A terminal's Ctrl-C and a service manager's stop reach the runner, which then closes our input.
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    try:
        server = _start(argv)
    except OSError as error:
        print(f"cannot start {argv[0]}: {error.strerror}", file=sys.stderr, flush=True)
        os._exit(127)
    print(server.pid, flush=True)
    threading.Thread(target=_stop_at_end_of_input, args=(server,), daemon=True).start()
    status = server.wait()
    _kill_what_is_left(server)
    _remove_shared_memory(server.pid)
    _remove_folder(folder)
    _end_like(status)


def _end_like(status: int) -> NoReturn:
    """End with the server's exit status, or by the signal that ended it, so that the runner can name it."""
    if status < 0:
        _leave_no_core()
        with contextlib.suppress(OSError, ValueError):  # SIGKILL has no handler to reset
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status & 0xFF)


def _leave_no_core() -> None:
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415 - not on Windows, and only needed here

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _pin(cores: str) -> None:
    wanted = {int(core) for core in cores.split(",") if core}
    if wanted and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, wanted)


def _allow_many_files() -> None:
    """Raise the limit of open files as far as allowed, for a server's connections (``process.open_files``)."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415 - not on Windows

        now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = MOST_OPEN_FILES if most == resource.RLIM_INFINITY else min(most, MOST_OPEN_FILES)
        if now != resource.RLIM_INFINITY and now < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _start(argv: list[str]) -> subprocess.Popen[bytes]:
    if sys.platform == "win32":
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            creationflags=subprocess.CREATE_NEW_PROCESS_GROUP,
        )
    return subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        start_new_session=True,
        # Safe here: no thread exists yet. The last resort, should the guard itself be killed.
        preexec_fn=_before_exec,
    )


def _before_exec() -> None:
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    _linux_prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _linux_prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - only Linux pays for it

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _stop_at_end_of_input(server: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    if sys.platform == "win32":
        server.terminate()
    else:
        _signal_group(server.pid, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_S
    while time.monotonic() < deadline and server.poll() is None:
        time.sleep(0.02)  # the main thread reaps; this one only watches the clock
    _kill_what_is_left(server)


def _kill_what_is_left(server: subprocess.Popen[bytes]) -> None:
    if sys.platform != "win32":
        _signal_group(server.pid, signal.SIGKILL)
    try:
        import psutil  # noqa: PLC0415 - only needed when something may be left
    except ImportError:
        return
    # Descendants that left the group are still ours: Linux gives orphans to this subreaper.
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            process.kill()


def _remove_shared_memory(pid: int) -> None:
    """Remove what a server left there, named after itself: segments of Triton's, and the folder of its metrics.

    See ``stackduel_servers.triton.leftovers`` and ``stackduel_servers.metrics_folder``.
    """
    with contextlib.suppress(OSError):
        for name in os.listdir(SHARED_MEMORY):  # noqa: PTH208 - pathlib is slow to import
            path = f"{SHARED_MEMORY}/{name}"
            if not name.startswith(f"stackduel-{pid}-"):
                continue
            if os.path.isdir(path) and not os.path.islink(path):  # noqa: PTH112, PTH114
                import shutil  # noqa: PLC0415 - only needed where a server had metrics

                shutil.rmtree(path, ignore_errors=True)
            else:
                os.unlink(path)  # noqa: PTH108


def _remove_folder(folder: str | None) -> None:
    if folder:
        import shutil  # noqa: PLC0415 - only needed where a server has such a folder

        shutil.rmtree(folder, ignore_errors=True)


def _signal_group(group: int, number: int) -> None:
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
