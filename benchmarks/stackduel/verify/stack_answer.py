"""A stack's answer to a workload, read as far as it is compared."""

from __future__ import annotations

from dataclasses import dataclass

from stackduel.inference.answer_formats import NumbersError, read
from stackduel.inference.translation import Translation
from stackduel.load.content.content import Content, read_content
from stackduel.load.content.decoding import DecodingError, decode
from stackduel.model.expected_content import VaryingPlace
from stackduel.model.model_output import Outputs
from stackduel.model.suite import Workload
from stackduel.verify.difference_sentences import Wording
from stackduel.verify.reply import Reply
from stackduel.verify.streams import why_no_stream


class UnreadableError(Exception):
    """An answer that does not hold what it must; the message shows it."""


METHOD_NOT_ALLOWED = 405


@dataclass(frozen=True, slots=True)
class StackAnswer:
    """An answer of a stack: the workload in its protocol, the reply, how long it took, and what is in it.

    ``outputs`` are a model's numbers, ``content`` is what the body says; each is None where it does not count.
    ``varying`` is where this stack's answers differ from each other.
    """

    stack: str
    translation: Translation
    reply: Reply
    took_s: float
    outputs: Outputs | None
    content: Content | None
    varying: tuple[VaryingPlace, ...] = ()


def read_answer(
    stack: str, workload: Workload, translation: Translation, reply: Reply, took_s: float, wording: Wording
) -> StackAnswer:
    """Return a stack's answer to a workload; raises UnreadableError for a wrong status or no content."""
    label = translation.workload.label
    if reply.status != workload.status:
        location = reply.header("location") if 300 <= reply.status < 400 else None
        where = f" to {wording.header(location)}" if location else ""
        # A load sends its requests and no others: it follows no redirect.
        mend = f" (give status = {reply.status} or the final path)" if location else ""
        if reply.status == METHOD_NOT_ALLOWED and (allowed := reply.header("allow")):
            mend = f" (method = one of {wording.header(allowed)})"
        told = wording.beginning(decoded(reply))
        raise UnreadableError(f"{label} answered {reply.status}{where} instead of {workload.status}{mend}: {told}")
    if workload.stream is not None and (why := why_no_stream(workload, reply, wording)):
        raise UnreadableError(f"{label} {why}")
    outputs = content = None
    try:
        if workload.check == "numbers" and translation.form is not None:
            outputs = read(reply.body, translation.form)
        if workload.check == "content":
            content = read_content(reply.body, reply.encoding, reply.media_type)
    except (NumbersError, DecodingError) as error:
        raise UnreadableError(f"{label}: {error}: {wording.beginning(reply.body)}") from error
    return StackAnswer(stack, translation, reply, took_s, outputs, content)


def decoded(reply: Reply) -> bytes:
    """Return the body of a reply as a reader wants to see it: without its encoding, if that can be undone."""
    try:
        return decode(reply.body, reply.encoding)
    except DecodingError:
        return reply.body
