"""The part of the probe that reads an application's routes, in the user's own interpreter.

``probe_script`` loads it by its path. It needs nothing but the standard library of CPython 3.10 to 3.14, and imports
of a framework only what the application has imported already.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

MOST_ROUTES = 500
MOST_PATH = 500
# What every framework answers by itself.
IMPLIED = frozenset({"HEAD", "OPTIONS", "TRACE", "CONNECT", "WEBSOCKET"})
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# Flask's ``<int:id>``, Sanic's ``<id:int>``, and ``{id:int}`` of Starlette, Litestar, Falcon and Pyramid.
ANGLED = re.compile(r"<(?:[^<>]*:)?(\w+)>")
NAMED_FIRST = re.compile(r"<(\w+)(?::[^<>]*)?>")
BRACED = re.compile(r"\{([^\W\d]\w*)(?:[^{}]|\{[^{}]*\})*\}")
# Bottle's ``<id:int>``, ``<:re:[a-z]+>`` without a name, and ``:id`` of old.
BOTTLED = re.compile(r"(?<!\\)(?:<(\w*)(?::(?:\\.|[^\\>])*)?>|:(\w+)(?:#[^#]*#)?)")
# Pyramid's ``*rest`` at the end.
STARRED = re.compile(r"\*(\w+)$")
# Django REST Framework has each route a second time, with a format behind a dot.
SUFFIXED = re.compile(r"\\?\.?<(drf_format_suffix:)?format>")

Layers = Callable[[Any], Iterable[Any]]


class FoundRoute(NamedTuple):
    """A path with ``{name}`` for each parameter, its methods, the headers it needs, and whether it is the user's."""

    path: str
    methods: tuple[str, ...]
    headers: tuple[str, ...] = ()
    of_framework: bool = False

    def below(self, prefix: str) -> FoundRoute:
        """Return the route where the application that has it is mounted at a prefix."""
        return self._replace(path=f"{prefix}{self.path}")


def routes_of(application: Any, layers: Layers) -> list[dict[str, Any]]:
    """Return the routes as JSON has them, in the framework's order; none where they cannot be read."""
    found = {(route.path, route.methods): route for route in _first(_routes(application, layers), MOST_ROUTES)}
    return [route._asdict() for route in found.values() if len(route.path) <= MOST_PATH and route.methods]


def allowed_host(application: Any, layers: Layers) -> str | None:
    """Return the host that requests must name where ``localhost`` is refused: one of Django's ALLOWED_HOSTS."""
    if not any(_is_of(layer, "django") for layer in layers(application)):
        return None
    try:
        hosts = [str(host) for host in importlib.import_module("django.conf").settings.ALLOWED_HOSTS]
    except Exception:  # noqa: BLE001 - settings that cannot be read raise what they like
        return None
    if not hosts or {"*", "localhost", ".localhost"} & {*hosts}:
        return None
    return hosts[0].lstrip(".")


def _routes(application: Any, layers: Layers) -> Iterator[FoundRoute]:
    for layer in layers(application):
        for read in _READERS:
            if found := _first(read(layer, layers), MOST_ROUTES):
                yield from found
                return


def _first(routes: Iterable[FoundRoute], most: int) -> list[FoundRoute]:
    """Return the first routes, as far as they can be read without an error."""
    found: list[FoundRoute] = []
    try:
        for each in routes:
            found.append(each)
            if len(found) == most:
                break
    except Exception:  # noqa: BLE001 - a framework of another version may look otherwise
        return found
    return found


def _dispatched(layer: Any, layers: Layers) -> Iterator[FoundRoute]:
    """Yield the routes below werkzeug's DispatcherMiddleware, which has an application for each prefix."""
    mounts = getattr(layer, "mounts", None)
    if isinstance(mounts, Mapping) and hasattr(layer, "app"):
        yield from _routes(layer.app, layers)
        for prefix, inner in mounts.items():
            yield from (route.below(prefix) for route in _routes(inner, layers))


