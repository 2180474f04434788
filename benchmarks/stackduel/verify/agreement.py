"""Whether two answers to the same workload agree, and a sentence on where they do not."""

from __future__ import annotations

from itertools import islice

from stackduel.inference.output_comparison import first_difference
from stackduel.load.content.content import Content, read_content
from stackduel.load.content.decoding import DecodingError, why_unknown
from stackduel.load.content.differences import Difference, differences
from stackduel.load.content.place_rules import Rules, rules_of
from stackduel.model.expected_content import VaryingPlace
from stackduel.model.json_path import json_path_text
from stackduel.model.suite import Workload
from stackduel.verify.difference_sentences import LONGEST_PLACE, Wording
from stackduel.verify.stack_answer import StackAnswer
from stackduel.verify.streams import stream_difference

# So many differences are looked for: the first is shown, the next are listed.
MOST = 20
LESS = 'check = "status" compares less'


def disagreement(
    workload: Workload, answer: StackAnswer, known: StackAnswer, varying: tuple[VaryingPlace, ...], wording: Wording
) -> str | None:
    """Return how an answer differs from the verified one of another stack; None if it does not."""
    told = _told(workload, answer, known, rules_of(workload.ignore or (), varying), wording)
    return told and f"{answer.translation.workload.label} answered {told}"


def change(answer: StackAnswer, before: StackAnswer, rules: Rules, wording: Wording) -> str | None:
    """Return how an answer differs in more than its values from an earlier one of the same stack; None if it does not.

    Values and lengths of arrays may differ between two starts: names and times do, and tables grow.
    """
    mine, other = answer.content, before.content
    if mine is None or other is None:
        return None
    label = f"{answer.translation.workload.label} answered"
    if mine.kind != other.kind:
        return f"{label} {mine.kind} where it was {other.kind} before"
    found = [each for each in differences(mine.value, other.value, rules) if _changes(each, mine)]
    told = wording.difference(found[:MOST], mine.kind, "it") if found else ""
    return f"{label} otherwise than before: {told} ({LESS})" if found else None


def _changes(difference: Difference, content: Content) -> bool:
    if content.kind in {"json", "json lines"}:
        return difference.kind in {"kind", "missing", "unexpected"}
    return difference.kind != "value" or content.kind == "binary"


def _told(workload: Workload, answer: StackAnswer, known: StackAnswer, rules: Rules, wording: Wording) -> str | None:
    if answer.outputs is not None and known.outputs is not None:
        difference = first_difference(answer.outputs, known.outputs, workload.tolerance or 0.0)
        return difference and f"other numbers than {known.stack}: {difference} (tolerance {workload.tolerance})"
    if answer.content is not None and known.content is not None:
        told = _in_content(answer.content, known.content, known.stack, rules, wording)
        why = why_unknown(answer.reply.encoding) if answer.content.kind == "binary" else None
        return f"{told} ({why})" if told and why else told
    mine, theirs = answer.reply.body, known.reply.body
    if workload.stream is not None:
        return stream_difference(workload, mine, theirs, known.stack, wording)
    agree = mine == theirs if workload.check == "body" else workload.check != "length" or len(mine) == len(theirs)
    return None if agree else _in_bytes(workload, answer, known, wording)


def _in_content(mine: Content, theirs: Content, other: str, rules: Rules, wording: Wording) -> str | None:
    if mine.kind != theirs.kind:
        return f"{mine.kind} where {other} answered {theirs.kind} ({LESS})"
    found = list(islice(differences(mine.value, theirs.value, rules), MOST))
    if not found:
        return None
    return f"{wording.difference(found, mine.kind, other)} ({advice_on(found[0], mine)})"


def advice_on(difference: Difference, content: Content) -> str:
    """Return how a difference is left out of what is compared."""
    path = json_path_text(difference.path)
    if content.kind not in {"json", "json lines"} or len(path) > LONGEST_PLACE:
        return LESS
    return f"ignore = [{_quoted(path)}] leaves it out"


def _in_bytes(workload: Workload, answer: StackAnswer, known: StackAnswer, wording: Wording) -> str:
    """Say where bodies differ that must be the same byte for byte, or as long."""
    mine, theirs = answer.reply.body, known.reply.body
    lengths = f"{len(mine):,} bytes where {known.stack} answered {len(theirs):,}"
    if workload.check == "length":
        return f"{lengths} ({LESS})"
    try:
        pair = [read_content(each.body, each.encoding, each.media_type) for each in (answer.reply, known.reply)]
    except DecodingError:
        pair = []
    if pair and pair[0].kind == pair[1].kind != "binary":
        told = _in_content(pair[0], pair[1], known.stack, (), wording)
        if told is None:
            where = wording.in_bytes(mine, theirs, known.stack)
            return f'the same values in other bytes: {where} (check = "content" compares values)'
        return told.replace(" leaves it out)", ' with check = "content" leaves it out)')
    return f"{lengths}: {wording.in_bytes(mine, theirs, known.stack)} ({LESS})"


def _quoted(path: str) -> str:
    """Return a path as a text of TOML."""
    return f"'{path}'" if '"' in path else f'"{path}"'
