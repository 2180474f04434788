"""A graphics driver that is made up: what ``pynvml`` would answer, and how often it was asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

MIB = 1024 * 1024


class NVMLError(Exception):
    """The base of what NVML refuses with."""


class LibraryNotFoundError(NVMLError):
    """The driver's library is not there."""


class DriverNotLoadedError(NVMLError):
    """The kernel has no driver loaded."""


class NoPermissionError(NVMLError):
    """This user may not."""


class NotSupportedError(NVMLError):
    """This device cannot tell."""


@dataclass
class Card:
    """One card, or an instance of one in MIG mode; a figure that is an exception is raised."""

    name: str | bytes = "Fake 100"
    uuid: str | bytes = "GPU-aaaa"
    utilisation: Any = 50
    used_mib: Any = 1000
    total_mib: int = 80_000
    power_mw: Any = 200_000
    instances: Sequence[Card] | None = None


@dataclass
class FakeNvml:
    """Stands in for the module; ``refuses`` is raised by its start."""

    cards: Sequence[Card] = (Card(),)
    refuses: NVMLError | None = None
    started: int = 0
    ended: int = 0
    NVMLError: type[Exception] = NVMLError
    NVMLError_LibraryNotFound: type[Exception] = LibraryNotFoundError
    NVMLError_DriverNotLoaded: type[Exception] = DriverNotLoadedError
    NVMLError_NoPermission: type[Exception] = NoPermissionError
    NVML_DEVICE_MIG_ENABLE: int = 1
    on_memory: Callable[[], None] = field(default=lambda: None)

    def nvmlInit(self) -> None:
        if self.refuses:
            raise self.refuses
        self.started += 1

    def nvmlShutdown(self) -> None:
        self.ended += 1

    def nvmlSystemGetDriverVersion(self) -> str:
        return "580.65"

    def nvmlDeviceGetCount(self) -> int:
        return len(self.cards)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> Card:
        return self.cards[index]

    def nvmlDeviceGetName(self, card: Card) -> str | bytes:
        return card.name

    def nvmlDeviceGetUUID(self, card: Card) -> str | bytes:
        return card.uuid

    def nvmlDeviceGetMemoryInfo(self, card: Card) -> Any:
        self.on_memory()
        return SimpleNamespace(used=told(card.used_mib) * MIB, total=card.total_mib * MIB)

    def nvmlDeviceGetUtilizationRates(self, card: Card) -> Any:
        return SimpleNamespace(gpu=told(card.utilisation), memory=1)

    def nvmlDeviceGetPowerUsage(self, card: Card) -> Any:
        return told(card.power_mw)

    def nvmlDeviceGetMigMode(self, card: Card) -> list[int]:
        if card.instances is None:
            raise NotSupportedError
        return [1, 1]

    def nvmlDeviceGetMaxMigDeviceCount(self, card: Card) -> int:
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, card: Card, index: int) -> Card:
        assert card.instances is not None
        if index >= len(card.instances):
            raise NotSupportedError
        return card.instances[index]


def told(value: Any) -> Any:
    """A figure, or the refusal to tell it."""
    if isinstance(value, NVMLError):
        raise value
    return value
