"""The probe: what an application is, asked of the interpreter that it runs with."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from stackduel.application.application_probe import application_name, probe
from stackduel.application.interpreter import choose_interpreter
from stackduel.application.limited_process import ProcessLimits
from stackduel.model.application import Application, Interface, Interpreter
from stackduel.model.errors import FieldError

OURS = Interpreter(Path(sys.executable), "3.11.0", "cpython-311", "named by the test")
FLASK = """
from flask import Flask
app = Flask(__name__)
@app.get("/")
def home(): return "home"
@app.get("/slow")
async def slow(): return "slow"
def create_app(): return app
"""
FASTAPI = """
from fastapi import FastAPI, APIRouter
app = FastAPI()
router = APIRouter()
@app.get("/")
def home(): return {}
@router.get("/slow")
async def slow(): return {}
app.include_router(router)
"""
QUART = """
from quart import Quart
app = Quart(__name__)
@app.get("/")
async def home(): return "home"
"""
STARLETTE = """
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
async def home(request): return PlainTextResponse("home")
app = Starlette(routes=[Mount("/below", routes=[Route("/", home)])])
"""
LITESTAR = """
from litestar import Litestar, get
@get("/")
async def home() -> str: return "home"
app = Litestar([home])
"""
DJANGO = """
import sys
from django.conf import settings
from django.http import HttpResponse
from django.urls import path
def home(request): return HttpResponse("home")
async def slow(request): return HttpResponse("slow")
urlpatterns = [path("", home), path("slow", slow)]
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="none")
"""
WSGI = DJANGO + "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"
ASGI = DJANGO + "from django.core.asgi import get_asgi_application\napplication = get_asgi_application()\n"
AIOHTTP = "from aiohttp import web\napp = web.Application()\n"
WRAPPERS = """
from flask import Flask
from starlette.applications import Starlette
class Wsgi:
    def __init__(self, app): self.app = app
    def __call__(self, environ, start_response): return self.app(environ, start_response)
class Any:
    def __init__(self, app): self.app = app
    def __call__(self, *args): return self.app(*args)
class Waiting:
    def __init__(self, app): self.app = app
    async def __call__(self, *args): return await self.app(*args)
def plain_wsgi(environ, start_response): return [b""]
async def plain_asgi(scope, receive, send): pass
def one(scope): pass
wsgi, any_, waiting = Wsgi(Flask(__name__)), Any(Flask(__name__)), Waiting(Starlette())
number = 3
def needs(setting): return Flask(setting)
async def making(): return Flask(__name__)
def breaking(): raise LookupError("no such shop")
"""

ROUTES = {
    FLASK: {"/", "/slow"},
    FASTAPI: {"/", "/slow"},
    QUART: {"/"},
    STARLETTE: {"/below/"},
    LITESTAR: {"/"},
    WSGI: {"/", "/slow"},
    ASGI: {"/", "/slow"},
    WRAPPERS: set(),
}


def probed(folder: Path, code: str, name: str, interface: Interface | None = None) -> Application:
    """Return the probe's words on an application in a module ``shop``."""
    (folder / "shop.py").write_text(code, encoding="utf-8")
    return probe(application_name(name), OURS, folder, interface)


@pytest.mark.parametrize(
    ("code", "name", "framework", "interface", "coroutines", "handlers"),
    [
        pytest.param(FLASK, "shop:app", "Flask", "wsgi", 1, 2, id="flask"),
        pytest.param(FLASK, "shop:create_app()", "Flask", "wsgi", 1, 2, id="flask-factory"),
        pytest.param(FASTAPI, "shop:app", "FastAPI", "asgi", 1, 2, id="fastapi"),
        pytest.param(QUART, "shop:app", "Quart", "asgi", 1, 1, id="quart"),
        pytest.param(STARLETTE, "shop:app", "Starlette", "asgi", 1, 1, id="starlette-mounted"),
        pytest.param(LITESTAR, "shop:app", "Litestar", "asgi", 1, 1, id="litestar"),
        pytest.param(WSGI, "shop", "Django", "wsgi", 1, 2, id="django-wsgi-module"),
        pytest.param(ASGI, "shop:application", "Django", "asgi", 1, 2, id="django-asgi"),
        pytest.param(WRAPPERS, "shop:wsgi", "Flask", "wsgi", None, None, id="wrapped-flask"),
        pytest.param(WRAPPERS, "shop:waiting", "Starlette", "asgi", None, None, id="any-arguments-but-a-coroutine"),
        pytest.param(WRAPPERS, "shop:plain_wsgi", None, "wsgi", None, None, id="plain-wsgi"),
        pytest.param(WRAPPERS, "shop:plain_asgi", None, "asgi", None, None, id="plain-asgi"),
    ],
)  # fmt: skip
def test_it_tells_what_an_application_is(
    tmp_path: Path, code: str, name: str, framework: str | None, interface: str, coroutines: int, handlers: int
) -> None:
    """The interface follows from what the object can be called with, the framework from its classes."""
    found = probed(tmp_path, code, name)
    assert (found.framework, found.interface) == (framework, interface)
    assert (found.coroutines, found.handlers) == (coroutines, handlers)
    assert (found.framework_version is None) == (framework is None)
    assert {route.path for route in found.routes if not route.of_framework} == ROUTES[code]


