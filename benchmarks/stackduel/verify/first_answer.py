"""The answer to a request the first time that it is sent, whatever that is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stackduel.model.measurement import Outcome
from stackduel.model.suite import Workload
from stackduel.model.target import Address
from stackduel.storage.redaction import Redaction
from stackduel.verify.exchange import ExchangeError, ask
from stackduel.verify.stack_answer import decoded

# Of an answer, in a sentence.
MOST_SHOWN = 100
LEAST_WRONG = 400
TITLE = re.compile(rb"(?is)<title[^>]*>(.*?)</title>")


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """An answer: its status, None for want of a whole one, and what ``said`` an error, or where a redirect leads."""

    status: int | None
    said: str = ""
    media_type: str = ""
    size: int = 0
    timed_out: bool = False

    @property
    def is_right(self) -> bool:
        """Whether it is no error."""
        return self.status is not None and self.status < LEAST_WRONG


def first_answer(address: Address, workload: Workload, timeout_s: float, redaction: Redaction) -> FirstAnswer:
    """Send a request once and return what it answers, without secrets."""
    try:
        reply = ask(address, workload, timeout_s=timeout_s)
    except ExchangeError as error:
        timed_out = error.outcome is Outcome.TIMEOUT
        said = f"no whole answer within {timeout_s:.2g} s" if timed_out else str(error).partition(": ")[2]
        return FirstAnswer(None, redaction.start(said, MOST_SHOWN), timed_out=timed_out)
    body = decoded(reply)
    said = ""
    if reply.status >= LEAST_WRONG:
        title = TITLE.search(body)
        said = " ".join((title[1] if title else body[: 4 * MOST_SHOWN]).decode(errors="replace").split())
        said = said.removeprefix(f"{reply.status} ")
    elif reply.status >= 300:
        said = f"to {reply.header('location')}" if reply.header("location") else ""
    media_type = reply.media_type.partition(";")[0].strip()
    return FirstAnswer(reply.status, redaction.start(said, MOST_SHOWN), media_type, len(reply.body))
