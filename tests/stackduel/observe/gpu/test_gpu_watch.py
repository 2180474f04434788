"""Graphics processors while a window is open."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import pytest

from stackduel.model.gpu_use import Gpu, GpuSample
from stackduel.observe.gpu import gpu_watch as gpu_module
from stackduel.observe.gpu import nvml
from stackduel.observe.gpu.gpu_watch import GpuWatch
from tests.conftest import unavailable

WITHIN_S = 10.0


class FakeDevice:
    """Says one sample after another, and the last one again and again."""

    gpu = Gpu("Fake 100", "GPU-aaaa", "1", 80_000)

    def __init__(self, samples: Sequence[GpuSample], takes_s: float = 0.0) -> None:
        self._samples = list(samples)
        self._takes_s = takes_s
        self.looks: list[float] = []
        self.looked_often = threading.Event()

    def read(self) -> GpuSample:
        self.looks.append(time.monotonic())
        time.sleep(self._takes_s)
        if len(self.looks) >= 4:
            self.looked_often.set()
        return self._samples[min(len(self.looks), len(self._samples)) - 1]


def test_a_window_has_means_and_the_peak_of_its_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks are taken again and again until the close, and once more at it."""
    monkeypatch.setattr(gpu_module, "SAMPLE_S", 0.005)
    device = FakeDevice([GpuSample(0.0, 100.0, 50.0), GpuSample(90.0, 900.0, 250.0), GpuSample(90.0, 400.0, 250.0)])
    with GpuWatch([device]) as watch:
        watch.start()
        assert device.looked_often.wait(WITHIN_S)
        watch.stop()
    use = watch.use()
    assert use is not None
    assert use.samples == len(device.looks) >= 4
    assert use.memory_peak_mib == 900.0
    assert use.utilisation_mean == pytest.approx(90.0 * (use.samples - 1) / use.samples)
    assert use.power_mean_w == pytest.approx(250 - 200 / use.samples)


def test_the_shortest_window_has_one_sample() -> None:
    """A window that closes before the first step is looked at when it closes."""
    watch = GpuWatch([FakeDevice([GpuSample(10.0, 1.0, None)])])
    watch.start()
    watch.stop()
    use = watch.use()
    assert use is not None
    assert (use.samples, use.utilisation_mean, use.power_mean_w) == (1, 10.0, None)


def test_ten_looks_a_second_and_no_more_where_the_driver_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks that a slow driver makes late are left out: there is never a burst of them."""
    assert gpu_module.SAMPLE_S == 0.1
    monkeypatch.setattr(gpu_module, "SAMPLE_S", 0.02)
    device = FakeDevice([GpuSample(1.0, 1.0, 1.0)], takes_s=0.05)
    with GpuWatch([device]) as watch:
        watch.start()
        assert device.looked_often.wait(WITHIN_S)
    steps = [later - sooner for sooner, later in zip(device.looks, device.looks[1:], strict=False)]
    assert min(steps) >= 0.05


def test_without_a_device_no_thread_is_started() -> None:
    """A machine without a GPU pays nothing for it."""
    before = threading.active_count()
    watch = GpuWatch([])
    watch.start()
    assert threading.active_count() == before
    watch.stop()
    assert watch.use() is None


def test_the_thread_ends_though_the_window_is_never_closed() -> None:
    """A load that fails between opening and closing leaves no thread behind."""
    before = threading.active_count()
    with pytest.raises(ZeroDivisionError), GpuWatch([FakeDevice([GpuSample(1.0, 1.0, 1.0)])]) as watch:
        watch.start()
        _ = 1 / 0
    assert threading.active_count() == before


@pytest.mark.gpu
def test_a_real_gpu_tells_its_figures() -> None:
    """NVML's utilisation and memory of a window of a real device are figures, ten looks a second."""
    with nvml.devices_if_any() as found:
        if not found:
            unavailable("gpu", "NVML shows no GPU here")
        with GpuWatch(found) as watch:
            watch.start()
            time.sleep(1.05)
            watch.stop()
    use = watch.use()
    assert use is not None
    assert use.utilisation_mean is not None
    assert use.memory_peak_mib
    assert use.samples >= 8
