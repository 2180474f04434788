"""The use of graphics processors in a window, from samples."""

from __future__ import annotations

import msgspec
import pytest

from stackduel.model.gpu_use import Gpu, GpuSample, GpuUse, used

ONE, TWO = Gpu("Fake 100", "GPU-aaaa", "1", 80_000), Gpu("Fake 100", "GPU-bbbb", "1", None)
ROUNDS = [
    (GpuSample(80.0, 500.0, 300.0), GpuSample(0.0, 100.0, 60.0)),
    (GpuSample(60.0, 400.0, 200.0), GpuSample(10.0, 300.0, 40.0)),
]


def test_the_busiest_device_is_not_watered_down_by_an_idle_one() -> None:
    """Utilisation is the busiest device's, memory the most of all at one moment, power that of all together."""
    use = used([ONE, TWO], ROUNDS)
    assert use is not None
    assert (use.utilisation_mean, use.memory_peak_mib, use.power_mean_w, use.samples) == (70.0, 700.0, 300.0, 2)
    assert [one.utilisation_mean for one in use.devices] == [70.0, 5.0]
    assert [one.memory_peak_mib for one in use.devices] == [500.0, 300.0]
    assert [one.power_mean_w for one in use.devices] == [250.0, 50.0]


def test_what_no_device_tells_is_none() -> None:
    """Figures that are refused count for nothing, and where there are no others, there is no figure."""
    use = used([ONE], [(GpuSample(None, None, None),), (GpuSample(None, 5.0, None),)])
    assert use is not None
    assert (use.utilisation_mean, use.memory_peak_mib, use.power_mean_w) == (None, 5.0, None)
    assert used([], []) is used([ONE], []) is None


@pytest.mark.parametrize("use", [None, used([ONE, TWO], ROUNDS), used([ONE], [(GpuSample(None, None, None),)])])
def test_a_document_brings_it_back(use: object) -> None:
    """Nothing is lost on the way to a document and back, and each device's facts stand beside its figures."""
    shown = msgspec.to_builtins(use)
    assert msgspec.convert(shown, GpuUse | None) == use
    if shown is not None:
        assert shown["devices"][0]["name"] == "Fake 100"
        assert "utilisation_mean" in shown["devices"][0]
