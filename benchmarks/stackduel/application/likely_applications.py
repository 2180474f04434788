"""The applications that a checkout may have: as its files name them, else as its modules look like."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import get_args

from stackduel.application.application_probe import application_name
from stackduel.application.current_command import server_command
from stackduel.application.module_names import module_names
from stackduel.application.named_application import FOLDERS, application_in, flask_application
from stackduel.application.shell_words import StartedBy
from stackduel.application.start_files import read_beginning, start_lines
from stackduel.model.application import ApplicationName, CurrentCommand, Interface
from stackduel.model.bound_commands import without_options
from stackduel.model.errors import FieldError

# Folders of a checkout that code may be imported from.
PLACES = ("", "src", "backend", "server", "api", "app", "web", "service")
MODULES = ("wsgi", "asgi", "app", "main", "application", "server", "api", "web", "run", "__init__")
# Packages that serve nothing.
OTHERS = frozenset({"tests", "test", "docs", "doc", "scripts", "migrations", "node_modules", "build", "dist"})
MOST_PACKAGES = 50
SETTINGS = re.compile(r"""DJANGO_SETTINGS_MODULE["']?\s*,\s*["']([\w.]+)["']""")
DJANGO_APPLICATION = r"""(?m)^{}\s*=\s*["']([\w.]+)\.(\w+)["']"""
LOOKED_FOR = (
    "Procfile, Dockerfile, compose file, manage.py, FLASK_APP, or app.py, main.py, wsgi.py, asgi.py and their like "
    "here, in src and in packages"
)


@dataclass(frozen=True, slots=True)
class LikelyApplication:
    """A likely application: its name, the ``folder`` to import it in, and which file says so.

    ``command`` is the one that names it, None if none does. Where ``stated`` is false, it is a guess by its looks.
    """

    name: ApplicationName
    origin: str
    folder: Path
    command: CurrentCommand | None = None
    stated: bool = True


def likely_applications(
    folder: Path, interface: Interface | None = None, environ: Mapping[str, str] = os.environ
) -> Iterator[LikelyApplication]:
    """Yield what may be the application of a checkout, the likeliest first, each once."""
    seen = set()
    found = chain(
        stated_applications(folder, environ),
        _of_django(folder, interface),
        _of_flask(folder, environ),
        _of_looks(folder),
    )
    for each in found:
        if (each.folder, each.name) not in seen:
            seen.add((each.folder, each.name))
            yield each


def stated_applications(folder: Path, environ: Mapping[str, str] = os.environ) -> Iterator[LikelyApplication]:
    """Yield the applications that the commands of the start files name."""
    for place in _places(folder):
        for line in start_lines(place, environ):
            origin = _shown(folder, place, line.origin)
            for started in reversed(line.started):
                yield from _started(started, origin, place, folder)


def home_of(folder: Path, module: str) -> Path | None:
    """Return the folder of a checkout in which a module lies, so that it can be imported there; None if none has it."""
    return next((place for place in _places(folder) if module_file(place, module)), None)


def module_file(place: Path, module: str) -> Path | None:
    """Return the file of a module that is imported in a folder; None if it has none there."""
    path = place.joinpath(*module.split("."))
    return next((each for each in (path.with_suffix(".py"), path / "__init__.py") if each.is_file()), None)


def _places(folder: Path) -> Iterator[Path]:
    for name in PLACES:
        place = folder / name
        # A package's own folder is none that its modules are imported in.
        if place.is_dir() and (not name or not (place / "__init__.py").is_file()):
            yield place


def _shown(folder: Path, place: Path, origin: str) -> str:
    return origin if place == folder else f"{place.relative_to(folder).as_posix()}/{origin}"


def _started(started: StartedBy, origin: str, place: Path, folder: Path) -> Iterator[LikelyApplication]:
    named = application_in(started.argv)
    if named is not None:
        # It is started in the folder of the application, so it need not go there itself.
        words = tuple(without_options(started.argv, FOLDERS)) if named.folder else started.argv
        command = server_command(replace(started, argv=words), origin)
        for name in named.names:
            inside = place / named.folder
            home = inside if module_file(inside, name.module) else home_of(folder, name.module)
            if home is not None or name.name:
                yield LikelyApplication(name, origin, home or inside, command)
        return
    if (flask := flask_application(started.argv)) is not None:
        yield from _named_to_flask(flask, origin, place)
    for word in started.argv:
        if word.endswith(".py") and word != "manage.py" and (place / word).is_file():
            yield from _of_module(word.removesuffix(".py").strip("./").replace("/", "."), origin, place, stated=False)


def _of_django(folder: Path, interface: Interface | None) -> Iterator[LikelyApplication]:
    """Yield the applications of a Django project: those of its settings, else the modules beside them."""
    kinds = (interface,) if interface else get_args(Interface)
    for place in _places(folder):
        for settings in SETTINGS.findall(read_beginning(place / "manage.py")):
            origin = _shown(folder, place, "manage.py")
            text = _settings_text(place, settings)
            for key in (f"{kind.upper()}_APPLICATION" for kind in kinds):
                for module, name in re.findall(DJANGO_APPLICATION.format(key), text):
                    yield LikelyApplication(ApplicationName(module, name), f"{origin}, {key}", place)
            for module in (f"{settings.partition('.')[0]}.{kind}" for kind in kinds):
                if module_file(place, module):
                    yield LikelyApplication(ApplicationName(module, "application"), origin, place)


def _settings_text(place: Path, settings: str) -> str:
    """Return the text of the settings and, where they are a package, of its modules."""
    file = module_file(place, settings)
    if file is None:
        return ""
    files = [file] if file.name != "__init__.py" and file.parent == place else sorted(file.parent.glob("*.py"))
    return "\n".join(map(read_beginning, files))


def _of_flask(folder: Path, environ: Mapping[str, str]) -> Iterator[LikelyApplication]:
    """Yield what FLASK_APP names, in the environment or in .flaskenv."""
    in_file = re.findall(
        r"(?m)^\s*(?:export\s+)?FLASK_APP\s*=\s*[\"']?([^\s\"']+)", read_beginning(folder / ".flaskenv")
    )
    for text, origin in ((environ.get("FLASK_APP"), "FLASK_APP"), *((each, ".flaskenv") for each in in_file)):
        if text:
            yield from _named_to_flask(text, origin, folder)


def _named_to_flask(text: str, origin: str, place: Path) -> Iterator[LikelyApplication]:
    try:
        name = application_name(text.removesuffix(".py").replace("/", "."))
    except FieldError:
        return
    home = home_of(place, name.module) or place
    if name.name:
        # Flask calls what looks like a factory, and so do we.
        file = module_file(home, name.module)
        is_factory = file is not None and name.name in module_names(file).factories
        yield LikelyApplication(replace(name, called=name.called or is_factory), origin, home)
    else:
        yield from _of_module(name.module, origin, home, stated=True)


def _of_looks(folder: Path) -> Iterator[LikelyApplication]:
    """Yield the applications that modules seem to have, and after all of them what their factories make."""
    modules = [(place, module) for place in _places(folder) for module in _modules(place)]
    found = [each for place, module in modules for each in _of_module(module, "", place, stated=False)]
    yield from sorted(found, key=lambda each: each.name.called)


def _of_module(module: str, origin: str, place: Path, *, stated: bool) -> Iterator[LikelyApplication]:
    file = module_file(place, module)
    if file is None:
        return
    names = module_names(file)
    for name in names.applications:
        yield LikelyApplication(ApplicationName(module, name), origin or file.name, place, stated=stated)
    for name in names.factories:
        yield LikelyApplication(ApplicationName(module, name, called=True), origin or file.name, place, stated=stated)


def _modules(place: Path) -> Iterator[str]:
    """Yield the modules of a folder and of its packages that usually have an application, then its other modules."""
    yield from (name for name in MODULES if name != "__init__")
    try:
        entries = sorted(place.iterdir())
    except OSError:
        return
    folders = [each for each in entries if each.is_dir() and each.name.isidentifier() and each.name not in OTHERS]
    for folder in folders[:MOST_PACKAGES]:
        for name in MODULES:
            yield folder.name if name == "__init__" else f"{folder.name}.{name}"
    files = [each.stem for each in entries if each.suffix == ".py" and each.stem.isidentifier()]
    yield from [each for each in files if each not in {*MODULES, "manage", "setup", "conftest"}][:MOST_PACKAGES]
