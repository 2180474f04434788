"""The layer of the service that a function belongs to."""

from __future__ import annotations

import re
from collections.abc import Mapping

from stackduel.model.profile_samples import Calls, Frame
from stackduel.model.search_results.profile import Layer

_INSTALLED = re.compile(r"(?:^|/)(?:site|dist)-packages/([^/]+)")
_IN_PACKAGES = re.compile(r".*(?:site|dist)-packages/(.+)")
_STANDARD = re.compile(r"(?:^|/)(?:lib(?:64)?/(?:python|pypy)3?\.?\d*t?|Lib)/")
_OURS = re.compile(r"(?:^|/)stackduel_servers/(.+)")
_WAITING = frozenset({
    ("selectors.py", "select"),
    ("concurrent/futures/thread.py", "_worker"),
    ("queue.py", "get"),
    ("threading.py", "wait"),
    ("threading.py", "_wait_for_tstate_lock"),
    ("multiprocessing/connection.py", "_recv"),
    ("multiprocessing/connection.py", "wait"),
    ("subprocess.py", "_try_wait"),
})  # fmt: skip
_WAITING_SERVERS = frozenset({
    ("gunicorn/arbiter.py", "wait_for_signals"),
    ("gunicorn/arbiter.py", "sleep"),
    ("gunicorn/workers/sync.py", "wait"),
})  # fmt: skip
_NO_FILE = re.compile(r"^$|^<")

_PACKAGES: Mapping[Layer, str] = {
    "server": (
        "uvicorn uvicorn_worker uvloop gunicorn hypercorn granian waitress httptools h11 h2 hpack "
        "hyperframe wsproto websockets priority gevent greenlet eventlet daphne cheroot tornado"
    ),
    "framework": (
        "flask werkzeug quart quart_trio fastapi starlette django rest_framework litestar bottle falcon sanic "
        "pyramid webob responder pydantic pydantic_core pydantic_settings jinja2 markupsafe itsdangerous blinker "
        "anyio asgiref click connexion flasgger flask_restful flask_restx python_multipart multipart"
    ),
    "downstream": (
        "aiohttp aiohappyeyeballs httpx httpcore requests urllib3 grpc asyncpg psycopg psycopg2 psycopg_pool pymysql "
        "aiomysql sqlalchemy redis pymongo boto3 botocore"
    ),
    "JSON": "orjson ujson simplejson msgspec rapidjson",
    "model": (
        "onnxruntime torch torchvision torchaudio transformers tensorflow keras sklearn scipy numpy cv2 PIL "
        "tritonclient soundfile librosa xgboost lightgbm"
    ),
}
_LAYER_OF: Mapping[str, Layer] = {name: layer for layer, names in _PACKAGES.items() for name in names.split()}
# The server of aiohttp is in modules of their own; the others are its client.
_AIOHTTP_SERVER = re.compile(r"(?:^|/)aiohttp/(?:web|pytest)")
# Of our own package: what lies where.
_OF_OURS: tuple[tuple[str, Layer], ...] = (
    ("core/json_encoder.py", "JSON"),
    ("core/inference/", "model"),
    ("core/downstream", "downstream"),
    ("models/", "model"),
    ("core/", "application"),
    ("apps/", "application"),
    ("music/", "application"),
)


def layer_of(calls: Calls) -> Layer:
    """Return the layer in which a stack of calls spends its time.

    It is that of the innermost function whose own layer is known. Python's standard library and packages that no layer
    names count for the function that called them, except for the standard library's JSON.
    """
    for frame in reversed(calls):
        layer = layer_of_frame(frame)
        if layer is not None:
            return layer
    return "other"


def waits(frame: Frame) -> bool:
    """Return whether a function of the standard library, or of a server, only waits, though its thread counted as busy.

    It did so for a moment: until the kernel had put it to sleep, or before it got Python's global lock.
    """
    path = frame.file.replace("\\", "/")
    if installed := _IN_PACKAGES.search(path):
        return (installed[1], frame.name.rpartition(".")[2]) in _WAITING_SERVERS
    if (standard := _STANDARD.search(path)) is None:
        return False
    return (path[standard.end() :], frame.name.rpartition(".")[2]) in _WAITING


def layer_of_frame(frame: Frame) -> Layer | None:
    """Return the layer that a function belongs to by its file; None where its callers decide.

    A file that is in no installed package and not in the standard library is the application's.
    """
    path = frame.file.replace("\\", "/")
    if _NO_FILE.search(path) or path.startswith("frozen "):
        return None
    if installed := _last(_INSTALLED, path):
        package = installed.split(".")[0]
        return "framework" if _AIOHTTP_SERVER.search(path) else _LAYER_OF.get(package)
    if ours := _last(_OURS, path):
        return next((layer for start, layer in _OF_OURS if ours.startswith(start)), "server")
    if standard := _STANDARD.search(path):
        return "JSON" if path[standard.end() :].startswith("json/") else None
    # The script that starts a server, such as bin/gunicorn.
    return None if re.search(r"(?:^|/)(?:bin|Scripts)/[^/]+$", path) else "application"


def short_file(path: str) -> str:
    """Return a file as a reader knows it: from its package on, or its last two names."""
    path = path.replace("\\", "/")
    if found := _IN_PACKAGES.search(path):
        return found[1]
    if found := re.search(r".*/(stackduel_servers/.+)", path):
        return found[1]
    if found := _STANDARD.search(path):
        return path[found.end() :]
    return "/".join(path.split("/")[-2:])


def _last(pattern: re.Pattern[str], path: str) -> str | None:
    found = None
    for match in pattern.finditer(path):
        found = match[1]
    return found
