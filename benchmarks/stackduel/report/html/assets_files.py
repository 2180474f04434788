"""The files of a page: template, style, scripts and the charting library."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from stackduel.model.visible_text import visible

# The charting library, as its packages on the npm registry hold it (vendor/README.md, checked by a test).
LIBRARY = ("d3", "plot")
OWN = ("charts.js", "page.js")
# An interval, a date, a figure with its unit.
_WHOLE = re.compile(r"\([\d.,]+-[\d.,]+\)|\b\d{4}-\d\d-\d\d\b|\b[\d.,]+ (?:ms|s|%|MiB|req/s)(?!\w)")
_SENTENCE_END = re.compile(r"(?<=\.)\s+(?=[A-Z])")
_FOLDER = files("stackduel.report.html")


def template(name: str) -> Template:
    """Return a template of this folder; all values it is given are escaped."""
    return _environment().get_template(name)


@cache
def style() -> str:
    """Return the page's style sheet."""
    return _read("assets/page.css")


@cache
def scripts(own: tuple[str, ...] = OWN) -> tuple[str, ...]:
    """Return the scripts of a page in their order, each library behind its licence, then the page's ``own``."""
    library = (f"/*!\n{_read(f'vendor/{name}.LICENSE')}*/\n{_read(f'vendor/{name}.min.js')}" for name in LIBRARY)
    return (*library, *(_read(f"assets/{name}") for name in own))


def licences() -> tuple[str, ...]:
    """Return the first line of each library's licence."""
    return tuple(_read(f"vendor/{name}.LICENSE").partition("\n")[0] for name in LIBRARY)


def policy(allowed: Iterable[str], connect: str = "'none'") -> str:
    """Return a Content-Security-Policy that allows these scripts alone, and connections to ``connect`` alone."""
    hashes = " ".join(f"'sha256-{_hash(script)}'" for script in allowed)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        f"connect-src {connect}; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("stackduel.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["unbroken"] = unbroken
    made.filters["parted"] = parted
    return made


def _visible(value: Any) -> Any:
    """Return what a template prints, without what no reader sees; markup is ours, and made of visible texts."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def parted(text: str) -> tuple[str, str]:
    """Return the first sentence of a text, which a heading has room for, and all others."""
    first, *others = _SENTENCE_END.split(text, maxsplit=1)
    return first, "".join(others)


def unbroken(text: str) -> Markup:
    """Return a sentence, escaped, whose intervals, dates and figures with units are not broken between lines."""
    # Markup's own methods would escape the element again.
    return Markup(_WHOLE.sub(r'<span class="unbroken">\g<0></span>', str(escape(visible(text)))))  # noqa: S704 - escaped


def _read(name: str) -> str:
    # Byte for byte: what is hashed must be what the browser reads, and no line ending of a system's may change it.
    return _FOLDER.joinpath(name).read_bytes().decode().replace("\r\n", "\n")
