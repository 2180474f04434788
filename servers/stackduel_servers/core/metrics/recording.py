"""Records of a process about its requests and its batches.

serve gives all workers of a start one folder (PROMETHEUS_MULTIPROC_DIR); each keeps its numbers in files of its own
there, and the page adds them up. Without the folder, a process keeps its numbers to itself.
"""

from __future__ import annotations

from threading import Lock
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from stackduel_servers.core.answer_end import AnswerEnd
from stackduel_servers.core.metrics.routes import route_of

# The upper ends in seconds: the delays of the classic scenarios lie between them, and so does a call of 10 s.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
# The status of a request that ended without an answer: its client left, or its worker was told to end.
UNANSWERED = "none"


class ServiceMetrics:
    """The metrics of this process, and its answers' counters by route and status, made as they occur."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("route", "status")
        self._requests = Counter("stackduel_requests", "Requests that ended.", labels, registry=self.registry)
        self._seconds = Histogram(
            "stackduel_request_seconds",
            "From a request's arrival in the application to the last bytes of its answer.",
            labels,
            registry=self.registry,
            buckets=SECONDS,
        )
        self.in_flight = Gauge(
            "stackduel_requests_in_flight",
            "Requests in the application now.",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self.batch_size = Histogram(
            "stackduel_batch_size", "Requests in a batch of a model.", registry=self.registry, buckets=BATCH_SIZES
        )
        self.queue_length = Gauge(
            "stackduel_queue_length",
            "Requests that wait for a model's thread now.",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self._ended: dict[tuple[str, str], tuple[Counter, Histogram]] = {}

    def ended(self, route: str, status: str, took_s: float) -> None:
        """Record a request that ended."""
        metrics = self._ended.get((route, status))
        if metrics is None:
            metrics = self._requests.labels(route, status), self._seconds.labels(route, status)
            self._ended[route, status] = metrics
        metrics[0].inc()
        metrics[1].observe(took_s)


class _OfProcess:
    """Makes the metrics once, with the first request, so after a server has forked its workers."""

    def __init__(self) -> None:
        self._metrics: ServiceMetrics | None = None
        self._making = Lock()

    def __call__(self) -> ServiceMetrics:
        """Return the metrics of this process."""
        if self._metrics is None:
            with self._making:
                self._metrics = self._metrics or ServiceMetrics()
        return self._metrics


service_metrics = _OfProcess()


class MeasuredRequest(AnswerEnd):
    """One request, in flight from when it is made to the end of its answer."""

    __slots__ = ("_metrics", "_route", "_started_s", "_status")

    def __init__(self, path: str) -> None:
        super().__init__()
        self._metrics = service_metrics()
        self._route = route_of(path)
        self._status = UNANSWERED
        self._metrics.in_flight.inc()
        self._started_s = perf_counter()

    def begin(self, status: int, content_length: str | None) -> None:
        """Take note of the status."""
        self._status = str(status)
        super().begin(status, content_length)

    def ended(self) -> None:
        """Count it, with its time, and as no longer in flight."""
        self._metrics.ended(self._route, self._status, perf_counter() - self._started_s)
        self._metrics.in_flight.dec()


class RecordedBatches:
    """Records the batches of a batcher and the length of its queue."""

    def waits(self, jobs: int) -> None:
        """Take note of how many jobs wait now."""
        service_metrics().queue_length.set(jobs)

    def takes(self, jobs: int) -> None:
        """Take note of a batch that is worked on next."""
        service_metrics().batch_size.observe(jobs)
