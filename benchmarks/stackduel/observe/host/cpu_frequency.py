"""Whether the system changes the speed of its cores."""

from __future__ import annotations

from pathlib import Path

CPUS = Path("/sys/devices/system/cpu")


def governors(cpus: Path = CPUS) -> tuple[str, ...]:
    """Return the names of the frequency governors in use, each once; none if the system shows none.

    Linux shows them if it can change the frequency itself; in a virtual machine the hypervisor may change it unseen.
    """
    names = set()
    for path in cpus.glob("cpu[0-9]*/cpufreq/scaling_governor"):
        try:
            names.add(path.read_text().strip())
        except OSError:  # a core that was taken offline
            continue
    return tuple(sorted(names))
