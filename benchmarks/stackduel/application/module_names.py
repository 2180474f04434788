"""The names of a module's file that may be an application: read from its text, without importing it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

MOST_BYTES = 1_000_000
# What applications are usually called, the likeliest first, and what makes them.
USUAL = ("application", "app", "asgi_app", "wsgi_app", "asgi", "wsgi")
FACTORIES = ("create_app", "make_app", "create_application", "build_app", "get_app", "get_application", "app_factory")
CONSTRUCTORS = frozenset({
    "Flask", "Quart", "FastAPI", "Starlette", "Litestar", "Bottle", "App", "FlaskApp", "AsyncApp", "Sanic",
    "get_wsgi_application", "get_asgi_application", "make_wsgi_app", "default_app", "SocketIO", "ASGIApp", "WSGIApp",
    *FACTORIES,
})  # fmt: skip
# What a factory of Pyramid's ends with, whatever it is called: ``main``, by its own templates.
MADE_AT_THE_END = "make_wsgi_app"


@dataclass(frozen=True, slots=True)
class ModuleNames:
    """The names of applications that a module has, and of functions that make one without arguments."""

    applications: tuple[str, ...] = ()
    factories: tuple[str, ...] = ()


def module_names(path: Path) -> ModuleNames:
    """Return what may be an application in the file of a module; nothing if there is none, or it is no Python."""
    try:
        with path.open("rb") as file:
            tree = ast.parse(file.read(MOST_BYTES))
    except (OSError, SyntaxError, ValueError, RecursionError):
        return ModuleNames()
    statements = [*_statements(tree.body)]
    bound = {name for each in statements for name in _bound(each)}
    made = {name for each in statements for name in _made(each)}
    applications = [name for name in USUAL if name in bound]
    functions = {each.name: each for each in statements if isinstance(each, ast.FunctionDef)}
    factories = {name for name, each in functions.items() if not _needs_arguments(each)}
    usual = [name for name in FACTORIES if name in factories]
    return ModuleNames(
        (*applications, *sorted(made - {*applications})),
        (*usual, *(name for name in sorted(factories - {*usual}) if _ends_as_a_factory(functions[name]))),
    )


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that an import runs at the module's own level."""
    for each in body:
        yield each
        match each:
            case ast.If():
                if "__main__" not in ast.unparse(each.test):
                    yield from _statements(each.body)
                yield from _statements(each.orelse)
            case ast.Try():
                yield from _statements([*each.body, *each.orelse, *each.finalbody])
            case ast.With():
                yield from _statements(each.body)


def _bound(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name
        case ast.ImportFrom(names=names):
            yield from (each.asname or each.name for each in names)
        case _:
            yield from _assigned(statement)


def _assigned(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.Assign(targets=targets):
            yield from (each.id for each in targets if isinstance(each, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)) if statement.value is not None:
            yield name


def _made(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that are given what a framework's class, or a factory, makes."""
    value = getattr(statement, "value", None)
    if isinstance(value, ast.Call):
        called = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
        if called in CONSTRUCTORS:
            yield from _assigned(statement)


def _ends_as_a_factory(function: ast.FunctionDef) -> bool:
    returned = (each.value for each in ast.walk(function) if isinstance(each, ast.Return))
    return any(MADE_AT_THE_END in ast.unparse(value) for value in returned if value is not None)


def _needs_arguments(function: ast.FunctionDef) -> bool:
    arguments = function.args
    positional = len(arguments.posonlyargs) + len(arguments.args) - len(arguments.defaults)
    return positional > 0 or any(default is None for default in arguments.kw_defaults)
