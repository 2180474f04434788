"""A proxy in front of a stack: nginx, with its buffering as it is set there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

NO_PROXY = "none"
# nginx's own.
READ_TIMEOUT_S = 60.0
_MARK = "+"


@dataclass(frozen=True, slots=True)
class Proxy:
    """nginx in front of a stack; ``label`` is what ``--proxy`` and names of stacks call it.

    With ``buffering`` it may keep a part of an answer back until more comes, unless the answer's
    ``X-Accel-Buffering: no`` forbids that and nginx ``heeds`` it. An answer of which nothing came for
    ``read_timeout_s`` is cut.
    """

    label: str
    buffering: bool
    heeds: bool = True
    read_timeout_s: float = READ_TIMEOUT_S

    @property
    def words(self) -> str:
        """How it is set, in a few words."""
        ignored = "" if self.heeds else ", X-Accel-Buffering ignored"
        return f"nginx, proxy_buffering {'on' if self.buffering else 'off'}{ignored}"


PROXIES: Mapping[str, Proxy] = {
    each.label: each
    for each in (
        Proxy("nginx", buffering=True),
        Proxy("nginx-unbuffered", buffering=False),
        Proxy("nginx-buffered", buffering=True, heeds=False),
    )
}


def behind(stack: str, label: str) -> str:
    """Return the name of a stack behind a proxy; no other may have such a name. Without a proxy it keeps its own."""
    return stack if label == NO_PROXY else f"{stack}{_MARK}{label}"
