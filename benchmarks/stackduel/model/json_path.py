"""Places in a JSON value, as ``$.items[3].price``."""

from __future__ import annotations

import json
import re

# A member's name, an element's number, or None for all of them.
PathStep = str | int | None
JsonPath = tuple[PathStep, ...]

_STEP = re.compile(
    r"""
    \.(?P<name>[^.\[\]"'\s*]+)
    | (?P<any>\.\*|\[\*\])
    | \[(?P<index>[0-9]{1,9})\]
    | \[(?P<quoted>"(?:[^"\\]|\\.)*")\]
    """,
    re.VERBOSE,
)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def parse_json_path(text: str) -> JsonPath:
    """Read ``$.name``, ``$[3]``, ``$["any name"]``, and ``[*]`` or ``.*`` for all; raises ValueError on others."""
    if not text.startswith("$"):
        raise ValueError("must start with $")
    path: list[PathStep] = []
    at = 1
    while at < len(text):
        step = _STEP.match(text, at)
        if step is None:
            raise ValueError(f'{text[at:]!r} is none of .name, [3], ["name"], [*] and .*')
        at = step.end()
        if step["any"]:
            path.append(None)
        elif step["index"]:
            path.append(int(step["index"]))
        else:
            path.append(step["name"] or json.loads(step["quoted"]))
    return tuple(path)


def json_path_text(path: JsonPath) -> str:
    """Return a path as its text."""
    return "$" + "".join(map(_step_text, path))


def _step_text(step: PathStep) -> str:
    if step is None:
        return "[*]"
    if isinstance(step, int):
        return f"[{step}]"
    if _PLAIN.fullmatch(step):
        return f".{step}"
    # Half of a character, which a name in JSON can hold and no terminal can show, is escaped.
    return f"[{json.dumps(step, ensure_ascii=False).encode(errors='backslashreplace').decode()}]"
