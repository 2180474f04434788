"""The devices of a machine, as a driver that is made up shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from stackduel.model.gpu_use import Gpu, GpuSample
from stackduel.observe.gpu import nvml
from stackduel.observe.gpu.nvml import NoGpuError, devices
from tests.stackduel.observe.gpu.fake_nvml import (
    Card,
    DriverNotLoadedError,
    FakeNvml,
    LibraryNotFoundError,
    NoPermissionError,
    NotSupportedError,
    NVMLError,
)

SECOND = Card(name=b"Fake 200", uuid=b"GPU-bbbb")


def shown(library: FakeNvml, environ: Mapping[str, str] | None = None) -> list[str]:
    with devices(lambda: library, environ or {}) as found:
        return [device.gpu.uuid for device in found]


def test_a_device_tells_what_it_is_and_what_it_does() -> None:
    """Name, identity, driver and memory once; utilisation, memory in use and power at every look, in our units."""
    with devices(FakeNvml, {}) as (device,):
        assert device.gpu == Gpu("Fake 100", "GPU-aaaa", "580.65", 80_000)
        assert str(device.gpu) == "Fake 100 (80000 MiB, driver 580.65, GPU-aaaa)"
        assert device.read() == GpuSample(50.0, 1000.0, 200.0)


def test_what_a_device_does_not_tell_is_none_and_no_zero() -> None:
    """A figure that is refused for lack of support or of permission leaves the others alone."""
    card = Card(utilisation=NoPermissionError(), used_mib=NotSupportedError(), power_mw=NotSupportedError())
    with devices(lambda: FakeNvml([card]), {}) as (device,):
        assert device.gpu.memory_mib is None
        assert "memory unknown" in str(device.gpu)
        assert device.read() == GpuSample(None, None, None)
    with devices(lambda: FakeNvml([Card(power_mw=NotSupportedError())]), {}) as (device,):
        assert device.read() == GpuSample(50.0, 1000.0, None)


def test_a_card_in_mig_mode_is_its_instances() -> None:
    """Each instance is a device that tells its memory; the card's utilisation and power are not taken for its own."""
    instances = [Card(name="Fake 100 MIG 1g.10gb", uuid=f"MIG-{index}", total_mib=10_000) for index in range(2)]
    with devices(lambda: FakeNvml([Card(instances=instances)]), {}) as found:
        assert [device.gpu.uuid for device in found] == ["MIG-0", "MIG-1"]
        assert found[0].read() == GpuSample(None, 1000.0, None)
    assert shown(FakeNvml([Card(instances=instances), SECOND])) == [
        "MIG-0",
        "MIG-1",
        "GPU-bbbb",
    ]


@pytest.mark.parametrize(
    ("value", "seen"),
    [("0", ["GPU-aaaa"]), ("1", ["GPU-bbbb"]), ("GPU-bb", ["GPU-bbbb"]), ("0, 1", ["GPU-aaaa", "GPU-bbbb"])],
)
def test_only_what_cuda_shows_is_observed(value: str, seen: list[str]) -> None:
    """Devices that the environment hides from the servers do not count for them, by number or by identity."""
    assert shown(FakeNvml([Card(), SECOND]), {"CUDA_VISIBLE_DEVICES": value}) == seen


@pytest.mark.parametrize("value", ["", "-1", "NoDevFiles", "7"])
def test_a_machine_whose_devices_are_all_hidden_has_none(value: str) -> None:
    """Nothing is observed then, and the reason is told."""
    with pytest.raises(NoGpuError, match="shows this process no GPU") as raised:
        shown(FakeNvml(), {"CUDA_VISIBLE_DEVICES": value})
    assert raised.value.lack == "device"


@pytest.mark.parametrize(
    ("refusal", "lack"),
    [
        (LibraryNotFoundError("NVML Shared Library Not Found"), "library"),
        (DriverNotLoadedError("Driver Not Loaded"), "driver"),
        (NoPermissionError("Insufficient Permissions"), "permission"),
        (NVMLError("Driver/library version mismatch"), "other"),
    ],
)
def test_a_driver_that_refuses_is_told_apart(refusal: NVMLError, lack: str) -> None:
    """The lack is named, with NVML's own words on it."""
    with pytest.raises(NoGpuError, match=str(refusal)) as raised:
        shown(FakeNvml(refuses=refusal))
    assert raised.value.lack == lack


def test_a_missing_package_is_no_missing_gpu() -> None:
    """Where nvidia-ml-py is not installed, that is the reason."""

    def load() -> Any:
        raise ModuleNotFoundError("pynvml")

    with pytest.raises(NoGpuError, match="nvidia-ml-py is not installed") as raised, devices(load, {}):
        pass
    assert raised.value.lack == "package"


@pytest.mark.parametrize("cards", [[Card()], []])
def test_the_library_is_ended_as_often_as_it_was_started(cards: list[Card]) -> None:
    """Whether there are devices or not, and whatever happens while they are read."""
    library = FakeNvml(cards)
    with pytest.raises((ZeroDivisionError, NoGpuError)), devices(lambda: library, {}):
        _ = 1 / 0
    assert (library.started, library.ended) == (1, 1)


def test_without_any_the_list_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment lists the devices in words, or none."""
    library = FakeNvml()
    monkeypatch.setattr(nvml, "import_module", lambda _name: library)
    assert nvml.names() == ["Fake 100 (80000 MiB, driver 580.65, GPU-aaaa)"]
    monkeypatch.setattr(nvml, "import_module", lambda _name: replace(library, refuses=LibraryNotFoundError()))
    assert nvml.names() == []
    with nvml.devices_if_any() as none:
        assert none == ()
