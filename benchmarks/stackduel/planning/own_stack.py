"""One stack of the user's own, from its table in a stacks file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

from stackduel.model.errors import FieldError
from stackduel.model.stack import Command, Image, ModelProtocol, OwnSlots, Stack, StackSource, Url
from stackduel.model.target import Address
from stackduel.planning.command_line import MOST_WORD, parse_surroundings, parse_words
from stackduel.planning.command_places import OF_A_RESET, OF_A_START, refuse_misspelt_places, slots_on_command_line
from stackduel.planning.fields import Fields, shortened
from stackduel.planning.own_secrets import OwnSecrets
from stackduel.planning.own_trust import UNIX, parse_socket, parse_tls, refuse_without_sockets
from stackduel.planning.request_file import HOST, is_target
from stackduel_servers.registry import CONTRACTS, PROTOCOLS, TIERS

LEAST_START_S, MOST_START_S = 1.0, 3600.0
REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]{0,511}")
# Nothing that a process can be started with; what the system allows besides, a shell could not set.
VARIABLE = re.compile(r"[!-<>-~]{1,255}")
UNLIMITED, MOST_SLOTS = "unlimited", 1_000_000
KINDS = ("command", "image", "url")
NO_COMMAND = "only beside command"
# The fields of other kinds of stacks, and why they say nothing here.
FOREIGN = {
    "command": {"port": "only beside image; a command is given a free port, filled in for {port}"},
    "image": {"python": NO_COMMAND, "cwd": NO_COMMAND},
    "url": {
        "tls": "only beside command and image; write https:// into the url",
        "port": "only beside image; write it into the url, as in http://host:port",
        "python": NO_COMMAND,
        "cwd": NO_COMMAND,
        "env": "only beside command and image; what answers at a url is running already",
    },
}
EVERYWHERE = "0.0.0.0"  # noqa: S104 - where a server in a container listens


def parse_stack(where: str, name: str, table: Mapping[str, Any], folder: Path, secrets: OwnSecrets) -> Stack:
    """Read the table of the stack ``name``; its paths are relative to ``folder``. Raises FieldError."""
    fields = Fields(where, table, folder)
    kinds = [kind for kind in KINDS if kind in table]
    fields.refuse_misspelt(*KINDS)
    if len(kinds) != 1:
        raise FieldError(f"{where}: exactly one of command, image and url is needed")
    fields.refuse(FOREIGN[kinds[0]])
    source = _parse_source(where, table, fields, folder, secrets)
    protocol: ModelProtocol = fields.choice("protocol", get_args(ModelProtocol), default="stackduel")
    tls, trust = parse_tls(fields, source, protocol)
    stack = Stack(
        name=name,
        tier=fields.choice("tier", TIERS, default="rewrite"),
        summary=fields.any_text("summary", default="your own stack"),
        source=source,
        health=_parse_health(where, fields, protocol),
        protocol=protocol,
        assumed=not fields.given("health"),
        start_s=fields.number("start_s", LEAST_START_S, MOST_START_S, default=None),
        host=_parse_host(where, fields.text("host", default="")),
        reset=_parse_reset(where, table, fields, source, folder),
        slots=_parse_slots(table, fields, source),
        contract=_parse_contract(where, fields, protocol),
        tls=tls,
        trust=trust,
    )
    fields.finish()
    return stack


def resetting(stack: Stack, words: tuple[str, ...], folder: Path) -> Stack:
    """Return the stack with a command to be run before each start, unless it has one of its own."""
    if not words or stack.reset is not None:
        return stack
    return replace(stack, reset=replace(_surroundings(stack.source, folder), argv=words))


def _parse_source(
    where: str, table: Mapping[str, Any], fields: Fields, folder: Path, secrets: OwnSecrets
) -> StackSource:
    if "url" in table:
        url = fields.text("url")
        return Url(parse_socket(where, url, folder) if url.startswith(UNIX) else parse_address(where, url))
    env = parse_env(where, fields, secrets)
    if "image" in table:
        port = fields.integer("port", 1, 65535, default=8000)
        inside = {key: value.replace("{port}", str(port)).replace("{host}", EVERYWHERE) for key, value in env.items()}
        return Image(parse_reference(where, fields.text("image")), port, inside)
    words = parse_words(where, "command", table, fields)
    refuse_misspelt_places(f"{where}: command", words)
    command = replace(parse_surroundings(where, fields, env, folder), argv=words)
    with_port = any("{port}" in text for text in (*words, *env.values()))
    if not words or with_port == command.uses_socket:
        raise FieldError(
            f"{where}: command: each start has another port: {{port}} must stand in it, or in env (or {{socket}}, of a "
            "unix socket)"
        )
    if command.uses_socket:
        refuse_without_sockets(f"{where}: command")
    return command


def parse_reference(where: str, image: str) -> str:
    """Return the name of an image; raises FieldError."""
    if not REFERENCE.fullmatch(image):
        raise FieldError(f"{where}: image: must be the name of an image, such as registry.example:5000/shop:2")
    return image


def parse_env(where: str, fields: Fields, secrets: OwnSecrets, places: tuple[str, ...] = OF_A_START) -> dict[str, str]:
    """Take the table ``env`` out of ``fields``, with its variables filled in; raises FieldError.

    ``places`` are what is filled in for ``{NAME}`` when it starts.
    """
    env = {}
    for key, value in fields.table("env", default={}).items():
        if not isinstance(value, str):
            raise FieldError(f"{where}: env.{key}: must be a text")
        name = f"{where}: env.{shortened(key)}"
        if not VARIABLE.fullmatch(key):
            raise FieldError(f"{name}: a variable's name is printable, without '=' and blanks, and not empty")
        refuse_misspelt_places(name, (value,), places)
        env[key] = secrets.expand(name, value)
        if len(env[key]) > MOST_WORD or "\0" in env[key]:
            raise FieldError(f"{name}: at most {MOST_WORD} characters, and none of them NUL")
    return env


def _parse_health(where: str, fields: Fields, protocol: ModelProtocol) -> str | None:
    """Return the path that says when the server is ready; without one, that of its protocol."""
    if not fields.given("health"):
        fields.text("health", default="")
        return PROTOCOLS[protocol]
    health = fields.text("health")
    if not is_target(health):
        raise FieldError(f"{where}: health: must be a path that starts with / and holds visible ASCII only")
    return health


def _parse_slots(table: Mapping[str, Any], fields: Fields, source: StackSource) -> OwnSlots | None:
    """Return how many requests the stack can hold at once: as the file says, else as its command line does."""
    if table.get("slots") == UNLIMITED:
        fields.text("slots")
        return OwnSlots(None, "slots")
    given = fields.integer("slots", 1, MOST_SLOTS, default=None, other=f', or "{UNLIMITED}"')
    if given is not None:
        return OwnSlots(given, "slots")
    return slots_on_command_line(source) if isinstance(source, Command) else None


def _parse_contract(where: str, fields: Fields, protocol: ModelProtocol) -> str | None:
    """Return the HTTP contract that the stack is to keep, None if it has requests of its own alone."""
    if not fields.given("contract"):
        fields.text("contract", default="")
        return None
    contract: str = fields.choice("contract", CONTRACTS, default=CONTRACTS[0])
    if protocol != "stackduel":
        raise FieldError(f"{where}: contract: only where protocol is stackduel; {protocol} has no such endpoints")
    return contract


def _parse_host(where: str, host: str) -> str | None:
    """Check the ``Host`` header of all requests to a stack; None if the usual one is wanted."""
    if host and not HOST.fullmatch(host):
        raise FieldError(f"{where}: host: must be a host name or an IP address, and maybe a port: shop.example:8080")
    return host or None


def _parse_reset(
    where: str, table: Mapping[str, Any], fields: Fields, source: StackSource, folder: Path
) -> Command | None:
    words = parse_words(where, "reset", table, fields)
    refuse_misspelt_places(f"{where}: reset", words, OF_A_RESET)
    return replace(_surroundings(source, folder), argv=words) if words else None


def _surroundings(source: StackSource, folder: Path) -> Command:
    """Return where a stack's other commands run: as its own command does, else in the folder of the file."""
    return replace(source, argv=()) if isinstance(source, Command) else Command((), {}, folder)


def parse_address(where: str, url: str) -> Address:
    """Read ``http(s)://host[:port]``; raises FieldError for any other form."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise FieldError(f"{where}: url: {error}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
        raise FieldError(f"{where}: url: must be http://host:port, https://... or unix:PATH, without a user in it")
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise FieldError(f"{where}: url: must end after the port; the path belongs to the request")
    if not HOST.fullmatch(parts.netloc):
        raise FieldError(f"{where}: url: {shortened(parts.netloc)!r} is no host name or IP address with maybe a port")
    if port == 0:
        raise FieldError(f"{where}: url: the port must be from 1 to 65535")
    tls = parts.scheme == "https"
    return Address(parts.hostname, port or (443 if tls else 80), tls)
