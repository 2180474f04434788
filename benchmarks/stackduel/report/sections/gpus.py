"""The graphics processors under each stack: utilisation, memory, power."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from stackduel.analysis.statistics.known_values import median_of_known
from stackduel.model.gpu_use import DeviceUse, GpuUse
from stackduel.model.trial import Trial
from stackduel.report.sections.blocks import Block, Grid
from stackduel.report.sections.costs import bars
from stackduel.report.sections.counted_trials import ByStack
from stackduel.report.sections.figures import figure

HEADINGS = ("stack", "device", "utilisation %", "peak memory MiB", "power W")


def blocks(trials: ByStack) -> Iterator[Block]:
    """Yield a chart for each figure that a device reports; nothing for runs without devices."""
    yield from bars(
        "GPU utilisation",
        "For how much of the time the busiest graphics processor was computing, in the mean of a trial; the median of "
        "the blocks. Far below 100 %, it waits for the stack that feeds it.",
        "%",
        _each(trials, lambda use: use.utilisation_mean, median_of_known),
    )
    yield from bars(
        "GPU memory",
        "The most that all graphics processors together held in a trial, other programs included.",
        "MiB",
        _each(trials, lambda use: use.memory_peak_mib, _most),
    )
    yield from bars(
        "GPU power",
        "What all graphics processors drew together, in the mean of a trial; the median of the blocks.",
        "W",
        _each(trials, lambda use: use.power_mean_w, median_of_known),
    )
    yield from _devices(trials)


def _each(
    trials: ByStack,
    value: Callable[[GpuUse], float | None],
    joined: Callable[[Iterable[float | None]], float | None],
) -> dict[str, float | None]:
    return {name: joined(value(trial.gpu) for trial in each if trial.gpu) for name, each in trials.items()}


def _most(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


def _devices(trials: ByStack) -> Iterator[Grid]:
    """Yield each device by itself, if there are several."""
    by_stack = {name: _by_device(each) for name, each in trials.items()}
    rows = [(name, *_row(uses)) for name, each in by_stack.items() if len(each) > 1 for uses in each.values()]
    if rows:
        yield Grid("Each graphics processor by itself", HEADINGS, tuple(rows), frozenset({"stack", "device"}))


def _by_device(trials: Iterable[Trial]) -> dict[str, list[DeviceUse]]:
    uses: dict[str, list[DeviceUse]] = {}
    for trial in trials:
        for use in trial.gpu.devices if trial.gpu else ():
            uses.setdefault(use.uuid, []).append(use)
    return uses


def _row(uses: list[DeviceUse]) -> tuple[str, ...]:
    device = uses[0]
    return (
        f"{device.name} ({device.uuid})",
        figure(median_of_known(use.utilisation_mean for use in uses)),
        figure(_most(use.memory_peak_mib for use in uses)),
        figure(median_of_known(use.power_mean_w for use in uses)),
    )
