"""Graphics processors stand on the page where they were seen, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

from stackduel.model.gpu_use import DeviceUse, Gpu, GpuUse
from stackduel.model.run import Run
from stackduel.model.trial import Trial
from stackduel.report.html.page import render
from tests.stackduel.report.html.outline import outline, read
from tests.stackduel.report.modelled import modelled

GPUS = (Gpu("NVIDIA H100", "GPU-1", "570.1", 81_559.0), Gpu("NVIDIA H100", "GPU-2", "570.1", 81_559.0))


def use(percent: float, devices: int = 1, power_w: float | None = 200.0) -> GpuUse:
    """The first device as busy as that, a second one half of it."""
    each = tuple(DeviceUse.of(gpu, percent / (1 + place), 2048.0, power_w) for place, gpu in enumerate(GPUS[:devices]))
    total_w = None if power_w is None else power_w * devices
    return GpuUse(each, percent, 2048.0 * devices, total_w, 100)


def watched(devices: int = 1, power_w: float | None = 200.0) -> Run:
    """The run of models on a machine with devices that triton keeps busier than fastapi does."""
    made = modelled()
    results = tuple(
        replace(each, gpu=use(55.0 if each.place.stack == "triton" else 33.0, devices, power_w))
        if isinstance(each, Trial)
        else each
        for each in made.results
    )
    return replace(made, results=results)


def test_each_figure_has_a_chart_and_a_table_in_each_scenario() -> None:
    """Utilisation, memory and power, stack by stack."""
    text = outline(read(render(watched())))
    for title in ("GPU utilisation", "GPU memory", "GPU power"):
        assert text.count(f"figcaption: {title}\n") == 2
    assert (
        "caption: GPU utilisation, %\ntr: stack | %\ntr: fastapi | 33.0\ntr: fastapi.twin | 33.0\ntr: triton | 55.0\n"
        in text
    )
    assert "tr: triton | 2,048\n" in text
    assert "tr: triton | 200\n" in text
    assert "Each graphics processor by itself" not in text


def test_several_devices_have_a_row_each() -> None:
    """Each has a row of its own for each stack, by its identity."""
    text = outline(read(render(watched(devices=2))))
    assert text.count("caption: Each graphics processor by itself") == 2
    assert "tr: triton | NVIDIA H100 (GPU-2) | 27.5 | 2,048 | 200\n" in text


def test_a_figure_that_a_device_does_not_report_has_no_chart() -> None:
    """A device without power figures has the two others."""
    text = outline(read(render(watched(power_w=None))))
    assert "GPU utilisation" in text
    assert "GPU power" not in text


def test_without_a_device_there_is_nothing() -> None:
    """No empty chart, no heading."""
    assert "figcaption: GPU" not in outline(read(render(modelled())))
