"""The options of a run as the user gave them; stored, so that a run can be resumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from stackduel.model.driver import DriverName
from stackduel_servers.models.device import Device

LauncherName = Literal["local", "docker", "compose", "url"]
GeneratorPlace = Literal["process", "container"]
DeviceName = Literal["auto", Device]

# The launchers that start processes or containers themselves, with settings of the run.
STARTING: frozenset[str] = frozenset({"local", "docker"})

# Servers close idle connections after seconds; one that was idle for less was closed for another reason.
RESEND_IDLE_S = 0.1
# No connection is idle for so long: nothing is sent again.
NEVER_RESEND_S = 1e9


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The settings of a run; None where the suite or the host decides.

    ``gates`` holds bounds of ``stackduel.analysis.gates.Thresholds`` that are not the method's, ``model`` the path of
    an ONNX file that stands in for the models of the suite. ``wait_quiet_s`` is how long to wait for a quiet host. A
    request is sent again only if its connection had been idle for ``resend_idle_s``, RESEND_IDLE_S where it is None.
    With ``published_delays`` scaled scenarios ask for what was published.
    ``thresholds`` is the path of a file of bounds that fail the run, ``long`` asks for the suite's long form;
    ``url`` is the address of the only server that is measured; ``profile`` has the stacks profiled that the CPU limits;
    ``price`` holds prices of ``stackduel.model.prices.Prices``. Each stack has ``cores``; with ``shared_cores`` these
    may be the generator's, too. ``python`` names the interpreters that each stack is measured on.
    ``slo`` are bounds on the times of streams. ``proxy`` has the labels of the proxies that each stack is measured
    behind, which cut an answer of which nothing came for ``proxy_timeout_s``.
    ``postgres`` is the URL of a PostgreSQL that runs already, without its password.
    """

    suite: str | None = None
    stacks: tuple[str, ...] | None = None
    stacks_file: str | None = None
    baseline: str | None = None
    launcher: LauncherName = "local"
    generator: GeneratorPlace = "process"
    driver: DriverName = "raw"
    device: DeviceName = "auto"
    blocks: int | None = None
    time_budget_s: float | None = None
    timeout_s: float = 30.0
    duration_s: float | None = None
    seed: int | None = None
    memory_mib: int | None = None
    project: str | None = None
    strict: bool = False
    keep_going: bool | None = None
    gates: Mapping[str, float] = field(default_factory=dict)
    model: str | None = None
    resend_idle_s: float | None = None
    wait_quiet_s: float | None = None
    published_delays: bool | None = None
    thresholds: str | None = None
    long: bool | None = None
    url: str | None = None
    profile: bool | None = None
    price: Mapping[str, float] | None = None
    cores: int | None = None
    shared_cores: bool | None = None
    python: tuple[str, ...] | None = None
    slo: str | None = None
    proxy: tuple[str, ...] | None = None
    proxy_timeout_s: float | None = None
    postgres: str | None = None
