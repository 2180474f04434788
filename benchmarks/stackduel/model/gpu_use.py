"""The graphics processors of a machine, and their use in a window."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Gpu:
    """A graphics processor, or a MIG instance of one: what it is called, by which driver it is run, its memory."""

    name: str
    uuid: str
    driver: str
    memory_mib: float | None

    def __str__(self) -> str:
        """Its name, memory, driver and identity, for an environment's list."""
        memory = "memory unknown" if self.memory_mib is None else f"{self.memory_mib:.0f} MiB"
        return f"{self.name} ({memory}, driver {self.driver}, {self.uuid})"


@dataclass(frozen=True, slots=True)
class GpuSample:
    """One look at a device: utilisation in percent, memory in use, power; None for what it does not tell."""

    utilisation: float | None
    memory_mib: float | None
    power_w: float | None


class ReadableGpu(Protocol):
    """A device that can be looked at."""

    @property
    def gpu(self) -> Gpu:
        """The device's index, name and memory."""

    def read(self) -> GpuSample:
        """Look at it now; never raises for what the device does not tell."""


@dataclass(frozen=True, slots=True)
class DeviceUse(Gpu):
    """The use of one device in a window; None for a figure that it does not report."""

    utilisation_mean: float | None
    memory_peak_mib: float | None
    power_mean_w: float | None

    @staticmethod
    def of(
        device: Gpu, utilisation_mean: float | None, memory_peak_mib: float | None, power_mean_w: float | None
    ) -> DeviceUse:
        """Return the use of a device."""
        return DeviceUse(
            device.name,
            device.uuid,
            device.driver,
            device.memory_mib,
            utilisation_mean,
            memory_peak_mib,
            power_mean_w,
        )


@dataclass(frozen=True, slots=True)
class GpuUse:
    """The use of all visible devices in a window, by any process, from ``samples`` samples.

    ``utilisation_mean`` is that of the busiest device, in percent of the time; ``memory_peak_mib`` the most that all of
    them held at once; ``power_mean_w`` what all of them drew together. None where no device tells.
    """

    devices: tuple[DeviceUse, ...]
    utilisation_mean: float | None
    memory_peak_mib: float | None
    power_mean_w: float | None
    samples: int


def used(devices: Sequence[Gpu], rounds: Sequence[Sequence[GpuSample]]) -> GpuUse | None:
    """Return the use that samples show; each round holds one sample per device. None without a device or a round."""
    if not devices or not rounds:
        return None
    each = tuple(_device_use(device, series) for device, series in zip(devices, zip(*rounds, strict=True), strict=True))
    totals = (_total(sample.memory_mib for sample in samples) for samples in rounds)
    return GpuUse(
        devices=each,
        utilisation_mean=max((one.utilisation_mean for one in each if one.utilisation_mean is not None), default=None),
        memory_peak_mib=max((total for total in totals if total is not None), default=None),
        power_mean_w=_total(one.power_mean_w for one in each),
        samples=len(rounds),
    )


def _device_use(device: Gpu, samples: Sequence[GpuSample]) -> DeviceUse:
    return DeviceUse.of(
        device,
        utilisation_mean=_mean(sample.utilisation for sample in samples),
        memory_peak_mib=max((each.memory_mib for each in samples if each.memory_mib is not None), default=None),
        power_mean_w=_mean(sample.power_w for sample in samples),
    )


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known else None


def _total(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
