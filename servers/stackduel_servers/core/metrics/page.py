"""The page that Prometheus reads: the numbers of all workers of this start, added up."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from stackduel_servers.core.answers import Answer
from stackduel_servers.core.metrics.folder import FolderOfWorkers
from stackduel_servers.core.metrics.recording import service_metrics
from stackduel_servers.core.metrics.workers import worker_metrics

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def page(accept: str | None) -> Answer:
    """Return the page in the form that the scraper accepts: OpenMetrics, or Prometheus' own text."""
    encode, content_type = choose_encoder(accept or "")
    registry = CollectorRegistry()
    registry.register(_OfStart())
    return Answer(200, encode(registry), content_type=content_type)


class _OfStart(Collector):
    """All metrics of this start: those of every worker that shares the folder, or of this process alone."""

    def collect(self) -> Iterator[Metric]:
        """Yield each metric; this worker's are there from its first answer on, if only with zeros."""
        own = service_metrics()
        folder = os.environ.get(FOLDER_VARIABLE)
        if folder is None:
            yield from own.registry.collect()
            yield from worker_metrics([os.getpid()])
            return
        files = FolderOfWorkers(Path(folder))
        workers = files.living_workers()
        yield from files.metrics()
        yield from worker_metrics(workers)
