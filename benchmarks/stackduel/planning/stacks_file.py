"""The user's own stacks and requests, from a TOML file."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

from stackduel.model.aa_pair import is_twin
from stackduel.model.errors import FieldError
from stackduel.model.stack import Command, Image, ModelProtocol, Stack, StackSource, Url
from stackduel.model.suite import PLAIN_HEADERS, Load, Workload
from stackduel.model.target import Address
from stackduel.planning.fields import Fields
from stackduel.planning.load_file import parse_loads
from stackduel.planning.suite_file import parse_workload
from stackduel_servers.registry import TIERS

MAX_FILE_BYTES = 1_000_000
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
DEFAULT_LOAD = {"connections": [1, 16, 64], "duration_s": 3.0, "warmup_s": 1.0, "warmup_rounds": 1}
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class OwnFile:
    """The content of a user's stacks file: stacks, named requests, their loads, and texts that no result may show."""

    stacks: Mapping[str, Stack]
    requests: Mapping[str, Workload]
    loads: tuple[Load, ...]
    secrets: tuple[str, ...]


def read_own_file(path: Path, environ: Mapping[str, str] = os.environ) -> OwnFile:
    """Read a ``--stacks-file``; ``${NAME}`` in header values and ``env`` is taken from the environment.

    Raises FieldError that names the field and its bound.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise FieldError(f"stacks file {path}: cannot be read: {error.strerror}") from error
    if len(content) > MAX_FILE_BYTES:
        raise FieldError(f"stacks file {path}: at most {MAX_FILE_BYTES} bytes")
    try:
        document = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FieldError(f"stacks file {path}: not valid TOML: {error}") from error
    return parse_own_file(path.name, document, path.parent.resolve(), environ)


def parse_own_file(where: str, document: Mapping[str, Any], folder: Path, environ: Mapping[str, str]) -> OwnFile:
    """Check the content of a stacks file; commands run in ``folder``."""
    secrets = _Secrets(environ)
    fields = Fields(where, document)
    stacks = {}
    for name, table in fields.table("stacks", default={}).items():
        if is_twin(name):
            raise FieldError(f"{where}: stacks.{name}: this ending is for the baseline's twin")
        if not NAME.fullmatch(name):
            raise FieldError(f"{where}: stacks.{name}: letters, digits, '.', '_' and '-' only, at most 64")
        if not isinstance(table, Mapping):
            raise FieldError(f"{where}: stacks.{name}: must be a table")
        stacks[name] = _parse_stack(f"{where}: stacks.{name}", name, table, folder, secrets)
    requests = {}
    for table in fields.tables("requests"):
        name = Fields(where, table).text("name")
        if not NAME.fullmatch(name) or name in requests:
            raise FieldError(f"{where}: requests: name {name!r}: must be a plain name, given once")
        requests[name] = _parse_request(f"{where}: requests.{name}", table, secrets)
    loads = parse_loads(fields.table("load", default=DEFAULT_LOAD), f"{where}: load")
    fields.finish()
    return OwnFile(stacks, requests, loads, tuple(sorted(secrets.seen, key=len, reverse=True)))


def _parse_stack(where: str, name: str, table: Mapping[str, Any], folder: Path, secrets: _Secrets) -> Stack:
    fields = Fields(where, table)
    kinds = [kind for kind in ("command", "image", "url") if kind in table]
    if len(kinds) != 1:
        raise FieldError(f"{where}: exactly one of command, image and url is needed")
    source = _parse_source(where, kinds[0], fields, folder, secrets)
    health = fields.text("health", default="/health")
    stack = Stack(
        name=name,
        tier=fields.choice("tier", TIERS, default="rewrite"),
        summary=fields.text("summary", default="your own stack"),
        source=source,
        health=health,
        protocol=fields.choice("protocol", get_args(ModelProtocol), default="stackduel"),
    )
    fields.finish()
    if not health.startswith("/"):
        raise FieldError(f"{where}: health: must be a path that starts with /")
    return stack


def _parse_source(where: str, kind: str, fields: Fields, folder: Path, secrets: _Secrets) -> StackSource:
    if kind == "url":
        return Url(parse_address(where, fields.text("url")))
    env = {}
    for key, value in fields.table("env", default={}).items():
        if not isinstance(value, str):
            raise FieldError(f"{where}: env.{key}: must be a text")
        env[key] = secrets.expand(f"{where}: env.{key}", value)
        secrets.hide(env[key]) if _sounds_secret(key) else None
    if kind == "image":
        return Image(fields.text("image"), fields.integer("port", 1, 65535, default=8000), env)
    argv = fields.texts("command")
    if not argv or not any("{port}" in word for word in argv):
        raise FieldError(f"{where}: command: must be a list of words, one of them with {{port}} in it")
    return Command(argv, env, folder)


def _parse_request(where: str, table: Mapping[str, Any], secrets: _Secrets) -> Workload:
    headers = {}
    given = table.get("headers", {})
    for key, value in given.items() if isinstance(given, Mapping) else ():
        expanded = secrets.expand(f"{where}: headers.{key}", value) if isinstance(value, str) else value
        headers[key] = expanded
        if isinstance(expanded, str) and key.lower() not in PLAIN_HEADERS:
            secrets.hide(expanded)
            # "Bearer TOKEN": the token alone must not be shown either.
            for word in expanded.split():
                secrets.hide(word) if len(word) >= 8 else None
    fields = Fields(where, {**table, "headers": headers} if isinstance(given, Mapping) else table)
    fields.text("name")
    workload = parse_workload(fields)
    fields.finish()
    return workload


def parse_address(where: str, url: str) -> Address:
    """Read ``http(s)://host[:port]``; raises FieldError for any other form."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise FieldError(f"{where}: url: {error}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
        raise FieldError(f"{where}: url: must be http://host:port or https://host:port, without a user in it")
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise FieldError(f"{where}: url: must end after the port; the path belongs to the request")
    tls = parts.scheme == "https"
    return Address(parts.hostname, port or (443 if tls else 80), tls)


class _Secrets:
    """Expands ``${NAME}`` and remembers every text that a result must not show."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.seen: set[str] = set()

    def expand(self, where: str, text: str) -> str:
        def value(match: re.Match[str]) -> str:
            name = match.group(1)
            if name not in self._environ:
                raise FieldError(f"{where}: the environment has no variable {name}")
            self.hide(self._environ[name])
            return self._environ[name]

        return VARIABLE.sub(value, text)

    def hide(self, text: str) -> None:
        # A text of two letters would blot out half the report and protects nothing.
        if len(text) >= 4:
            self.seen.add(text)


def _sounds_secret(name: str) -> bool:
    return bool(re.search(r"(?i)secret|token|passw|key|credential|auth|dsn", name))
