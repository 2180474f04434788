"""The cells of clients that behave otherwise than the rest, and what they come to in a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stackduel.model.run import Run
from stackduel.model.search_results.leaving import Leaving, Noticing
from stackduel.model.search_results.slow_readers import HeldBack, SlowReaders
from stackduel.report.sections.figures import DASH, figure, times_text


def of_leaving(result: Leaving) -> Mapping[str, str]:
    """Return the cells of a stack whose clients left."""
    memory = result.memory
    return {
        "left": f"{result.left:,}",
        "no stream": f"{result.without_stream:,}",
        **_of_noticing(("handler ms", "worst", "never"), result.handler),
        **_of_noticing(("upstream ms", "upstream worst", "upstream never"), result.upstream),
        "MiB before": figure(memory.before_mib) if memory else DASH,
        "MiB peak": figure(memory.peak_mib) if memory else DASH,
        "MiB after": figure(memory.after_mib) if memory else DASH,
        "others' p99 ms": figure(result.stayed_p99_ms),
        "p99 ms beside": figure(result.beside_p99_ms),
        "p99 ratio": times_text(result.delay_ratio),
        "cut": f"{result.cut:,}",
    }


def of_slow_readers(result: SlowReaders) -> Mapping[str, str]:
    """Return the cells of a stack some of whose clients read slowly."""
    return {
        "slow": f"{result.slow:,}",
        "no stream": f"{result.without_stream:,}",
        **_of_held(("handler held", "ahead", "of due"), result.handler),
        **_of_held(("upstream held", "upstream ahead", "upstream of due"), result.upstream),
        "MiB/stream": figure(result.mib_per_stream),
        "others' p99 ms": figure(result.others_p99_ms),
        "p99 ms beside": figure(result.beside_p99_ms),
        "p99 ratio": times_text(result.delay_ratio),
        "cut": f"{result.cut:,}",
    }


def _of_held(headings: tuple[str, str, str], side: HeldBack | None) -> Mapping[str, str]:
    if side is None:
        return dict.fromkeys(headings, DASH)
    due = f"{100 * side.events / side.due:.0f} %" if side.due else DASH
    return dict(zip(headings, (f"{side.held:,} of {side.streams:,}", f"{side.ahead:,.4g}", due), strict=True))


def _of_noticing(headings: tuple[str, str, str], noticing: Noticing | None) -> Mapping[str, str]:
    if noticing is None:
        return dict.fromkeys(headings, DASH)
    texts = (figure(noticing.median_ms), figure(noticing.worst_ms), f"{noticing.never:,}")
    return dict(zip(headings, texts, strict=True))


def leaving_sentences(run: Run) -> Iterator[str]:
    """Yield a sentence for each scenario in which clients left: who notices it first, who last, and who never."""
    for scenario in run.suite.scenarios:
        found = {
            each.stack: each.found.handler
            for each in run.findings
            if each.scenario == scenario.name and isinstance(each.found, Leaving)
        }
        known = {stack: noticing for stack, noticing in found.items() if noticing is not None}
        if known:
            yield f"{scenario.name}: {_who_notices(known)}"


def slow_sentences(run: Run) -> Iterator[str]:
    """Yield a sentence for each scenario with slow readers: whom they hold back, and whom they do not."""
    for scenario in run.suite.scenarios:
        found = {
            each.stack: each.found.handler
            for each in run.findings
            if each.scenario == scenario.name and isinstance(each.found, SlowReaders)
        }
        known = {stack: side for stack, side in found.items() if side is not None}
        if known:
            yield f"{scenario.name}: {_who_holds_back(known)}"


def _who_holds_back(known: Mapping[str, HeldBack]) -> str:
    holding = [name for name, each in known.items() if not each.unheld]
    running = [f"{name} ({each.unheld:,} of {each.streams:,})" for name, each in known.items() if each.unheld]
    parts = [f"slow readers hold the handler back in {', '.join(holding)}"] if holding else []
    parts += [f"it runs ahead of them to the window's end in {', '.join(running)}"] if running else []
    return f"{'; '.join(parts)}."


def _who_notices(known: Mapping[str, Noticing]) -> str:
    missing = [f"{name} ({each.never:,} of {each.left:,})" for name, each in known.items() if each.never]
    times_ms = {name: each.worst_ms for name, each in known.items() if not each.never and each.worst_ms is not None}
    parts = []
    if times_ms:
        first, last = (pick(times_ms, key=times_ms.__getitem__) for pick in (min, max))
        text = f"{first} notices all that leave within {figure(times_ms[first])} ms"
        parts.append(text if first == last else f"{text}, {last} within {figure(times_ms[last])} ms")
    if missing:
        parts.append(f"not noticed within the window by {', '.join(missing)}")
    return f"{'; '.join(parts)}."
