"""The body of a request: a text, a file, a form, or a form with files.

Paths are relative to the folder of the file that names them. A form is encoded as browsers do it (WHATWG, URL and HTML
standards); with files it is multipart/form-data (RFC 7578), with the same bytes every time.
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from stackduel.model.errors import FieldError
from stackduel.planning.fields import Fields, shortened
from stackduel.planning.limited_file import limited, read_limited

MAX_BODY_BYTES = 50 * 1024 * 1024
MOST_PARTS = 1_000
BODY_KEYS = ("body", "bodies", "body_file", "form", "files")
URL_ENCODED = "application/x-www-form-urlencoded"
OF_UNKNOWN_TYPE = "application/octet-stream"
_ESCAPES = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


@dataclass(frozen=True, slots=True)
class RequestBody:
    """The bytes of a body, and the Content-Type and the method that go without saying.

    A ``verbatim`` one holds files, which are sent as they are.
    """

    content: bytes = b""
    content_type: str | None = None
    method: str = "GET"
    verbatim: bool | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    """One field of a multipart body; a file has its name and its type."""

    name: str
    content: bytes
    filename: str | None = None
    media_type: str | None = None


def parse_body(fields: Fields) -> RequestBody:
    """Take the body of a request out of ``fields``; raises FieldError for two of them, and for files beyond reach."""
    given = [key for key in BODY_KEYS if fields.given(key)]
    if len(given) > 1 and set(given) != {"form", "files"}:
        raise FieldError(f"{fields.where}: {given[1]}: cannot be combined with {given[0]}")
    text = fields.any_text("body", default="", most=MAX_BODY_BYTES).encode()
    path = fields.text("body_file", default="")
    form, files = _parse_form(fields), _parse_files(fields)
    if fields.given("files"):
        body = _multipart([*(_Part(name, value.encode()) for name, value in form), *files])
    elif fields.given("form"):
        body = RequestBody(urlencode(form).encode(), URL_ENCODED, "POST")
    else:
        content = read_body(f"{fields.where}: body_file", fields.folder / path) if path else text
        body = RequestBody(content, verbatim=True if path else None)
    bounded(f"{fields.where}: {' and '.join(given)}", body.content)
    return body


def read_body(where: str, path: Path) -> bytes:
    """Return the content of a file; raises FieldError for one that cannot be read or is too long."""
    return read_limited(where, path, MAX_BODY_BYTES, regular=True)


def bounded(where: str, body: bytes) -> bytes:
    """Return a body that is not too long; raises FieldError."""
    return limited(where, body, MAX_BODY_BYTES)


def _parse_form(fields: Fields) -> Sequence[tuple[str, str]]:
    """Take the fields of a form out of ``fields``: each a text, or a list of texts."""
    pairs = []
    for name, value in fields.table("form", default={}).items():
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(each, str) for each in values):
            raise FieldError(f"{fields.where}: form.{shortened(name)}: must be a text, or a list of texts")
        pairs += [(name, each) for each in values]
    if len(pairs) > MOST_PARTS:
        raise FieldError(f"{fields.where}: form: at most {MOST_PARTS} fields")
    return pairs


def _parse_files(fields: Fields) -> Sequence[_Part]:
    """Take the files of a form out of ``fields``: each a path, or a table of ``path``, ``name`` and ``type``."""
    parts = []
    for name, given in fields.table("files", default={}).items():
        where = f"{fields.where}: files.{shortened(name)}"
        parts += [_file(where, name, each, fields.folder) for each in (given if isinstance(given, list) else [given])]
    if len(parts) > MOST_PARTS:
        raise FieldError(f"{fields.where}: files: at most {MOST_PARTS}")
    return parts


def _file(where: str, name: str, given: Any, folder: Path) -> _Part:
    if not isinstance(given, str | Mapping):
        raise FieldError(f"{where}: must be a path, or a table with path, name and type")
    table = Fields(where, {"path": given} if isinstance(given, str) else given)
    path = folder / table.text("path")
    guessed = mimetypes.guess_type(path.name)[0] or OF_UNKNOWN_TYPE
    media_type = table.text("type", default=guessed, most=200)
    filename = table.text("name", default=path.name, most=255)
    table.finish()
    if not (media_type.isascii() and media_type.isprintable()):
        raise FieldError(f"{where}: type: must be printable ASCII text")
    return _Part(name, read_body(where, path), filename, media_type)


def _multipart(parts: Sequence[_Part]) -> RequestBody:
    # The boundary is drawn from the content, so that a run sends the same bytes each time.
    digest = hashlib.sha256(b"\0".join(part.content for part in parts)).hexdigest()
    boundary = f"stackduel-{digest[:32]}"
    pieces = [piece for part in parts for piece in (f"--{boundary}\r\n".encode(), *_lines(part), b"\r\n")]
    content = b"".join([*pieces, f"--{boundary}--\r\n".encode()])
    return RequestBody(content, f"multipart/form-data; boundary={boundary}", "POST", verbatim=True)


def _lines(part: _Part) -> Iterator[bytes]:
    disposition = f'Content-Disposition: form-data; name="{part.name.translate(_ESCAPES)}"'
    if part.filename is not None:
        disposition += f'; filename="{part.filename.translate(_ESCAPES)}"\r\nContent-Type: {part.media_type}'
    yield f"{disposition}\r\n\r\n".encode()
    yield part.content