def test_a_django_that_refuses_localhost_names_its_host(tmp_path: Path) -> None:
    """Requests must have a Host that ALLOWED_HOSTS has; any will do where it has a star."""
    refusing = WSGI.replace('ALLOWED_HOSTS=["*"]', 'ALLOWED_HOSTS=[".shop.example", "10.0.0.1"]')
    assert probed(tmp_path, refusing, "shop").host == "shop.example"


def test_it_lists_the_servers_that_the_interpreter_can_import(tmp_path: Path) -> None:
    """Gunicorn has its worker classes, and each server its version."""
    servers = probed(tmp_path, WRAPPERS, "shop:wsgi").servers
    assert set(servers) == {"gunicorn", "uvicorn", "hypercorn", "granian", "waitress"}
    assert servers["gunicorn"].worker_classes == ("sync", "gthread", "gevent", "asgi")
    assert all(each.version for each in servers.values())


@pytest.mark.parametrize(
    ("code", "name", "says"),
    [
        pytest.param(AIOHTTP, "shop:app", "an application of aiohttp.web", id="aiohttp"),
        pytest.param(WRAPPERS, "shop:any_", "--interface wsgi or --interface asgi", id="any-arguments"),
        pytest.param(FLASK, "shop:create_app", "looks like a factory: write () behind", id="factory-not-called"),
        pytest.param(WRAPPERS, "shop:one", "takes (scope)", id="one-argument"),
        pytest.param(WRAPPERS, "shop:number", "its type, int, cannot be called", id="number"),
        pytest.param(WRAPPERS, "shop:number()", "is no factory", id="called-number"),
        pytest.param(WRAPPERS, "shop:making()", "is a coroutine", id="coroutine-factory"),
        pytest.param(WRAPPERS, "shop:ap", "the module has no ap; it has plain_wsgi", id="misspelt"),
        pytest.param(WRAPPERS, "shop", "no application and no app", id="no-usual-name"),
        pytest.param(WRAPPERS, "shop:breaking()", "LookupError: no such shop", id="factory-raises"),
        pytest.param(WRAPPERS, "shop:needs()", "missing 1 required positional argument", id="factory-with-arguments"),
        pytest.param("import nowhere", "shop:app", "ModuleNotFoundError: No module named 'nowhere'", id="missing"),
        pytest.param("def app(:", "shop:app", "SyntaxError", id="syntax"),
        pytest.param("raise SystemExit('usage: shop')", "shop:app", "SystemExit: usage: shop", id="exits"),
        pytest.param("import os; print('so long', flush=True); os._exit(3)", "shop:app", "so long", id="ends"),
        pytest.param("import os; os.kill(os.getpid(), 9)", "shop:app", "was ended by SIGKILL", id="killed"),
    ],
)  # fmt: skip
def test_what_is_no_application_is_refused_by_what_it_is(tmp_path: Path, code: str, name: str, says: str) -> None:
    """The sentence says what was found, or shows the application's own error."""
    with pytest.raises(FieldError) as refused:
        probed(tmp_path, code, name)
    assert says in str(refused.value)
    assert "probe_script" not in str(refused.value)


def test_the_users_word_decides_where_nothing_can_be_told(tmp_path: Path) -> None:
    """A wrapper of any arguments is what --interface says."""
    assert probed(tmp_path, WRAPPERS, "shop:any_", "wsgi").interface == "wsgi"


