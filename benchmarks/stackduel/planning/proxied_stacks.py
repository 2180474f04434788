"""The stacks of a run behind proxies: each stack once behind every one of them, and without."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace

from stackduel.model.errors import FieldError
from stackduel.model.proxy import NO_PROXY, PROXIES, READ_TIMEOUT_S, behind
from stackduel.model.run_options import RunOptions
from stackduel.model.stack import Stack
from stackduel.model.suite import Suite
from stackduel.planning.fan_out import fanned_out, with_first_duel
from stackduel.planning.nginx_lookup import INSTALL_NGINX, nginx_program
from stackduel.planning.selection import Selection

ELSEWHERE = {
    "docker": "no image of nginx is built here; --launcher local starts nginx beside the stack",
    "compose": "a project has the proxies that its own file names; --launcher local starts nginx beside the stack",
    "url": "what answers at a url has its proxy already, or the url of the proxy can be measured beside it",
}


def refuse_unproxied(options: RunOptions) -> None:
    """Raise FieldError where no proxy can be started for what the launcher measures."""
    if options.proxy is None:
        if options.proxy_timeout_s is not None:
            raise FieldError("--proxy-timeout: only with --proxy")
        return
    if set(options.proxy) == {NO_PROXY}:
        return
    if options.launcher in ELSEWHERE:
        raise FieldError(f"--proxy: not with --launcher {options.launcher}: {ELSEWHERE[options.launcher]}")
    if sys.platform == "win32":
        raise FieldError("--proxy: nginx serves few connections on Windows, and is not started there")
    if nginx_program() is None:
        raise FieldError(f"--proxy: nginx is not installed: {INSTALL_NGINX}")


def behind_proxies(selection: Selection, options: RunOptions) -> Selection:
    """Return the selection with each of its stacks once behind every proxy, the baseline behind the first one.

    With one proxy the stacks keep their names. Raises FieldError for a stack that nginx cannot stand in front of.
    """
    return fanned_out(selection, options.proxy or (), behind, lambda stack, label: _put(stack, label, options))


def with_duel_behind(suite: Suite, options: RunOptions) -> Suite:
    """Return the suite with its pair of stacks behind the first proxy."""
    return with_first_duel(suite, options.proxy or (), behind)


def proxy_notes(stacks: Mapping[str, Stack]) -> tuple[str, ...]:
    """Return a note on the proxies of a run."""
    by_words: dict[str, list[str]] = {}
    for name, stack in stacks.items():
        if stack.proxy is not None:
            cut = f"cuts an answer of which nothing came for {stack.proxy.read_timeout_s:g} s"
            by_words.setdefault(f"{stack.proxy.words}; it {cut}", []).append(name)
    return tuple(
        f"A proxy stands in front of {', '.join(names)}, on the downstream's cores, and is no part of their CPU and "
        f"memory: {words}."
        for words, names in by_words.items()
    )


def _put(stack: Stack, label: str, options: RunOptions) -> Stack:
    """Return a stack behind a proxy; raises FieldError where it cannot be."""
    if label == NO_PROXY:
        return stack
    if stack.tls:
        raise FieldError(f"--proxy: {stack.name}: nginx here speaks plain HTTP; leave tls = true out")
    if stack.health is None:
        raise FieldError(f"--proxy: {stack.name}: it speaks HTTP/2, which this nginx does not pass on")
    return replace(stack, proxy=replace(PROXIES[label], read_timeout_s=options.proxy_timeout_s or READ_TIMEOUT_S))
