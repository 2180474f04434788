"""Servers beside the user's environment: installed into a cache of stackduel's where the interpreter lacks them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from stackduel.application import layer_cache, layer_refusals
from stackduel.application.layer_cache import LayerFacts
from stackduel.application.layer_refusals import Refusal
from stackduel.application.pip_install import (
    UNREACHABLE,
    NoSolutionError,
    NotInstalledError,
    pip_for,
    shown_requirements,
)
from stackduel.application.user_packages import UserPackages, start_of, user_packages
from stackduel.application.wanted_servers import WantedServer, distribution_of, extras_of, missing_servers
from stackduel.model.application import Application, ImportableServer, ServerLayer
from stackduel_servers.supported import PYTHON_SERVERS

LAUNCHER = Path(__file__).with_name("layered_server.py")
# Gunicorn's, in the order in which the probe finds them.
_CLASSES = ("sync", "gthread", "gevent", "asgi")


@dataclass(frozen=True, slots=True)
class LayeredApplication:
    """An application with the servers that lie beside its environment, and sentences on them for the report."""

    application: Application
    notes: tuple[str, ...] = ()


def with_layers(
    application: Application, say: Callable[[str], None], tell: Callable[[str], None]
) -> LayeredApplication:
    """Install the servers that the interpreter lacks beside its packages, and return the application with them.

    A server without a solution beside the user's packages is left out, with the reason. ``say`` prints a line, ``tell``
    shows what is waited for. Raises FieldError if there is no pip, OSError if the cache cannot be written.
    """
    wanted = missing_servers(application)
    if not wanted:
        return LayeredApplication(application)
    tell("Reading the packages of your environment")
    packages = user_packages(application.interpreter, Path(application.folder))
    folder = layer_cache.layers_folder() / packages.key
    with layer_cache.turn_in(folder, say):
        refused = _refused(wanted, folder)
        tried = [each for each in wanted if each not in refused]
        if absent := [each.title for each in tried if layer_cache.kept(folder / each.name) is None]:
            say(f"Installing beside your environment, which stays as it is: {', '.join(absent)}.")
        found, left_out = _installed(tried, folder, application, packages, tell)
        layer_cache.remove_unused(folder.parent)
    return LayeredApplication(_joined(application, found), tuple(_notes(found, refused | left_out, folder)))


def with_layers_to_come(application: Application) -> LayeredApplication:
    """Return the application with the servers that would be installed beside its environment; nothing is installed.

    Those that are known to have no solution there are left out, with the reason.
    """
    wanted = missing_servers(application)
    refused: dict[WantedServer, str] = {}
    folder = layer_cache.layers_folder()
    # Without any refusal the interpreter need not be asked.
    if layer_refusals.has_any(folder):
        refused = _refused(wanted, folder / user_packages(application.interpreter, Path(application.folder)).key)
    to_come = [each for each in wanted if each not in refused]
    layers = {
        each: ServerLayer((), tuple(f"{distribution_of(one)}{extras_of(one)}" for one in each.requirements))
        for each in to_come
    }
    named = ", ".join(each.title for each in to_come)
    first = (f"Your environment lacks {named}: they would be installed beside it first.",) if named else ()
    return LayeredApplication(_joined(application, layers), (*first, *_notes({}, refused, folder)))


def _refused(wanted: Iterable[WantedServer], folder: Path) -> dict[WantedServer, str]:
    """Return the servers for which pip found no solution within the last day, each with its reason and its time."""
    known = {each: layer_refusals.remembered(folder / each.name, each.requirements) for each in wanted}
    return {each: _sentence(found, folder / each.name) for each, found in known.items() if found is not None}


def _sentence(refusal: Refusal, folder: Path) -> str:
    found = datetime.fromtimestamp(refusal.refused_s).astimezone().strftime("%Y-%m-%d %H:%M")
    again = f"pip is asked again a day later, or once {layer_refusals.refusal_file(folder)} is gone"
    return f"{refusal.reason} (found on {found}; {again})"


def _installed(
    wanted: Iterable[WantedServer],
    folder: Path,
    application: Application,
    packages: UserPackages,
    tell: Callable[[str], None],
) -> tuple[dict[WantedServer, ServerLayer], dict[WantedServer, str]]:
    """Return the layers of the servers, made now or kept from before, and why the others have none.

    What has no solution is remembered.
    """
    found: dict[WantedServer, ServerLayer] = {}
    left_out: dict[WantedServer, str] = {}
    for each in wanted:
        place = folder / each.name
        tell(f"Installing {each.title} beside your environment")
        facts = layer_cache.kept(place)
        if facts is None and UNREACHABLE in left_out.values():
            left_out[each] = UNREACHABLE
            continue
        try:
            facts = facts or _made(each, place, application, packages)
        except NotInstalledError as error:
            left_out[each] = str(error)
            if isinstance(error, NoSolutionError):
                layer_refusals.remember(place, str(error), each.requirements)
        else:
            found[each] = _layer(each, facts, place, application)
    return found, left_out


def _notes(
    found: Mapping[WantedServer, ServerLayer], left_out: Mapping[WantedServer, str], folder: Path
) -> Iterator[str]:
    if found:
        named = ", ".join(dict.fromkeys(name for layer in found.values() for name in layer.requirements))
        yield f"Not in your environment, and installed beside it by stackduel ({folder}): {named}."
    for each, why in left_out.items():
        yield f"{each.title} is left out, as it cannot be installed beside your packages: {why}."


def _made(wanted: WantedServer, folder: Path, application: Application, packages: UserPackages) -> LayerFacts:
    """Install a server, and try whether its modules can be imported; raises NotInstalledError."""

    def fill(target: Path, work: Path) -> LayerFacts:
        pip = pip_for(application.interpreter, packages, work)
        resolved = pip.resolved(wanted, packages)
        if resolved:
            pip.install(resolved, target)
        start, why = start_of(wanted, target, application.interpreter, Path(application.folder))
        if not start:
            raise NoSolutionError(f"it was installed, and cannot be imported: {why}")
        return LayerFacts(resolved, shown_requirements(wanted, resolved), start)

    return layer_cache.make(folder, fill)


def _layer(wanted: WantedServer, facts: LayerFacts, folder: Path, application: Application) -> ServerLayer:
    python, packages = str(application.interpreter.path), str(folder / layer_cache.PACKAGES)
    return ServerLayer((python, str(LAUNCHER), packages, facts.start, wanted.program), facts.requirements)


def _joined(application: Application, found: Mapping[WantedServer, ServerLayer]) -> Application:
    servers = dict(application.servers)
    layers: dict[tuple[str, str | None], ServerLayer] = {}
    for wanted, layer in found.items():
        known = servers.get(wanted.server) or ImportableServer(_version(wanted, layer))
        classes = {*known.worker_classes, *wanted.worker_classes}
        servers[wanted.server] = replace(known, worker_classes=tuple(each for each in _CLASSES if each in classes))
        layers |= {(wanted.server, each): layer for each in wanted.worker_classes or (None,)}
    return replace(application, servers=_ordered(servers), layers=layers)


def _ordered(servers: Mapping[str, ImportableServer]) -> dict[str, ImportableServer]:
    """Return the servers in the order in which the probe looks for them."""
    order: Iterable[str] = (*PYTHON_SERVERS, *servers)
    return {name: servers[name] for name in dict.fromkeys(order) if name in servers}


def _version(wanted: WantedServer, layer: ServerLayer) -> str | None:
    """Return the version of the server itself in its layer; None where that is not known."""
    versions = (each.partition("==")[2] for each in layer.requirements if distribution_of(each) == wanted.server)
    return next(versions, "") or None