def test_a_traceback_is_shown_as_the_interpreter_prints_it(tmp_path: Path) -> None:
    """It begins in the application's own file, and names the line."""
    with pytest.raises(FieldError) as raised:
        probed(tmp_path, "value = 1\nvalue.missing\n", "shop:app")
    text = str(raised.value)
    assert f'File "{tmp_path / "shop.py"}", line 2, in <module>' in text
    assert text.count("File ") == 1


def test_a_missing_variable_is_named_with_what_to_do(tmp_path: Path) -> None:
    """As the import has the environment of this shell; another KeyError is the application's own."""
    with pytest.raises(FieldError, match=r"\(The environment has no variable SHOP_KEY: set it in this shell"):
        probed(tmp_path, "import os\nkey = os.environ['SHOP_KEY']\n", "shop:app")
    with pytest.raises(FieldError, match=r"KeyError: 'SHOP_KEY'$"):
        probed(tmp_path, "key = {}['SHOP_KEY']\n", "shop:app")


def test_an_import_that_does_not_end_is_ended(tmp_path: Path) -> None:
    """The limit of time is said, and what the application printed."""
    (tmp_path / "shop.py").write_text("import time; print('waiting for a database', flush=True); time.sleep(60)")
    with pytest.raises(FieldError, match=r"did not end within 3 s.*\n.*waiting for a database"):
        probe(application_name("shop:app"), OURS, tmp_path, limits=ProcessLimits(seconds=3.0))


def test_an_import_that_eats_the_memory_is_ended(tmp_path: Path) -> None:
    """The limit of memory is said."""
    (tmp_path / "shop.py").write_text("import time; held = bytearray(90_000_000); time.sleep(60)")
    with pytest.raises(FieldError, match="took more than 64 MiB"):
        probe(application_name("shop:app"), OURS, tmp_path, limits=ProcessLimits(memory_mib=64))


def test_what_an_import_starts_is_ended_with_it(tmp_path: Path) -> None:
    """Neither a thread nor a child process of the application keeps the probe waiting."""
    code = "import subprocess, sys, threading, time\n"
    code += "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    code += "threading.Thread(target=time.sleep, args=(60,)).start()\n" + WRAPPERS
    assert probed(tmp_path, code, "shop:wsgi").interface == "wsgi"


def test_the_application_sees_what_a_server_would_show_it(tmp_path: Path) -> None:
    """The folder comes first on the path, ours is not there, and standard output is not the probe's own."""
    code = "import os, sys\nassert sys.path[0] == os.getcwd()\nassert not any('stackduel/app' in p for p in sys.path)\n"
    assert probed(tmp_path, code + "print('{}')\n" + WRAPPERS, "shop:wsgi").folder == tmp_path


@pytest.mark.parametrize("name", ["", "shop app", "shop:app(1)", "shop:a.b", "shop:class", "../shop:app", "s" * 201])
def test_names_that_no_server_takes_are_refused(name: str) -> None:
    """Nothing is started for them."""
    with pytest.raises(FieldError, match="APP: must be module:name"):
        application_name(name)


@pytest.mark.parametrize(
    ("file", "module"),
    [("shop.py", "shop"), ("./shop/wsgi.py:app", "shop.wsgi:app"), ("shop/wsgi:app()", "shop.wsgi:app()")],
)
def test_a_file_is_answered_with_the_name_of_its_module(file: str, module: str) -> None:
    """Which is what a server takes."""
    with pytest.raises(FieldError) as raised:
        application_name(file)
    assert str(raised.value) == f"APP: {file!r} is a file, and a server imports a module: {module}"


@pytest.mark.parametrize("version", ["3.10", "3.12", "3.13"])
def test_it_runs_on_other_versions_of_cpython(tmp_path: Path, version: str) -> None:
    """The script needs nothing but the standard library of the oldest version that it promises."""
    python = other_python(version)
    if python is None:
        pytest.skip(f"no CPython {version} here")
    (tmp_path / "shop.py").write_text("def app(environ, start_response): return []\n", encoding="utf-8")
    found = probe(application_name("shop:app"), choose_interpreter(str(python), tmp_path), tmp_path)
    assert found.interface == "wsgi"
    assert found.interpreter.version.startswith(f"{version}.")


def other_python(version: str) -> Path | None:
    """Return a CPython of this version that the machine has, on the path or among pyenv's."""
    on_path = shutil.which(f"python{version}")
    if on_path is not None and "shims" not in on_path:
        return Path(on_path)
    return next(iter(sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))), None)
