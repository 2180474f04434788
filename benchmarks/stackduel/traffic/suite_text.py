"""A mix as the text of a suite: TOML with comments that say where each figure comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from stackduel.model.counted import counted
from stackduel.model.duration import duration
from stackduel.planning.load_file import LEAST_BURSTINESS, MOST_BURSTINESS
from stackduel.traffic.mix import ChosenRoute, Mix
from stackduel.traffic.recording import SAFE_METHODS, BusiestMinutes, RecordedRequest, Recording, Route

MOST_LISTED = 20
_BLOCKS = 5
_CLOSED = "{ connections = [1, 16, 64], duration_s = 3.0, warmup_s = 1.0, warmup_rounds = 1 }"
# A p99 takes 459 requests (docs/method.md).
_REQUESTS_A_WINDOW = 500
_SHORTEST_S, _LONGEST_S = 10, 60
_ESCAPED = re.compile(r'[\x00-\x1f\x7f"\\]')
_ESCAPED_IN_COMMENTS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}


@dataclass(frozen=True, slots=True)
class SuiteSource:
    """The command that made the suite, and the name of the file, as its first comment says them."""

    command: str
    file: str


def suite_text(recording: Recording, mix: Mix, made: SuiteSource) -> str:
    """Return the suite that asks for a mix of requests as they were recorded."""
    lines = [
        *_head(recording, made),
        f"summary = {quoted(summary_of(recording, mix))}",
        f"blocks = {_BLOCKS}",
        "",
        "[[scenario]]",
        *_load(recording.busiest),
        *(line for chosen in mix.chosen for line in _route(chosen, recording)),
        *_listed("Rarer, and not asked", mix.rarer, recording),
        *_listed("Cannot be asked as they are", mix.withheld, recording),
    ]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """Return a text as a basic string of TOML."""
    return f'"{_ESCAPED.sub(_escape, text.encode("utf-8", "replace").decode())}"'


def moment(seconds: int) -> str:
    """Return a moment (since 1970) as a reader writes it, in UTC."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


