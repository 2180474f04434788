"""The part of the probe that runs in the user's own interpreter: imports the application and says what it is.

``PYTHON probe_script.py RESULT MODULE NAME CALLED INTERFACE FRAMEWORKS SERVERS`` imports ``MODULE``, takes ``NAME``
from it, calls that where ``CALLED`` is ``1``, and writes what it found to the file ``RESULT`` as JSON. ``INTERFACE`` is
``wsgi``, ``asgi`` or empty; the last two are the packages to look for, with commas between them. It needs nothing but
the standard library of CPython 3.10 to 3.14, and imports nothing of ours but ``route_script`` beside it, by its path:
the folder that it lies in leaves ``sys.path`` before anything else is imported.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    del sys.path[0]

import importlib
import importlib.metadata
import importlib.util
import inspect
import json
import os
import traceback
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

# Where middlewares keep what they wrap.
WRAPPED = ("app", "application", "wsgi_app", "asgi_app", "_app", "_application", "__wrapped__")
MOST_WRAPPED = 8
MOST_HANDLERS = 10_000
# Gunicorn's worker classes, with the modules that each one cannot run without.
GUNICORN_WORKERS = {
    "sync": ("gunicorn.workers.sync",),
    "gthread": ("gunicorn.workers.gthread",),
    "gevent": ("gunicorn.workers.ggevent", "gevent", "packaging"),
    "asgi": ("gunicorn.workers.gasgi",),
}
# Where an application is looked for if only its module is named.
USUAL_NAMES = ("application", "app")


class RefusalError(Exception):
    """The named object is no application that a server can be given; the text says why."""


def main(result: str, module: str, name: str, called: str, interface: str, frameworks: str, known: str) -> None:
    """Probe, write the result, and end without waiting for threads that the application has started."""
    sys.path.insert(0, str(Path.cwd()))
    try:
        found = probe(module, name, interface, frameworks.split(","), called=called == "1")
        found["servers"] = servers(known.split(","))
    except RefusalError as refusal:
        found = {"refused": str(refusal)}
    except BaseException as error:  # noqa: BLE001 - an import may raise anything, SystemExit too
        found = {"raised": _user_part(error)}
    Path(result).write_text(json.dumps(found), encoding="utf-8")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def probe(module: str, name: str, interface: str, frameworks: Iterable[str], *, called: bool) -> dict[str, Any]:
    """Return what kind of application there is, its framework and its handlers.

    Raises RefusalError, and whatever the application's own import raises.
    """
    name, application = _loaded(importlib.import_module(module), name)
    if called:
        application = _made(name, application)
    kind = interface or interface_of(application)
    framework, version = framework_of(application, frameworks)
    coroutines, handlers = handlers_of(application)
    return {
        "name": name,
        "interface": kind,
        "framework": framework,
        "framework_version": version,
        "handlers": handlers,
        "coroutines": coroutines,
        "file": getattr(sys.modules.get(module), "__file__", None),
        **_routing(application),
    }


def interface_of(application: object) -> str:
    """Return ``wsgi`` or ``asgi`` by what the application can be called with; raises RefusalError that says what it is.

    WSGI (PEP 3333) calls with two arguments, ASGI 3.0 with three. Who takes either cannot be told.
    """
    classes = {f"{each.__module__.partition('.')[0]}.{each.__name__}" for each in type(application).__mro__}
    if "aiohttp.Application" in classes:
        raise RefusalError(
            "is an application of aiohttp.web, which has a server of its own and is neither WSGI nor ASGI"
        )
    if not callable(application):
        raise RefusalError(f"is no application: its type, {type(application).__name__}, cannot be called")
    try:
        signature = inspect.signature(application)
    except (TypeError, ValueError):
        raise RefusalError("does not say what it takes: choose --interface wsgi or --interface asgi") from None
    fits = [_can_be_called(signature, count) for count in (2, 3)]
    if fits == [True, False]:
        return "wsgi"
    if fits == [False, True]:
        return "asgi"
    if fits == [True, True]:
        if _is_coroutine(application):
            return "asgi"
        raise RefusalError("takes any number of arguments: choose --interface wsgi or --interface asgi")
    if _can_be_called(signature, 0):
        raise RefusalError("looks like a factory: write () behind its name, and it is called")
    raise RefusalError(f"takes {signature}: WSGI calls with two arguments and ASGI with three")


def framework_of(application: object, frameworks: Iterable[str]) -> tuple[str | None, str | None]:
    """Return the package and version of the framework, or of what else the application's class comes from."""
    layers = list(_layers(application))
    for layer in layers:
        for each in type(layer).__mro__:
            package = each.__module__.partition(".")[0]
            if package in frameworks:
                return package, _version(package)
    packages = importlib.metadata.packages_distributions()
    for layer in layers:
        package = (inspect.getmodule(type(layer) if not inspect.isroutine(layer) else layer) or sys).__name__
        for distribution in packages.get(package.partition(".")[0], ()):
            return distribution, _version(distribution)
    return None, None


def handlers_of(application: object) -> tuple[int | None, int | None]:
    """Return how many of the handlers are coroutines, and of how many; None where they cannot be known."""
    for layer in _layers(application):
        for find in (_view_functions, _endpoints, _litestar_handlers, _django_views, _callables):
            found = _first(find(layer))
            if found:
                return sum(map(_is_coroutine, found)), len(found)
    return None, None


