"""The answer that the generator holds a verified stack to."""

from __future__ import annotations

from stackduel.model.expected_content import ExpectedContent
from stackduel.model.measurement import Expectation
from stackduel.model.model_output import Numbers
from stackduel.model.suite import Workload
from stackduel.verify.stack_answer import StackAnswer
from stackduel.verify.variation import joined


def expectation_of(workload: Workload, known: StackAnswer, own: StackAnswer) -> Expectation:
    """Return what a stack must answer under load: the numbers of the ``known`` answer, the content of its ``own``."""
    if workload.stream is not None:
        # Its events are parsed where they are compared.
        return Expectation(workload.status, body=own.reply.body)
    if own.content is not None:
        varying = joined(known.varying, own.varying)
        content = ExpectedContent(own.reply.encoding, own.reply.media_type, workload.ignore or (), varying)
        return Expectation(workload.status, body=own.reply.body, content=content)
    if known.outputs is None or own.translation.form is None or workload.tolerance is None:
        return Expectation.of(workload.status, own.reply.body, workload.check)
    numbers = Numbers.of(known.outputs, own.translation.form, workload.tolerance)
    return Expectation(workload.status, body=own.reply.body, numbers=numbers)
