"""The packages that the interpreter of a stack must have, and those whose versions are shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

from stackduel.application.interpreter_probe import InterpreterQuestion
from stackduel.model.stack import Command, Registered, Stack
from stackduel.planning.shortfall import packages_of
from stackduel_servers.supported import PYTHON_SERVERS, WEB_FRAMEWORKS

SERVERS_PACKAGE = "stackduel_servers"
# Distributions that are not called as their modules are.
_DISTRIBUTIONS = {"rest_framework": "djangorestframework"}
# What every stack of ours may use beside its framework and its server.
OF_OURS = (
    "aiohttp", "httptools", "numpy", "onnxruntime", "onnxruntime-gpu", "orjson", "pillow", "prometheus-client", "torch",
    "urllib3", "uvloop", "winloop",
)  # fmt: skip
# The packages whose versions are worth a line of a user's own stack: what serves, waits, stores, encodes and computes.
OF_USERS = (
    *WEB_FRAMEWORKS, *PYTHON_SERVERS, "bottle", "connexion", "djangorestframework", "eventlet", "falcon", "gevent",
    "pyramid", "sanic", "tornado", "twisted", "uvicorn-worker", "uwsgi",
    "aiohttp", "celery", "httptools", "httpx", "jinja2", "msgspec", "orjson", "pydantic", "requests", "urllib3",
    "uvloop", "winloop",
    "asyncpg", "psycopg", "psycopg2", "psycopg2-binary", "pymongo", "redis", "sqlalchemy", "numpy", "torch",
)  # fmt: skip
_MODULE = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(:[\w.()]+)?")
_OPTION = re.compile(r"--?[\w-]+=")
# Endings of words that are files, and no modules.
_FILES = frozenset({".py", ".toml", ".ini", ".cfg", ".conf", ".sock", ".log", ".json", ".yaml", ".yml", ".db", ".pid"})


def question_of(stack: Stack) -> InterpreterQuestion:
    """Return what is asked of the interpreter that a stack runs on, for its versions alone."""
    if isinstance(stack.source, Registered):
        return InterpreterQuestion((*map(distribution, packages_of(stack)), *OF_OURS))
    words = stack.source.argv if isinstance(stack.source, Command) else ()
    # An application that is installed has, as often as not, a distribution of its module's name.
    own = (name.partition(".")[0] for name in application_modules(words))
    return InterpreterQuestion(tuple(dict.fromkeys((*own, *OF_USERS))))


def application_modules(words: Sequence[str]) -> tuple[str, ...]:
    """Return what in the words of a command may be the module of an application: ``shop:app`` or ``shop.wsgi``."""
    hits = (_MODULE.fullmatch(_OPTION.sub("", word, count=1)) for word in words[1:])
    return tuple(dict.fromkeys(hit[1] for hit in hits if hit and (hit[2] or _is_dotted(hit[1]))))


def distribution(module: str) -> str:
    """Return the package that holds one of the modules that a stack of the registry needs."""
    return _DISTRIBUTIONS.get(module, module.replace("_", "-"))


def _is_dotted(word: str) -> bool:
    return "." in word and PurePath(word).suffix not in _FILES
