"""A draft of a stacks file held against the application itself: it is started once, and each route is asked."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from stackduel.application.stacks_draft import DraftRequest, StacksDraft, with_most
from stackduel.application.stacks_text import STACK, StacksPlace, stacks_text
from stackduel.launch.launcher import Started
from stackduel.launch.server_logs import telling_line
from stackduel.model.errors import LaunchError
from stackduel.model.run_options import RunOptions
from stackduel.model.suite import Workload
from stackduel.planning.planner import plan_run
from stackduel.planning.stacks_file import OwnFile, parse_own_file
from stackduel.planning.toml_file import parse_toml
from stackduel.process.interrupts import as_keyboard_interrupt, go_on_interrupting
from stackduel.report.terminal.page import message
from stackduel.report.terminal.waiting import waiting
from stackduel.runner.launchers import launcher_for
from stackduel.storage.redaction import Redaction
from stackduel.storage.run_document import redaction_for
from stackduel.verify.first_answer import MOST_SHOWN, FirstAnswer, first_answer
from stackduel.verify.verification import Answers

LONGEST_START_S = 30.0
LEAST_S = 1.0
LOG_LINES = 60
LOGGED_WITHIN_S, LOG_POLL_S = 0.5, 0.02
SERVER_ERROR = 500
LOGIN_NEEDED = frozenset({401, 403})
# As often as a request that proves wrong gives its place to another one.
MOST_ROUNDS = 5
TIME_IS_OVER = "not asked, as the time was over"


@dataclass(frozen=True, slots=True)
class CheckLimits:
    """How many requests are to be measured at most, how long an answer may take, and when (monotonic) all must end."""

    most: int
    timeout_s: float
    until_s: float

    @property
    def left_s(self) -> float:
        """How long there is left."""
        return max(0.0, self.until_s - time.monotonic())


@dataclass(frozen=True, slots=True)
class CheckedDraft:
    """The draft as the application answered it, what each request answered, by name, and what else is to be known.

    ``problem`` says why it could not be started, and is empty if it could: nothing was asked then.
    """

    draft: StacksDraft
    answers: Mapping[str, FirstAnswer]
    notes: tuple[str, ...] = ()
    problem: str = ""


def own_file_of(draft: StacksDraft, place: StacksPlace, environ: Mapping[str, str] = os.environ) -> OwnFile:
    """Return the content of a draft's file, read as every command reads it; raises FieldError."""
    where = place.path.name
    return parse_own_file(where, parse_toml(where, stacks_text(draft, place)), place.folder, environ)


def check_draft(draft: StacksDraft, place: StacksPlace, limits: CheckLimits, err: Console) -> CheckedDraft:
    """Start the application by its command, ask each route, and return the draft with what does not answer turned off.

    Raises FieldError if the file cannot be read.
    """
    options = RunOptions(stacks_file=str(place.path), stacks=(STACK,), blocks=1, timeout_s=limits.timeout_s)
    plan = plan_run(options, 0, own=own_file_of(draft, place))
    redaction = redaction_for(plan.secrets, plan.suite, plan.stacks)
    # Any answer shows that it runs: which of them are right is seen below.
    stack = replace(plan.stacks[STACK], fallback=None, start_s=_start_s(limits))
    with (
        as_keyboard_interrupt(),
        tempfile.TemporaryDirectory(prefix="stackduel-") as folder,
        waiting(err, "Starting it") as tell,
        launcher_for(plan, "init", Path(folder), lambda text: message(err, text)) as launcher,
    ):
        try:
            with launcher.start(stack) as started:
                return Questions(place, limits, redaction, started, tell).checked(draft)
        except LaunchError as error:
            go_on_interrupting(error)
            kept = draft.with_requests(with_most(draft.requests, limits.most))
            return CheckedDraft(kept, {}, problem=str(error))


