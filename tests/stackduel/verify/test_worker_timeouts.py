"""Workers that were killed for their timeout, as a server's log names them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from stackduel.model.suite import Workload
from stackduel.verify.verification import Answers, VerifyError
from stackduel.verify.worker_timeouts import killed_workers, why_cut
from tests.conftest import serving

LOG = """[2026-01-02 03:04:05 +0000] [7] [INFO] Booting worker with pid: 21
[2026-01-02 03:04:35 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:21)
[2026-01-02 03:04:35 +0000] [21] [ERROR] Error handling request /chat
[2026-01-02 03:05:05 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:22)
[2026-01-02 03:05:06 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:22)
"""


@dataclass(frozen=True)
class Logged:
    """A server that runs, and has written this."""

    log: str

    def failure(self) -> None:
        return None

    def log_tail(self, lines: int = 20) -> str:
        return "\n".join(self.log.splitlines()[-lines:])


def test_each_worker_is_named_once() -> None:
    """Gunicorn repeats the line until the worker is gone."""
    assert killed_workers(Logged(LOG)) == {"21", "22"}
    assert killed_workers(Logged("[INFO] all is well\n")) == frozenset()
    assert why_cut(Logged("")) is None


def test_a_wrong_answer_after_a_timeout_names_it() -> None:
    """The fault is said first, and then what it comes from."""
    with serving(lambda _request: (500, b"")) as address, pytest.raises(VerifyError) as raised:
        Answers(timeout_s=5).verify("mine", address, [Workload("/chat")], server=Logged(LOG))
    first, second = str(raised.value).splitlines()
    assert "answered 500" in first
    assert second.startswith("mine: Gunicorn killed 2 workers of it while it was asked (WORKER TIMEOUT in its log)")
