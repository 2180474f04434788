"""The routes of applications, read as the probe reads them in the user's interpreter."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Header
from flask import Flask
from litestar import Litestar, Router, post
from litestar import get as litestar_get
from quart import Quart
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount, Route, WebSocketRoute
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from stackduel.application.route_script import MOST_ROUTES, routes_of


def layers(application: Any) -> Iterator[Any]:
    """The application, and what a middleware keeps as ``app``."""
    yield application
    if not hasattr(application, "routes") and hasattr(application, "app"):
        yield from layers(application.app)


def routes(application: Any) -> dict[str, tuple[str, ...]]:
    """The methods of each path that is the user's own."""
    return {each["path"]: each["methods"] for each in routes_of(application, layers) if not each["of_framework"]}


def view(**_values: object) -> str:
    """Answer anything."""
    return ""


async def endpoint(request: object) -> None:
    """Answer nothing."""


def test_flask_and_quart_have_a_name_for_each_parameter_and_no_static_files() -> None:
    """Converters leave, HEAD and OPTIONS are implied, and a WebSocket is no request."""
    quart = Quart("shop")
    quart.websocket("/chat")(view)
    for application in (Flask("shop"), quart):
        application.add_url_rule("/", "home", view)
        application.add_url_rule("/users/<int:id>/<path:rest>", "user", view, methods=["GET", "POST"])
        assert routes(application) == {"/": ("GET",), "/users/{id}/{rest}": ("GET", "POST")}


def test_applications_below_a_prefix_have_it_in_their_paths() -> None:
    """Werkzeug's dispatcher and Starlette's mounts, at any depth."""
    shop, admin = Flask("shop"), Flask("admin")
    shop.add_url_rule("/", "home", view)
    admin.add_url_rule("/users", "users", view)
    assert routes(DispatcherMiddleware(shop, {"/admin": admin})) == {"/": ("GET",), "/admin/users": ("GET",)}
    inner = Starlette(routes=[Route("/x/{id:int}", endpoint), WebSocketRoute("/ws", endpoint)])
    outer = Starlette(routes=[Mount("/a", app=GZipMiddleware(Starlette(routes=[Mount("/b", app=inner)])))])
    assert routes(outer) == {"/a/b/x/{id}": ("GET",)}


def test_fastapi_says_what_a_request_needs() -> None:
    """Required parameters of the query stand in the path, and headers beside it, also those of dependencies."""

    def page(size: int, start: int = 0) -> int:
        return size + start

    def search(q: str, size: Annotated[int, Depends(page)], token: Annotated[str, Header()]) -> int:
        return size + len(q + token)

    router = APIRouter(prefix="/items")
    router.get("/search")(search)
    router.get("/{id:int}")(view)
    application = FastAPI()
    application.include_router(router, prefix="/v1")
    found = {each["path"]: each for each in routes_of(application, layers)}
    assert found["/v1/items/search?q={q}&size={size}"]["headers"] == ("token",)
    assert found["/docs"]["of_framework"]
    assert not found["/v1/items/search?q={q}&size={size}"]["of_framework"]


def test_a_class_has_its_own_methods() -> None:
    """Of an endpoint of Starlette's those that it defines."""

    class Both(HTTPEndpoint):
        async def get(self, request: object) -> None:
            """Answer nothing."""

        async def post(self, request: object) -> None:
            """Answer nothing."""

    assert routes(Starlette(routes=[Route("/both", Both)])) == {"/both": ("GET", "POST")}


def test_litestar_has_the_handlers_of_its_routers() -> None:
    """But for those of its own pages."""

    @litestar_get("/items/{id:int}")
    async def item() -> str:
        return ""

    @post("/items")
    async def add() -> str:
        return ""

    found = routes(Litestar([Router("/v1", route_handlers=[item, add])]))
    assert found == {"/v1/items/{id}": ("GET",), "/v1/items": ("POST",)}