def _start_s(limits: CheckLimits) -> float:
    return max(LEAST_S, min(LONGEST_START_S, limits.left_s))


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions to a started application, and what its answers make of a draft."""

    place: StacksPlace
    limits: CheckLimits
    redaction: Redaction
    started: Started
    tell: Callable[[str], None]

    def checked(self, draft: StacksDraft) -> CheckedDraft:
        """Ask all that can be asked, then those that are to be measured as a verification does."""
        answers = self._answers(draft)
        requests = [_answered(each, answers[each.name]) if each.name in answers else each for each in draft.requests]
        requests, notes = self._verified(draft, requests)
        return CheckedDraft(draft.with_requests(with_most(requests, self.limits.most)), answers, notes)

    def _answers(self, draft: StacksDraft) -> dict[str, FirstAnswer]:
        """Return what each request answers, asked one after another.

        One that is answered late may keep the only worker busy: those behind it that were not answered are asked again.
        """
        workloads = own_file_of(draft, self.place).requests
        answers: dict[str, FirstAnswer] = {}
        behind: list[str] = []
        before: FirstAnswer | None = None
        for number, (name, workload) in enumerate(workloads.items(), 1):
            self.tell(f"Asking {number} of {len(workloads)}: {workload.label}")
            answer = answers[name] = self._answer(workload)
            if answer.timed_out and before is not None and before.timed_out:
                behind.append(name)
            before = answer
        for name in behind:
            self.tell(f"Asking again: {workloads[name].label}")
            answers[name] = self._answer(workloads[name])
        return answers

    def _answer(self, workload: Workload) -> FirstAnswer:
        if reason := self.started.failure():
            return FirstAnswer(None, f"not asked, as the server has ended: {reason}")
        timeout_s = min(self.limits.timeout_s, self.limits.left_s)
        if timeout_s < LEAST_S:
            return FirstAnswer(None, TIME_IS_OVER)
        log = self.started.log_tail(LOG_LINES)
        answer = first_answer(self.started.address, workload, timeout_s, self.redaction)
        # The line of its log says more than the page that users get.
        why = self._logged_since(log) if (answer.status or 0) >= SERVER_ERROR else None
        return replace(answer, said=self.redaction.start(why, MOST_SHOWN)) if why else answer

    def _logged_since(self, log: str) -> str | None:
        """Return the telling line of what the server logged since; None if it logs none within a moment.

        The log may come after the answer: it takes another way, through a pipe.
        """
        until_s = time.monotonic() + LOGGED_WITHIN_S
        while True:
            later = self.started.log_tail(LOG_LINES)
            why = telling_line(later) if later != log else None
            if why is not None or time.monotonic() >= until_s:
                return why
            time.sleep(LOG_POLL_S)

    def _verified(self, draft: StacksDraft, requests: list[DraftRequest]) -> tuple[list[DraftRequest], tuple[str, ...]]:
        """Hold what is to be measured to the rules of a verification; return the requests, and notes on them."""
        self.tell("Asking again what is to be measured")
        answers = Answers(self.limits.timeout_s, redaction=self.redaction)
        for _ in range(MOST_ROUNDS):
            chosen = draft.with_requests(with_most(requests, self.limits.most))
            if not chosen.asked:
                break
            workloads = own_file_of(chosen, self.place).requests
            wrong = dict(answers.wrong_answers(STACK, self.started.address, workloads.values(), server=self._watched))
            if not wrong or not self.limits.left_s:
                break
            sentences = {name: wrong[each] for name, each in workloads.items() if each in wrong}
            requests = [
                replace(each, off=_after_label(sentences[each.name], each)) if each.name in sentences else each
                for each in requests
            ]
        return requests, self.redaction.words(answers.take_notes())

    @property
    def _watched(self) -> _UntilOver:
        return _UntilOver(self.started, self.limits)


@dataclass(frozen=True, slots=True)
class _UntilOver:
    """A started server that counts as ended once the time is over, so that nobody waits for it any longer."""

    started: Started
    limits: CheckLimits

    def failure(self) -> str | None:
        """Return why it ended, or that the time is over."""
        return self.started.failure() or (None if self.limits.left_s else TIME_IS_OVER)

    def log_tail(self, lines: int = 20) -> str:
        """Return the last lines that it wrote."""
        return self.started.log_tail(lines)


def _answered(request: DraftRequest, answer: FirstAnswer) -> DraftRequest:
    """Return the request with the status that it answers; as a comment with the reason if that is an error."""
    said = f" ({answer.said})" if answer.said else ""
    if answer.status is None:
        mend = ", which --timeout changes" if answer.timed_out else ""
        return replace(request, off=f"{answer.said}{mend}")
    if not answer.is_right:
        mend = "; a [[setup]], as above, can log in" if answer.status in LOGIN_NEEDED else ""
        return replace(request, off=f"answers {answer.status}{said}{mend}")
    size = f"{answer.size:,} byte{'' if answer.size == 1 else 's'}"
    kind = f", {answer.media_type}, {size}" if answer.media_type else ""
    return replace(request, status=answer.status, note=f"answers {answer.status}{said or kind}")


def _after_label(sentence: str, request: DraftRequest) -> str:
    """Return a sentence on an answer without the request, beside which it stands."""
    return sentence.removeprefix(request.label).lstrip(": ").splitlines()[0]
