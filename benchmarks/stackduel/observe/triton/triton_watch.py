"""Time inside Triton during a window, named like the spans of the other stacks' Server-Timing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stackduel.model.suite import Workload
from stackduel.model.target import Address
from stackduel.model.trial import Inside
from stackduel.observe.triton.triton_statistics import Counters, StatisticsError, StatisticsWindow, between, read

# The steps of each ensemble of ours, by span.
STEPS: Mapping[str, Mapping[str, str]] = {"speech": {"pre": "preprocessor", "infer": "acoustic", "post": "decoder"}}


class TritonWatch:
    """Reads the statistics of a model, or of each step of an ensemble, at both ends of a window."""

    def __init__(self, address: Address | None, model: str | None) -> None:
        self._address = address
        self._model = model
        self._models = () if model is None else tuple(STEPS.get(model, {}).values()) or (model,)
        self._before: Mapping[str, Counters] = {}
        self._after: Mapping[str, Counters] = {}

    def start(self) -> None:
        """Open the window."""
        self._before = self._read()

    def stop(self) -> None:
        """Close the window."""
        self._after = self._read()

    def inside(self) -> Inside | None:
        """Return a request's mean milliseconds by span; None if the server does not report them."""
        if not self._before or self._before.keys() != self._after.keys():
            return None
        windows = {name: between(self._before[name], self._after[name]) for name in self._models}
        known = {name: window for name, window in windows.items() if window is not None}
        if len(known) < len(self._models) or self._model is None:
            return None
        return of_steps(known, STEPS[self._model]) if self._model in STEPS else of_one(known[self._model])

    def _read(self) -> Mapping[str, Counters]:
        if self._address is None:
            return {}
        try:
            return {model: read(self._address, model) for model in self._models}
        except StatisticsError:
            return {}


def of_one(window: StatisticsWindow) -> Inside:
    """Return the spans of a single model: taking the inputs, computing, giving the outputs."""
    return Inside(window.requests, window.batch_mean, dict(window.spans_ms))


def of_steps(windows: Mapping[str, StatisticsWindow], steps: Mapping[str, str]) -> Inside:
    """Return the spans of an ensemble: one for each step's computing, the sum of the queues, the sum of the copying."""
    each = {span: windows[name] for span, name in steps.items()}
    spans = {span: window.spans_ms["infer"] for span, window in each.items()}
    spans["queue"] = sum(window.spans_ms["queue"] for window in each.values())
    spans["app"] = sum(window.spans_ms["pre"] + window.spans_ms["post"] for window in each.values())
    return Inside(each["infer"].requests, each["infer"].batch_mean, spans)


def model_of(workloads: Iterable[Workload]) -> str | None:
    """Return Triton's name of the one model that a load calls; None if it calls several."""
    names = {workload.served_as or workload.model for workload in workloads}
    return next(iter(names)) if len(names) == 1 else None
