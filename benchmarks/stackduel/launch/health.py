"""Waiting for a stack to answer, with a deadline and the reason when it does not."""

from __future__ import annotations

import time
from dataclasses import replace

from stackduel.launch.health_check import HealthAnswer, HealthCheck, health_of
from stackduel.launch.launcher import Started
from stackduel.launch.server_logs import failing_import, ports_in, telling_line, wrong_interface
from stackduel.model.errors import LaunchError
from stackduel.model.target import Elsewhere
from stackduel.verify.at_once import ask_at_once

POLL_S = 0.02
# A shorter try would only hide what the last one met.
LEAST_TRY_S = 0.1
# A log is asked for what is wrong once the server has been silent for so long: it may still be about to listen.
SILENT_S = 1.0
LOG_LINES = 60
ELSEWHERE_S = 1.0
MEND = "health names a path that answers 2xx once the server is ready; is the path of the request right?"


def wait_until_healthy(name: str, started: Started, check: HealthCheck) -> None:
    """Ask until the stack is ready; raises LaunchError when it has ended, cannot get ready, or takes too long."""
    began = time.monotonic()
    silence = _Silence(started, check)
    last = ""
    while (left_s := began + check.within_s - time.monotonic()) > (LEAST_TRY_S if last else 0.0):
        if reason := started.failure():
            raise _failure(f"{name}: {reason} before it was healthy", started)
        answer = _asked(started, check, left_s, silence)
        if answer.ready:
            return
        last = answer.why or last
        silence.note(answer)
        if reason := _hopeless(check, answer, silence):
            raise _failure(f"{name}: {reason}", started)
        time.sleep(POLL_S)
    told = last or "it never answered"
    raise _failure(f"{name}: not healthy within {check.within_s:g} s: {told} (start_s allows another time)", started)


def _asked(started: Started, check: HealthCheck, left_s: float, silence: _Silence) -> HealthAnswer:
    """Ask once, for all the time that is left, unless the server ends meanwhile or its log tells that it is in vain."""
    found = ask_at_once(
        [lambda wait: health_of(started.address, check, left_s, wait.called_off)],
        left_s,
        lambda: started.failure() or silence.told(),
    )
    return found[0] or HealthAnswer()


def _hopeless(check: HealthCheck, answer: HealthAnswer, silence: _Silence) -> str | None:
    """Return why waiting longer would be in vain; None while the server may still get ready."""
    if answer.permanent:
        return f"{answer.why}; {MEND}" if answer.answered else answer.why
    if answer.refused and check.refused_s is not None and silence.lasted_s >= check.refused_s:
        return f"{answer.why}: nothing listens there"
    return silence.misread() if answer.answered else silence.told()


class _Silence:
    """How long a server has given no right answer, and what its log tells of why it never will."""

    def __init__(self, started: Started, check: HealthCheck) -> None:
        self._started = started
        self._check = check
        self._since_s = self._looked_s = time.monotonic()
        self._told: str | None = None

    @property
    def lasted_s(self) -> float:
        """How long it has lasted."""
        return time.monotonic() - self._since_s

    def note(self, answer: HealthAnswer) -> None:
        """Take what the server answered."""
        if answer.answered:
            self._since_s = time.monotonic()

    def misread(self) -> str | None:
        """Return that the log tells of errors that no waiting mends, looked at once a second; None if it does not."""
        now_s = time.monotonic()
        if now_s - self._looked_s < SILENT_S:
            return None
        self._looked_s = now_s
        return wrong_interface(self._started.log_tail(LOG_LINES))

    def told(self) -> str | None:
        """Return what the log tells, looked at once a second; None while the server may still get ready."""
        now_s = time.monotonic()
        if self._told is None and now_s - max(self._looked_s, self._since_s) >= SILENT_S:
            log = self._started.log_tail(LOG_LINES)
            error = failing_import(log)
            again = f"its workers are started again and again: {error}" if error else None
            self._told = again or self._elsewhere(ports_in(log))
            self._looked_s = time.monotonic()
        return self._told

    def _elsewhere(self, ports: list[int]) -> str | None:
        """Return that the server is ready on another port, if its log names one.

        One that only shows how it is doing there is not ready there.
        """
        wanted = self._started.inner_address or self._started.address
        if wanted.port in ports or wanted.socket:
            return None
        for port in ports:
            if health_of(replace(wanted, port=port), self._check, ELSEWHERE_S).ready:
                return f"it listens on port {port}, as its log says, not on {wanted.port}, which {{port}} was"
        return None


def _failure(why: str, started: Started) -> LaunchError:
    log = started.log_tail()
    # The last lines are often those of workers that end, below the cause.
    telling = telling_line(started.log_tail(LOG_LINES))
    if telling is not None and telling not in why and not log.rstrip().endswith(telling):
        why = f"{why}; its log says: {telling}"
    is_known = log.strip() or isinstance(started.subject, Elsewhere)
    return LaunchError(why, log) if is_known else LaunchError(f"{why} (it wrote no log)")
