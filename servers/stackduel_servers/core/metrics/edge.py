"""The metrics' part of the edges where METRICS is on: answer the scrape, and measure every other request.

prometheus-client is imported with the first of them: where METRICS is off, no service needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackduel_servers.core.answer_end import AnswerEnds
from stackduel_servers.core.answers import Answer, failure
from stackduel_servers.core.edge_settings import edge_settings
from stackduel_servers.core.errors import of_status

if TYPE_CHECKING:
    from stackduel_servers.core.metrics.recording import RecordedBatches

PATH = "/metrics"


def scraped_or_measured(method: str, path: str, accept: str | None, ends: AnswerEnds) -> Answer | None:
    """Return the page of metrics if it was asked for; else add the request's measurement to the ends of its answer.

    The page does not measure itself: what a scraper asks is no load of the service.
    """
    if path == PATH:
        if method not in {"GET", "HEAD"}:
            return failure(of_status(405))
        from stackduel_servers.core.metrics.page import page  # noqa: PLC0415  # with the first scrape

        return page(accept)
    from stackduel_servers.core.metrics.recording import MeasuredRequest  # noqa: PLC0415  # with the first request

    ends.add(MeasuredRequest(path))
    return None


def batch_watch() -> RecordedBatches | None:
    """Return what records the batches of models, None where METRICS is off."""
    if not edge_settings().metrics:
        return None
    from stackduel_servers.core.metrics.recording import RecordedBatches  # noqa: PLC0415  # only where it is on

    return RecordedBatches()
