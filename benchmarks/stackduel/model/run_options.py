"""What the user asked of a run, as it can be stored and taken up again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from stackduel.model.driver import DriverName
from stackduel_servers.models.device import Device

LauncherName = Literal["local", "docker", "compose", "url"]
GeneratorPlace = Literal["process", "container"]
DeviceName = Literal["auto", Device]


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The settings of a run; None where the suite or the host decides.

    ``gates`` holds bounds of ``stackduel.analysis.gates.Thresholds`` that are not the method's, ``model`` the path of
    an ONNX file that stands in for the models of the suite.
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
    gates: Mapping[str, float] = field(default_factory=dict)
    model: str | None = None
