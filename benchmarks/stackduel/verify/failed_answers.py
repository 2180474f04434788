"""Where an answer under load first differs from the one that was verified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from stackduel.inference.answer_formats import NumbersError, read
from stackduel.inference.output_comparison import first_difference
from stackduel.load.content.content import read_content
from stackduel.load.content.decoding import DecodingError
from stackduel.load.content.differences import differences
from stackduel.load.content.place_rules import rules_for
from stackduel.load.job import Call
from stackduel.model.expected_content import ExpectedContent
from stackduel.model.measurement import Expectation, FailedAnswer, Measurement
from stackduel.model.model_output import Numbers
from stackduel.storage.redaction import Redaction
from stackduel.verify.agreement import advice_on
from stackduel.verify.difference_sentences import Wording

THEN = "when it was verified"


def with_difference(measurement: Measurement, calls: Sequence[Call], redaction: Redaction) -> Measurement:
    """Return a measurement whose sample of a wrong body tells where it differs from the verified one."""
    answer = measurement.failed_answer
    if answer is None or answer.difference or answer.status != calls[answer.call].expectation.status:
        return measurement
    told = _told(answer.beginning, calls[answer.call].expectation, Wording(redaction))
    return replace(measurement, failed_answer=replace(answer, difference=told))


def sample_of(measurement: Measurement, redaction: Redaction) -> str | None:
    """Return a wrong answer of a measurement in words: its status, its first difference, its beginning.

    None where no request failed, or where no complete answer came to any that did.
    """
    answer = measurement.failed_answer
    if answer is None or not measurement.failed:
        return None
    if answer.difference and not answer.beginning:
        # A stream's fault may have the server's own words in it.
        return f"status {answer.status}, {Wording(redaction).header(answer.difference)}"
    body = Wording(redaction).beginning(answer.beginning) if answer.beginning else "an empty body"
    told = f"{answer.difference}: " if answer.difference else ""
    return f"status {answer.status}, {told}{body}"


def _told(found: bytes, expectation: Expectation, wording: Wording) -> str:
    """Return the first difference; empty where none is seen in what was kept of the body."""
    told, right = "", expectation.body or b""
    if expectation.numbers is not None:
        told = _in_numbers(found, expectation.numbers)
    elif expectation.content is not None:
        told = _in_content(found, right, expectation.content, wording)
    if told:
        return told
    if len(found) >= FailedAnswer.MOST_BYTES:
        if expectation.content is not None:
            # Its end is missing, so it cannot be read, and another byte need not be another value.
            return f"a body of more than {FailedAnswer.MOST_BYTES // 1024} KiB, in which no place is looked for"
        # A secret that was cut with the rest is no longer known by its whole: what stands near the cut is not shown.
        shown = found[: -2 * wording.reach]
        return "" if right.startswith(shown) else f"{wording.in_bytes(found, right, 'it')} {THEN}"
    return "" if right.startswith(found) else f"{wording.in_bytes(found, right, 'it')} {THEN}"


def _in_numbers(found: bytes, right: Numbers) -> str:
    try:
        difference = first_difference(read(found, right.form), right.values(), right.tolerance)
    except NumbersError:
        return ""
    return f"other numbers than {THEN}: {difference}" if difference else ""


def _in_content(found: bytes, right: bytes, expected: ExpectedContent, wording: Wording) -> str:
    try:
        mine, theirs = (read_content(body, expected.encoding, expected.media_type) for body in (found, right))
    except DecodingError:
        return ""
    if mine.kind != theirs.kind:
        return ""
    first = next(differences(mine.value, theirs.value, rules_for(expected)), None)
    return f"{wording.difference([first], mine.kind, 'it')} {THEN} ({advice_on(first, mine)})" if first else ""