def _of_werkzeug(layer: Any, _layers: Layers) -> Iterator[FoundRoute]:
    """Yield the routes of Flask and Quart, but for that of their static files."""
    for rule in getattr(getattr(layer, "url_map", None), "iter_rules", list)():
        if rule.build_only or getattr(rule, "websocket", False) or rule.endpoint.rpartition(".")[2] == "static":
            continue
        yield FoundRoute(ANGLED.sub(r"{\1}", rule.rule), _known(rule.methods or METHODS[:1]))


def _of_starlette(layer: Any, layers: Layers) -> Iterator[FoundRoute]:
    for route in getattr(layer, "routes", None) or ():
        if (router := getattr(route, "original_router", None)) is not None:
            # FastAPI keeps a router that is included as a whole.
            prefix = getattr(getattr(route, "include_context", None), "prefix", "")
            yield from (each.below(prefix) for each in _of_starlette(router, layers))
        elif hasattr(route, "endpoint"):
            yield from _endpoint(route)
        elif hasattr(route, "app") and hasattr(route, "path"):
            yield from (each.below(route.path) for each in _routes(route.app, layers))


def _endpoint(route: Any) -> Iterator[FoundRoute]:
    if not hasattr(route, "methods"):
        return  # a WebSocket's
    endpoint = route.endpoint
    # A class has a method for each method.
    own = [name for name in METHODS if hasattr(endpoint, name.lower())] if isinstance(endpoint, type) else METHODS[:1]
    required = [*_required(getattr(route, "dependant", None))]
    query = "&".join(f"{name}={{{name}}}" for kind, name in required if kind == "query_params")
    path = BRACED.sub(r"{\1}", getattr(route, "path_format", route.path))
    yield FoundRoute(
        f"{path}?{query}" if query else path,
        _known(route.methods or own),
        tuple(name for kind, name in required if kind == "header_params"),
        getattr(endpoint, "__module__", "").startswith("fastapi."),
    )


def _required(dependant: Any) -> Iterator[tuple[str, str]]:
    """Yield what FastAPI refuses a request without: the kind of each parameter and its name."""
    for kind in ("query_params", "header_params"):
        for field in getattr(dependant, kind, ()):
            info = getattr(field, "field_info", None)
            if field.required if hasattr(field, "required") else info is not None and info.is_required():
                yield kind, field.alias
    for inner in getattr(dependant, "dependencies", ()):
        yield from _required(inner)


def _of_litestar(layer: Any, _layers: Layers) -> Iterator[FoundRoute]:
    for route in getattr(layer, "routes", None) or ():
        for handler in getattr(route, "route_handlers", ()):
            function = getattr(handler.fn, "value", handler.fn)
            is_own = getattr(function, "__module__", "").startswith("litestar.")
            methods = _known(getattr(handler, "http_methods", ()))
            yield FoundRoute(BRACED.sub(r"{\1}", route.path), methods, of_framework=is_own)


def _of_falcon(layer: Any, _layers: Layers) -> Iterator[FoundRoute]:
    if _is_of(layer, "falcon"):
        for route in importlib.import_module("falcon.inspect").inspect_routes(layer):
            methods = _known(each.method for each in route.methods if not each.internal)
            yield FoundRoute(BRACED.sub(r"{\1}", route.path), methods)


def _of_django(layer: Any, _layers: Layers) -> Iterator[FoundRoute]:
    if _is_of(layer, "django"):
        simplify = importlib.import_module("django.contrib.admindocs.views").simplify_regex
        yield from _patterns(importlib.import_module("django.urls").get_resolver(), "", simplify)


def _patterns(resolver: Any, prefix: str, simplify: Callable[[str], str]) -> Iterator[FoundRoute]:
    for pattern in resolver.url_patterns:
        whole = f"{prefix}{pattern.pattern}"
        if hasattr(pattern, "url_patterns"):
            yield from _patterns(pattern, whole, simplify)
        elif not SUFFIXED.search(path := simplify(whole)):
            of_framework = getattr(pattern.callback, "__module__", "").startswith("django.contrib.")
            yield FoundRoute(ANGLED.sub(r"{\1}", path), _of_view(pattern.callback), of_framework=of_framework)


