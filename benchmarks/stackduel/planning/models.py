"""The models of a run before anything is started: their files, the user's own one, and a Triton for some."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from math import prod
from pathlib import Path

from stackduel.model.errors import FieldError
from stackduel.model.model_input import ModelInput
from stackduel.model.run_options import LauncherName
from stackduel.model.stack import Registered, Stack
from stackduel.model.suite import Scenario, Suite, Workload
from stackduel_servers.models import store
from stackduel_servers.models.build import build
from stackduel_servers.models.catalog import OWN, TensorInput
from stackduel_servers.models.model import load
from stackduel_servers.models.store import FILES, OWN_VARIABLE, ModelError
from stackduel_servers.models.triton.repository import loaded_by_default
from stackduel_servers.triton.installation import INSTALL, TritonError, locate

EXTRA = "inference"
# What the runner itself needs: to build the models and to know their shapes.
PACKAGES = ("numpy", "onnx", "onnxruntime")
TRITON = "triton"


def asking_own(suite: Suite, file: Path) -> Suite:
    """Return the suite with every model replaced by the user's ONNX file.

    Its input is numbers of the shape that the file declares. Raises FieldError if the suite asks no model, or the
    file cannot be served.
    """
    if not suite.models:
        raise FieldError(f"--model: suite {suite.name} asks no model")
    refuse_without_runtime()
    try:
        takes = load(OWN, {**os.environ, OWN_VARIABLE: str(file)}).card.takes
    except ModelError as error:
        raise FieldError(f"--model: {error}") from error
    if not isinstance(takes, TensorInput):
        raise FieldError(f"--model: {file}: takes no tensor")
    given = ModelInput("tensor", prod(takes.shape))
    return replace(suite, scenarios=tuple(_asking_own(each, given) for each in suite.scenarios))


def _asking_own(scenario: Scenario, given: ModelInput) -> Scenario:
    return replace(scenario, workloads=tuple(_own(each, given) for each in scenario.workloads))


def _own(workload: Workload, given: ModelInput) -> Workload:
    if workload.model is None:
        return workload
    return replace(workload, target=f"/infer/{OWN}", model=OWN, given=given, served_as=None)


def refuse_without_runtime() -> None:
    """Raise FieldError if packages that models need are not installed."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise FieldError(f"models need {', '.join(missing)}: install them with pip install 'stackduel[{EXTRA}]'")


def build_models(suite: Suite, stacks: Iterable[Stack], launcher: LauncherName, say: Callable[[str], None]) -> None:
    """Build the models that are missing, before the first server starts: those that a suite asks, and all that a Triton
    among the ``stacks`` loads at its start.

    Only local servers need them: images, projects and running servers have their own. Raises FieldError if they
    cannot be built.
    """
    loaded = loaded_by_default() if any(_is_triton(stack) for stack in stacks) else ()
    wanted = [model for model in dict.fromkeys((*suite.models, *loaded)) if model != OWN]
    if launcher != "local" or not suite.models:
        return
    refuse_without_runtime()
    missing = [model for model in wanted if not store.is_built(model, os.environ)]
    if not missing:
        return
    try:
        build(missing, os.environ, say)
    except ModelError as error:
        raise FieldError(f"models: {error}") from error


def described(suite: Suite, own: Path | None) -> dict[str, dict[str, str]]:
    """Return the files of a suite's models by name, with their hashes."""
    found = {model: {file.name: file.sha256 for file in FILES[model]} for model in suite.models if model in FILES}
    if OWN in suite.models and own is not None:
        with own.open("rb") as file:
            found[OWN] = {own.name: hashlib.file_digest(file, "sha256").hexdigest()}
    return found


def without_triton(
    stacks: Sequence[str], known: Mapping[str, Stack], launcher: LauncherName, *, named: bool
) -> tuple[tuple[str, ...], str | None]:
    """Return the stacks without those that need a Triton that is missing, and a note about these.

    Raises FieldError if the user ``named`` them.
    """
    needing = [name for name in stacks if needs_triton(known[name])]
    if not needing or launcher != "local":
        return tuple(stacks), None
    try:
        locate(os.environ)
    except TritonError as error:
        if named:
            raise FieldError(f"--stacks: {', '.join(needing)}: {error}") from error
        note = f"Left out, because they need Triton: {', '.join(needing)}. {_sentence(str(error))}"
        return tuple(name for name in stacks if name not in needing), note
    return tuple(stacks), None


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") or INSTALL in text[-len(INSTALL) :] else ".")


def _is_triton(stack: Stack) -> bool:
    """Return whether a stack is a Triton by itself; one beside a stack loads a model when it is asked for."""
    return isinstance(stack.source, Registered) and stack.source.entry.framework == TRITON


def needs_triton(stack: Stack) -> bool:
    """Return whether a stack is a Triton of ours, or has one beside it."""
    if not isinstance(stack.source, Registered):
        return False
    entry = stack.source.entry
    return TRITON in {entry.framework, entry.companion}