def test_falcon_has_the_responders_of_its_resources(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own inspection tells them; those that it adds by itself are left out."""
    methods = [SimpleNamespace(method=name, internal=name == "PUT") for name in ("GET", "POST", "PUT")]
    inspection = ModuleType("falcon.inspect")
    inspection.inspect_routes = lambda _app: [  # type: ignore[attr-defined]
        SimpleNamespace(path="/u/{id:int}", methods=methods)
    ]
    monkeypatch.setitem(sys.modules, "falcon.inspect", inspection)
    application = type("App", (), {"__module__": "falcon.app"})()
    assert routes(application) == {"/u/{id}": ("GET", "POST")}


def of(package: str, **attributes: object) -> Any:
    """An application whose class a package defines."""
    return type("App", (), {"__module__": package, **attributes})()


def test_bottle_has_a_name_for_each_wildcard_and_what_is_mounted_below_its_prefix() -> None:
    """Filters leave, a wildcard without a name has one, and each route of a mounted application is there once."""

    def bottle(*rules: tuple[str, str], **config: object) -> list[SimpleNamespace]:
        return [SimpleNamespace(rule=rule, method=method, config=config) for method, rule in rules]

    inner = of("bottle", routes=bottle(("GET", "/users/<name>")))
    mount = {"mountpoint.prefix": "/admin/", "mountpoint.target": inner}
    own = bottle(
        ("GET", "/"),
        ("GET", "/u/<id:int>/<rest:path>"),
        ("POST", r"/c/<code:re:[a-z]{2}\>>"),
        ("ANY", "/any"),
        ("GET", "/<:re:a+>/:old#b+#/x"),
    )
    found = routes(of("bottle", routes=own + bottle(("PROXY", "/admin/<:re:.*>"), ("PROXY", "/admin"), **mount)))
    assert found == {
        "/": ("GET",),
        "/u/{id}/{rest}": ("GET",),
        "/c/{code}": ("POST",),
        "/any": ("GET",),
        "/{value}/{old}/x": ("GET",),
        "/admin/users/{name}": ("GET",),
    }


def test_sanic_has_no_static_files_and_no_websockets() -> None:
    """Its paths begin without a slash, and the name stands before the type."""

    def route(path: str, *methods: str, **extra: bool) -> SimpleNamespace:
        return SimpleNamespace(path=path, methods=frozenset(methods), extra=SimpleNamespace(**extra))

    found = [route("", "GET"), route("v1/u/<id:int>/<name>", "GET", "POST"), route("ws", "GET", websocket=True),
             route("s/<__file_uri__:path>", "GET", "HEAD", static=True)]  # fmt: skip
    application = of("sanic.app", router=SimpleNamespace(routes=tuple(found)))
    assert routes(application) == {"/": ("GET",), "/v1/u/{id}/{name}": ("GET", "POST")}


def test_pyramid_has_the_methods_of_its_views_and_what_they_need() -> None:
    """A view says its methods, its parameters and headers; static files and views of errors are not the user's."""

    def found(kind: str, _default: object = None) -> list[dict[str, object]]:
        return [{"introspectable": each} for each in (known if kind == "routes" else views)]

    def view_of(route: str | None, **values: object) -> dict[str, object]:
        usual = dict.fromkeys(("context", "request_methods", "request_param", "header"))
        return {**usual, "name": "", "route_name": route, "callable": view, **values}

    known: list[dict[str, object]] = [
        {"name": "lamp", "pattern": r"lamps/{id:\d{1,3}}/*rest", "request_methods": None},
        {"name": "orders", "pattern": "/orders", "request_methods": "POST"},
        {"name": "find", "pattern": "/find", "request_methods": None},
        {"name": "__static/", "pattern": "static/*subpath", "request_methods": None},
    ]
    views = [
        view_of("lamp", request_methods=("GET", "HEAD", "PUT")),
        view_of("orders"),
        view_of("find", request_param=("q", "page=1"), header="X-Key:.+"),
        view_of("__static/", callable=type("static_view", (), {"__module__": "pyramid.static"})()),
        view_of(None, name="about"),
        view_of(None, context=ValueError),
    ]
    application = of("pyramid.router", registry=SimpleNamespace(introspector=SimpleNamespace(get_category=found)))
    assert routes(application) == {
        "/lamps/{id}/{rest}": ("GET", "PUT"),
        "/orders": ("POST",),
        "/find?q={q}&page=1": ("GET",),
        "/about": ("GET",),
    }
    assert {each["headers"] for each in routes_of(application, layers)} == {(), ("X-Key",)}


def bottled(bottle: Any) -> Any:
    """A small application of the installed Bottle."""
    application, inner = bottle.Bottle(), bottle.Bottle()
    inner.route("/users")(view)
    application.route("/u/<id:int>", method=["GET", "POST"])(view)
    application.mount("/admin/", inner)
    return application


def sanic_made(sanic: Any) -> Any:
    """A small application of the installed Sanic."""
    application = sanic.Sanic("shop")
    application.add_route(view, "/u/<id:int>", methods=["GET", "POST"])
    application.static("/files", ".", name="files")
    blueprint = sanic.Blueprint("admin", url_prefix="/admin")
    blueprint.add_route(view, "/users")
    application.blueprint(blueprint)
    return application


def configured(pyramid: Any) -> Any:
    """A small application of the installed Pyramid."""
    config = pyramid.config.Configurator()
    config.add_static_view("files", ".")
    for name, path, methods in (("u", r"/u/{id:\d+}", ("GET", "POST")), ("users", "/admin/users", None)):
        config.add_route(name, path)
        config.add_view(view, route_name=name, request_method=methods)
    return config.make_wsgi_app()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:pkg_resources")
@pytest.mark.parametrize(
    ("package", "made"), [("bottle", bottled), ("sanic", sanic_made), ("pyramid.config", configured)]
)
def test_a_framework_that_is_installed_looks_as_the_fakes_do(package: str, made: Callable[[Any], Any]) -> None:
    """It is no requirement of ours, so this is skipped where it is missing."""
    pytest.importorskip(package)
    application = made(importlib.import_module(package.partition(".")[0]))
    found = [each for each in routes_of(application, layers) if not each["of_framework"]]
    # Bottle has a route for each method.
    assert {(each["path"], method) for each in found for method in each["methods"]} == {
        ("/u/{id}", "GET"),
        ("/u/{id}", "POST"),
        ("/admin/users", "GET"),
    }


def test_what_cannot_be_read_has_no_routes_and_no_end_is_cut() -> None:
    """A framework of another version may look otherwise, and an application may have thousands of routes."""

    class Strange:
        @property
        def routes(self) -> Iterator[object]:
            for number in range(2 * MOST_ROUTES):
                yield Route(f"/{number}", endpoint)

    assert routes(object()) == {}
    assert routes(SimpleNamespace(routes=[object(), 3])) == {}
    assert len(routes_of(Strange(), layers)) == MOST_ROUTES
