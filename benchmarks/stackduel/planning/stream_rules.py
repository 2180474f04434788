"""Rules for requests and loads whose answers are event streams."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.model.suite import Check, Load, StreamFormat, Suite, Workload
from stackduel.planning.fields import Fields

CHECKS: tuple[Check, ...] = ("body", "length", "status")
FORMATS: tuple[StreamFormat, ...] = ("sse", "websocket", "openai")
# What a model answers is another text each time.
USUAL_CHECKS: Mapping[StreamFormat, Check] = {"sse": "body", "websocket": "body", "openai": "status"}


def parse_stream(fields: Fields, check: Check) -> tuple[StreamFormat | None, Check]:
    """Take the format of a stream out of ``fields``, and how its answers are checked; without a format, as given."""
    stream = fields.choice("stream", FORMATS, default=None)
    if stream is None:
        return None, check
    if not fields.given("check"):
        return stream, USUAL_CHECKS[stream]
    if check not in CHECKS:
        raise FieldError(f"{fields.where}: check: of a stream one of {', '.join(CHECKS)}")
    return stream, check


def check_streams(where: str, workloads: Sequence[Workload], loads: Iterable[Load]) -> None:
    """Raise FieldError if a load has streams beside other requests, or asks of them what only other answers have."""
    streams = [workload for workload in workloads if workload.stream is not None]
    if not streams:
        return
    if len(streams) < len(workloads):
        raise FieldError(f"{where}: stream: a load has streams or other requests, not both")
    refuse_parts_of_answers(where, loads, "stream, whose first event is timed anyway")


def refuse_parts_of_answers(where: str, loads: Iterable[Load], beside: str) -> None:
    """Raise FieldError if loads ask for the times within an answer, which only whole answers of HTTP have."""
    for load in loads:
        for name in ("first_byte", "server_timing"):
            if getattr(load, name):
                raise FieldError(f"{where}: load: {name}: not beside {beside}")


def refuse_streams_of_other_drivers(options: RunOptions, suite: Suite) -> None:
    """Raise FieldError if streams are to be read by a driver that cannot."""
    workloads = (each for scenario in suite.scenarios for each in scenario.workloads)
    if options.driver != "raw" and any(each.stream == "sse" for each in workloads):
        raise FieldError(f"--driver: only raw reads streams, and {suite.name} has some")
