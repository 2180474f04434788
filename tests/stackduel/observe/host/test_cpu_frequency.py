"""The frequency governors, from the files of a Linux kernel."""

from __future__ import annotations

from pathlib import Path

from stackduel.observe.host.cpu_frequency import governors


def write(cpus: Path, core: int, governor: str) -> None:
    folder = cpus / f"cpu{core}" / "cpufreq"
    folder.mkdir(parents=True)
    (folder / "scaling_governor").write_text(f"{governor}\n")


def test_each_governor_is_named_once(tmp_path: Path) -> None:
    """Cores may differ; what is no core is not read, and neither is one that was taken offline."""
    for core, governor in enumerate(("schedutil", "performance", "schedutil")):
        write(tmp_path, core, governor)
    (tmp_path / "cpu3" / "cpufreq" / "scaling_governor").mkdir(parents=True)
    (tmp_path / "cpufreq").mkdir()
    assert governors(tmp_path) == ("performance", "schedutil")


def test_where_none_is_shown_there_is_none(tmp_path: Path) -> None:
    """A virtual machine shows no governor, and another system has not even the folder."""
    (tmp_path / "cpu0").mkdir()
    assert governors(tmp_path) == governors(tmp_path / "absent") == ()