def _of_view(view: Any) -> tuple[str, ...]:
    """Return the methods of a view: a function does not say which it takes, so it is asked with GET."""
    if actions := getattr(view, "actions", None):
        return _known(actions)
    handlers = getattr(view, "view_class", None) or getattr(view, "cls", None)
    return _known(name for name in METHODS if hasattr(handlers, name.lower())) if handlers else METHODS[:1]


def _of_bottle(layer: Any, layers: Layers) -> Iterator[FoundRoute]:
    for route in layer.routes if _is_of(layer, "bottle") else ():
        if (prefix := route.config.get("mountpoint.prefix")) is not None:
            # It is found once with a slash behind the prefix, and once without.
            inner = _routes(route.config.get("mountpoint.target"), layers)
            yield from (each.below(prefix.rstrip("/")) for each in inner)
        else:
            path = BOTTLED.sub(lambda match: f"{{{match[1] or match[2] or 'value'}}}", route.rule)
            yield FoundRoute(path, METHODS[:1] if route.method == "ANY" else _known((route.method,)))


def _of_sanic(layer: Any, _layers: Layers) -> Iterator[FoundRoute]:
    for route in layer.router.routes if _is_of(layer, "sanic") else ():
        if not (getattr(route.extra, "static", False) or getattr(route.extra, "websocket", False)):
            path = NAMED_FIRST.sub(r"{\1}", route.path)
            yield FoundRoute(f"/{path}", _known(route.methods))


def _of_pyramid(layer: Any, _layers: Layers) -> Iterator[FoundRoute]:
    """Yield the routes of Pyramid that have a view, and the views without a route that traversal finds at the top."""
    if not _is_of(layer, "pyramid"):
        return
    introspector = layer.registry.introspector
    named = {each["introspectable"]["name"]: each["introspectable"] for each in introspector.get_category("routes", ())}
    for view in (each["introspectable"] for each in introspector.get_category("views", ())):
        route = named.get(view["route_name"])
        # The view of an error, or of a resource that lies anywhere, has no path.
        if route is not None or (view["route_name"] is None and view["context"] is None):
            yield _viewed(view, route)


def _viewed(view: Mapping[str, Any], route: Mapping[str, Any] | None) -> FoundRoute:
    pattern = view["name"] if route is None else route["pattern"]
    path = "/" + STARRED.sub(r"{\1}", BRACED.sub(r"{\1}", pattern)).lstrip("/")
    methods = [{*_texts(each["request_methods"])} for each in (view, route) if each and each["request_methods"]]
    query = "&".join(each if "=" in each else f"{each}={{{each}}}" for each in _texts(view["request_param"]))
    made = view["callable"]
    package = (getattr(made, "__module__", None) or type(made).__module__).partition(".")[0]
    return FoundRoute(
        f"{path}?{query}" if query else path,
        _known(set.intersection(*methods) if methods else METHODS[:1]),
        tuple(each.partition(":")[0] for each in _texts(view["header"])),
        package.startswith("pyramid"),
    )


def _texts(value: Any) -> tuple[str, ...]:
    """Return what is one text, several or none."""
    return (value,) if isinstance(value, str) else tuple(value or ())


_READERS = (
    _dispatched,
    _of_werkzeug,
    _of_starlette,
    _of_litestar,
    _of_falcon,
    _of_django,
    _of_bottle,
    _of_sanic,
    _of_pyramid,
)


def _known(methods: Iterable[str]) -> tuple[str, ...]:
    """Return the methods that a user would send: those that every framework answers by itself are left out."""
    given = {method.upper() for method in methods} - IMPLIED
    return tuple(sorted(given, key=lambda name: (METHODS.index(name) if name in METHODS else len(METHODS), name)))


def _is_of(layer: Any, package: str) -> bool:
    return any(each.__module__.partition(".")[0] == package for each in type(layer).__mro__)