def servers(known: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the servers that are installed here, with their versions and, of Gunicorn, the worker classes.

    They are looked for and not imported: what their import does is none of the application's business.
    """
    workers = [each for each, modules in GUNICORN_WORKERS.items() if all(map(_is_installed, modules))]
    return {
        server: {"version": _version(server), "worker_classes": workers if server == "gunicorn" else []}
        for server in known
        if _is_installed(server)
    }


def _routing(application: Any) -> dict[str, Any]:
    """Return the routes, and the host that requests must name where that is not any."""
    spec = importlib.util.spec_from_file_location("_stackduel_routes", Path(__file__).with_name("route_script.py"))
    if spec is None or spec.loader is None:
        return {"routes": [], "host": None}
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return {"routes": script.routes_of(application, _layers), "host": script.allowed_host(application, _layers)}


def _loaded(module: Any, name: str) -> tuple[str, Any]:
    names = (name,) if name else USUAL_NAMES
    for each in names:
        if hasattr(module, each):
            return each, getattr(module, each)
    known = [each for each, value in vars(module).items() if not each.startswith("_") and _may_be_meant(value, module)]
    close = f"; it has {', '.join(known[:8])}" if known else ""
    raise RefusalError(f"is not there: the module has no {' and no '.join(names)}{close}")


def _may_be_meant(value: object, module: Any) -> bool:
    """Return whether a name of a module may be the one that was meant: what is called, and was defined there."""
    return callable(value) and not inspect.isclass(value) and getattr(value, "__module__", "") == module.__name__


def _made(name: str, factory: Any) -> Any:
    if not callable(factory):
        raise RefusalError(f"is no factory: its type, {type(factory).__name__}, cannot be called")
    if inspect.iscoroutinefunction(factory):
        raise RefusalError(f"is a coroutine: servers call a factory and do not wait, so {name} must be a function")
    return factory()


def _can_be_called(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*range(count))
    except TypeError:
        return False
    return True


def _is_coroutine(handler: Any) -> bool:
    while hasattr(handler, "__wrapped__") and not inspect.iscoroutinefunction(handler):
        handler = handler.__wrapped__
    # Of an object it is its class that says what a call gives.
    called = vars(type(handler)).get("__call__")
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(called)


def _layers(application: Any) -> Iterator[Any]:
    """Yield the application, and what its middlewares wrap."""
    for _ in range(MOST_WRAPPED):
        yield application
        inner = (_attribute(application, name) for name in WRAPPED)
        application = next((each for each in inner if callable(each) and not _is_method_of(each, application)), None)
        if application is None:
            return


def _is_method_of(inner: Any, outer: Any) -> bool:
    """Return whether the inner is a method of the outer: Flask's ``wsgi_app`` wraps nothing."""
    return getattr(inner, "__self__", None) is outer


def _attribute(thing: Any, name: str) -> Any:
    try:
        return inspect.getattr_static(thing, name, None) and getattr(thing, name, None)
    except Exception:  # noqa: BLE001 - a property of the user's may raise anything
        return None


def _first(handlers: Iterable[Any]) -> list[Any]:
    """Return the handlers, as far as they can be found without an error."""
    found: list[Any] = []
    try:
        for each in handlers:
            found.append(each)
            if len(found) == MOST_HANDLERS:
                break
    except Exception:  # noqa: BLE001 - a framework of another version may look otherwise
        return []
    return found


def _view_functions(layer: Any) -> Iterator[Any]:
    """Yield the views of Flask and Quart, but for that of their static files."""
    views = getattr(layer, "view_functions", None)
    if isinstance(views, Mapping):
        yield from (view for name, view in views.items() if name.rpartition(".")[2] != "static")


def _endpoints(layer: Any) -> Iterator[Any]:
    """Yield the endpoints of Starlette and FastAPI, but for those of FastAPI's own pages."""
    for route in getattr(layer, "routes", None) or ():
        endpoint = getattr(route, "endpoint", None)
        if endpoint is not None and not getattr(endpoint, "__module__", "").startswith("fastapi."):
            yield endpoint
        # A router that is included as a whole keeps its routes to itself.
        yield from _endpoints(getattr(route, "original_router", route))


def _litestar_handlers(layer: Any) -> Iterator[Any]:
    for route in getattr(layer, "routes", None) or ():
        for handler in getattr(route, "route_handlers", ()):
            function = getattr(handler, "fn", None)
            if function is not None and not getattr(function, "__module__", "").startswith("litestar."):
                yield getattr(function, "value", function)


def _django_views(layer: Any) -> Iterator[Any]:
    if type(layer).__module__.partition(".")[0] == "django":
        yield from _callbacks(importlib.import_module("django.urls").get_resolver())


def _callables(layer: Any) -> Iterator[Any]:
    """Yield the handlers of Bottle, Sanic and Pyramid."""
    package = type(layer).__module__.partition(".")[0]
    if package == "bottle":
        yield from (route.callback for route in layer.routes if "mountpoint.prefix" not in route.config)
    elif package == "sanic":
        yield from (route.handler for route in layer.router.routes)
    elif package == "pyramid":
        yield from (
            view["introspectable"]["callable"]
            for view in layer.registry.introspector.get_category("views", ())
            if view["introspectable"]["route_name"]
        )


def _callbacks(resolver: Any) -> Iterator[Any]:
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            yield from _callbacks(pattern)
        elif getattr(getattr(pattern.callback, "view_class", None), "view_is_async", False):
            yield _a_coroutine
        else:
            yield pattern.callback


async def _a_coroutine() -> None:
    """Stand for a view whose class says that its handlers are coroutines."""


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _user_part(error: BaseException) -> str:
    """Return the traceback as the interpreter would print it, without the frames of this script and of importlib."""
    shown = error.__traceback__
    while shown is not None and _is_ours(shown.tb_frame.f_code.co_filename):
        shown = shown.tb_next
    return "".join(traceback.format_exception(type(error), error, shown))


def _is_ours(filename: str) -> bool:
    return filename == __file__ or filename.startswith("<frozen importlib") or filename == importlib.__file__


if __name__ == "__main__":
    main(*sys.argv[1:])