def share(part: float, whole: float) -> str:
    """Return a part of a whole in percent."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def amount(recording: Recording, *routes: Route) -> str:
    """Return how many requests routes had, in brackets; nothing where none were recorded."""
    return "" if recording.is_described else f" ({counted(sum(route.requests for route in routes), 'request')})"


def dispersion_sentence(busiest: BusiestMinutes) -> str:
    """Return what the index of dispersion says of the arrivals."""
    if busiest.dispersion is None:
        return "Too few requests to say whether they come in bursts."
    said = f"Index of dispersion of the requests a second: {busiest.dispersion:.2f}"
    chance = " and may show this by chance" if busiest.is_poisson else ""
    return f"{said}; a Poisson process has 1{chance}."


def _escape(found: re.Match[str]) -> str:
    return _SHORT_ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04X}"


def comment(text: str = "") -> str:
    """Return a line of a comment, which holds no control characters (TOML 1.0)."""
    return f"# {_ESCAPED_IN_COMMENTS.sub(_escape, text.encode('utf-8', 'replace').decode())}".rstrip()


def _head(recording: Recording, made: SuiteSource) -> Iterator[str]:
    yield comment(f"Made by: {made.command}")
    if recording.first_s is not None and recording.last_s is not None:
        yield comment(f"Requests from {moment(recording.first_s)} to {moment(recording.last_s)}.")
    yield comment(f"Run it on your stacks: stackduel run {made.file} --stacks-file mine.toml")
    yield comment(f"or on one server:      stackduel run {made.file} --url http://127.0.0.1:8000")
    if recording.methods:
        left = ", ".join(f"{method} ({count})" for method, count in recording.methods.items())
        yield comment(f"Left out by method: {left}.")
    if recording.dropped:
        names = ", ".join(f"{name} ({count})" for name, count in recording.dropped.items())
        yield comment(f"Dropped as secret or personal, so that answers may differ from those recorded: {names}.")
    yield ""


def summary_of(recording: Recording, mix: Mix) -> str:
    """Return how much of a recording the mix is, in a sentence."""
    routes = counted(len(mix.chosen), "route")
    if recording.is_described:
        return f"{routes} of {len(recording.routes)} that an OpenAPI document describes, each as often as the others."
    return (
        f"{routes} with {share(mix.recorded, recording.requests)} of {counted(recording.requests, 'recorded request')}."
    )


def _load(busiest: BusiestMinutes | None) -> Iterator[str]:
    if busiest is None:
        yield 'name = "recorded-{connections}"'
        yield "# No rate is known: clients that each wait for their answers."
        yield f"load = {_CLOSED}"
        return
    yield 'name = "busiest"'
    yield comment(
        f"The busiest {duration(busiest.seconds)}, from {moment(busiest.start_s)}: {busiest.requests} requests, "
        f"{busiest.rate_rps:.4g} a second."
    )
    yield comment(dispersion_sentence(busiest))
    yield f"load = {_open_load(busiest)}"
    yield "# For throughput instead, clients that each wait for their answers (the name then needs {connections}):"
    yield f"# load = {_CLOSED}"


def _open_load(busiest: BusiestMinutes) -> str:
    rate = max(0.1, float(f"{busiest.rate_rps:.4g}"))
    duration_s = float(min(_LONGEST_S, max(_SHORTEST_S, round(_REQUESTS_A_WINDOW / rate))))
    arrivals = 'arrivals = "poisson"'
    if busiest.dispersion is not None and not busiest.is_poisson:
        # A log that one script has written may be outside of what a load can be.
        burstiness = min(MOST_BURSTINESS, max(LEAST_BURSTINESS, busiest.dispersion))
        arrivals = f'arrivals = "gamma", burstiness = {burstiness:.3g}'
    return f"{{ rate = {rate:g}, {arrivals}, duration_s = {duration_s}, warmup_s = 2.0 }}"


def _route(chosen: ChosenRoute, recording: Recording) -> Iterator[str]:
    yield ""
    for sentence in _sentences(chosen, recording):
        yield comment(sentence)
    for request, weight in chosen.requests:
        yield from _request(request, weight)


def _sentences(chosen: ChosenRoute, recording: Recording) -> Iterator[str]:
    route = chosen.route
    if recording.is_described:
        yield route.label
        yield from _changes(route)
        return
    yield f"{route.label}: {share(route.requests, recording.requests)} ({counted(route.requests, 'request')})"
    if route.values > len(chosen.requests) or route.uncounted:
        more = "more than " if route.uncounted else ""
        yield f"{more}{route.values} different ones, of which the commonest {len(chosen.requests)} are asked"
    yield f"answers: {_statuses(route.statuses, route.requests)}"
    yield from _changes(route)


def _changes(route: Route) -> Iterator[str]:
    if route.method not in SAFE_METHODS:
        yield "changes data: see docs/own-stacks.md on the key reset"


def _statuses(statuses: Mapping[int, int], total: int) -> str:
    return ", ".join(f"{status} ({share(count, total)})" for status, count in statuses.items())


def _request(request: RecordedRequest, weight: int) -> Iterator[str]:
    yield "[[scenario.request]]"
    yield f"path = {quoted(request.target)}"
    if request.method != "GET":
        yield f"method = {quoted(request.method)}"
    if request.headers:
        yield f"headers = {{ {', '.join(f'{quoted(name)} = {quoted(value)}' for name, value in request.headers)} }}"
    if request.body:
        yield f"body = {quoted(request.body)}"
    if request.status != 200:
        yield f"status = {request.status}"
    yield f"weight = {weight}"


def _listed(title: str, routes: tuple[Route, ...], recording: Recording) -> Iterator[str]:
    if not routes:
        return
    yield ""
    yield comment(f"{title}:")
    for route in routes[:MOST_LISTED]:
        why = f": {route.withheld}" if route.withheld else ""
        yield comment(f"  {route.label}{amount(recording, route)}{why}")
    if len(routes) > MOST_LISTED:
        rest = routes[MOST_LISTED:]
        yield comment(f"  and {len(rest)} more{amount(recording, *rest)}")
