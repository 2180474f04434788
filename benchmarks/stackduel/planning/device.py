"""The device that a run's models are computed on: what was asked for, and what this machine has."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.model.suite import Suite
from stackduel.planning.adaptation import asks_models
from stackduel_servers.core.variables import SettingsError
from stackduel_servers.isolation import isolated_python
from stackduel_servers.models.device import AUTO, DEVICES, Chosen, choose, driver_lacks

LOOKS_WITHIN_S = 120
CONTAINERS_STAY = "Models in containers run on the CPU: --device cuda builds images with CUDA and gives them the GPUs."
IN_IMAGES = ("cpu", "cuda")


def device_for(options: RunOptions, suite: Suite) -> tuple[str | None, tuple[str, ...]]:
    """Return the device of a run, None if its servers decide, and a note on it if the suite asks models."""
    chosen = device_of(options)
    if chosen is None:
        return None, ()
    return chosen.device, (chosen.note,) if chosen.note and asks_models(suite) else ()


def device_of(options: RunOptions, lack: Callable[[str], str | None] | None = None) -> Chosen | None:
    """Choose the device of a run's servers; None if they were started by somebody else, who decides it.

    ``lack`` says why this machine cannot use a device. Raises FieldError for a device that cannot be used.
    """
    if options.launcher in {"compose", "url"}:
        if options.device == AUTO:
            return None
        raise FieldError(f"--device: the servers of --launcher {options.launcher} were started without it")
    if options.launcher == "docker":
        return _in_containers(options.device)
    try:
        return choose(options.device, lack or lacking)
    except SettingsError as error:
        raise FieldError(f"--device: {str(error).partition(': ')[2]}") from error


def lacking(device: str) -> str | None:
    """Return why a device cannot be used here; looked up in a process of its own, so that none of ours loads CUDA."""
    if "cuda" in device and (reason := driver_lacks()):
        return reason
    command = [*isolated_python(), "-m", "stackduel_servers.models.device", device]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=LOOKS_WITHIN_S)
        found: dict[str, str | None] = json.loads(done.stdout)
    except subprocess.CalledProcessError as error:
        return f"looking for it failed: {(error.stderr.strip().splitlines() or ['no reason told'])[-1]}"
    except (subprocess.TimeoutExpired, ValueError) as error:
        return f"looking for it failed: {error}"
    return found[device]


def _in_containers(asked: str) -> Chosen:
    """Choose among what images hold; the launcher sees later whether the engine can give GPUs to a container."""
    if asked == AUTO:
        return Chosen("cpu", CONTAINERS_STAY)
    known = next((device for device in DEVICES if device == asked), None)
    if known not in IN_IMAGES:
        raise FieldError(f"--device: {asked} needs --launcher local; images hold ONNX Runtime, not PyTorch")
    return Chosen(known)
