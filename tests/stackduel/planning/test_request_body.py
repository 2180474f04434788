"""Bodies of requests: texts, files, forms and forms with files, byte for byte, and what is refused."""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path
from typing import Any

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.suite import Workload
from stackduel.planning import request_body
from stackduel.planning.fields import Fields
from stackduel.planning.request_file import parse_mix
from stackduel.planning.stacks_file import parse_own_file

PICTURE = bytes(range(256))


def workload(folder: Path, **keys: Any) -> Workload:
    (one,) = parse_mix(Fields("s", {"path": "/", **keys}, folder))
    return one


def test_a_file_is_sent_as_it_is(tmp_path: Path) -> None:
    """Whatever its bytes mean; its path is relative to the folder."""
    (tmp_path / "picture").write_bytes(PICTURE)
    found = workload(tmp_path, method="PUT", body_file="picture")
    assert (found.method, found.body, found.headers) == ("PUT", PICTURE, ())


def test_a_form_is_posted_as_a_browser_does(tmp_path: Path) -> None:
    """A list is a field given several times; the type goes without saying, and may be said."""
    found = workload(tmp_path, form={"name": "Ada & Co", "tag": ["a", "ü"]})
    assert (found.method, found.body) == ("POST", b"name=Ada+%26+Co&tag=a&tag=%C3%BC")
    assert found.headers == (("Content-Type", "application/x-www-form-urlencoded"),)
    own = workload(tmp_path, method="PUT", headers={"content-type": "text/x-form"}, form={"a": "1"})
    assert (own.method, own.headers) == ("PUT", (("content-type", "text/x-form"),))


def test_a_form_with_files_has_parts_that_a_parser_gives_back(tmp_path: Path) -> None:
    """Fields first, then the files with their names and types; the same bytes each time."""
    (tmp_path / "me.png").write_bytes(PICTURE)
    (tmp_path / "notes").write_text("two\r\nlines")
    files = {"photo": "me.png", "text": {"path": "notes", "name": 'my "notes".txt', "type": "text/plain"}}
    found = workload(tmp_path, form={"who": "Ada"}, files=files)
    assert found == workload(tmp_path, form={"who": "Ada"}, files=files)
    ((_, content_type),) = found.headers
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + found.body)
    parts = [
        (each.get_param("name", header="content-disposition"), each.get_filename(), each.get_content_type())
        for each in message.iter_parts()
    ]
    assert parts == [
        ("who", None, "text/plain"),
        ("photo", "me.png", "image/png"),
        ("text", "my %22notes%22.txt", "text/plain"),
    ]
    assert b"\r\n\r\n" + PICTURE + b"\r\n--stackduel-" in found.body


def test_variables_in_a_form_of_a_stacks_file_are_filled_in_and_secret(tmp_path: Path) -> None:
    """As in headers."""
    document = {"requests": [{"name": "login", "path": "/login", "form": {"user": "ada", "word": "${WORD}"}}]}
    own = parse_own_file("mine.toml", document, tmp_path, {"WORD": "correct horse"})
    assert own.requests["login"].body == b"user=ada&word=correct+horse"
    assert own.secrets == ("correct horse",)


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"body": "a", "body_file": "b"}, "s: body_file: cannot be combined with body"),
        ({"body": "a", "form": {}}, "s: form: cannot be combined with body"),
        ({"bodies": ["a"], "files": {}}, "s: files: cannot be combined with bodies"),
        ({"body_file": "absent"}, "s: body_file: .*absent is no file"),
        ({"body_file": "."}, "s: body_file: .* is no file"),
        ({"form": {"a": 1}}, "s: form.a: must be a text, or a list of texts"),
        ({"files": {"a": 1}}, "s: files.a: must be a path, or a table with path, name and type"),
        ({"files": {"a": {"file": "b"}}}, "s: files.a: path: is missing"),
        ({"files": {"a": "absent"}}, "s: files.a: .*absent is no file"),
        ({"files": {"a": {"path": "large", "type": "a\nb"}}}, "s: files.a: type: must be printable ASCII text"),
        ({"body_file": "large"}, "s: body_file: at most 100 bytes"),
        ({"files": {"a": "large"}}, "s: files.a: at most 100 bytes"),
        ({"method": "HEAD", "body": "a"}, "s: method: a HEAD request has no body"),
        ({"method": "TRACE", "bodies": ["a"]}, "s: method: a TRACE request has no body"),
        ({"method": "CONNECT"}, "s: method: must be letters, digits and hyphens, and not CONNECT"),
        ({"method": "G T"}, "s: method: must be letters"),
        ({"headers": {"Host": "a b"}}, "s: headers.Host: must be a host name or an IP address"),
        ({"headers": {"a:b": "c"}}, "s: headers.a:b: not a header that a workload may set"),
        ({"headers": {"Content-Length": "1"}}, "s: headers.Content-Length: not a header that a workload may set"),
    ],
)
def test_what_cannot_be_sent_is_told_with_its_field(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: dict[str, Any], told: str
) -> None:
    """Two bodies, files that are none or too long, forms of other values, methods and headers that break the rules."""
    monkeypatch.setattr(request_body, "MAX_BODY_BYTES", 100)
    (tmp_path / "large").write_bytes(bytes(101))
    with pytest.raises(FieldError, match=told):
        workload(tmp_path, **keys)
