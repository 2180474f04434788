"""TOML files as editors, shells and mistakes leave them."""

from __future__ import annotations

import os
import re
import sys
import threading
from pathlib import Path

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.planning.planner import plan_run
from stackduel.planning.stacks_file import read_own_file
from stackduel.planning.suites_by_name import read_suite
from stackduel.planning.toml_file import MAX_FILE_BYTES, read_toml

OWN = """
[stacks.mine]
command = ["python", "app.py", "{port}"]
[[requests]]
name = "x"
path = "/x"
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf_8_is_read_with_and_without_its_mark(encoding: str, tmp_path: Path) -> None:
    """Notepad writes a byte order mark, and means nothing by it."""
    path = tmp_path / "mine.toml"
    path.write_text('"größe" = 1', encoding=encoding)
    assert read_toml("stacks file", path) == {"größe": 1}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("a = 1".encode("utf-16"), "is UTF-16; save it as UTF-8"),
        ("a = 1".encode("utf-16-be"), "is UTF-16 or not text at all; save it as UTF-8"),
        ("a = 1".encode("utf-32"), "is UTF-32; save it as UTF-8"),
        ('a = 1\nb = "é"'.encode("latin-1"), "line 2 is not UTF-8; save the file as UTF-8"),
        (b"a = " + b"[" * 20_000, "not valid TOML: nested too deeply"),
        (b"a = " + b"1" * 5_000, "a (line 1): a whole number of 5000 digits"),
        (b"a =", "not valid TOML: "),
        (b"#" * (MAX_FILE_BYTES + 1), f"at most {MAX_FILE_BYTES} bytes"),
    ],
)
def test_what_is_no_toml_in_utf_8_is_named_with_its_mend(content: bytes, told: str, tmp_path: Path) -> None:
    """Stacks files and suites alike: the file, what is wrong with it, and what to do."""
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(FieldError, match="^stacks file .*mine.toml: " + re.escape(told)):
        read_own_file(path)
    with pytest.raises(FieldError, match="^SUITE: .*mine.toml: " + re.escape(told)):
        read_suite(str(path))


@pytest.mark.parametrize("name", ["absent.toml", ".", "a\0b.toml"])
def test_what_cannot_be_read_is_a_sentence(name: str, tmp_path: Path) -> None:
    """A file that is not there, a folder, a name that no system takes."""
    with pytest.raises(FieldError, match="cannot be read: "):
        read_toml("stacks file", tmp_path / name)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes with names")
def test_a_stacks_file_from_a_pipe_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``--stacks-file <(...)``: a second reader gets the same, and its commands run in the working folder."""
    pipe, work = tmp_path / "pipe", tmp_path / "work"
    os.mkfifo(pipe)
    work.mkdir()
    monkeypatch.chdir(work)
    writer = threading.Thread(target=pipe.write_text, args=(OWN,))
    writer.start()
    first, again = read_own_file(pipe), read_own_file(pipe)
    writer.join()
    assert first == again
    plan = plan_run(RunOptions(stacks_file=str(pipe)), 0)
    assert tuple(plan.suite.stacks) == ("mine",)
    assert plan.stacks["mine"].source.folder == work  # type: ignore[union-attr]


@pytest.mark.parametrize("path", ["/x#y", "/#", "#"])
def test_a_number_sign_in_a_path_is_refused(path: str, tmp_path: Path) -> None:
    """No client sends what follows it, so the server would be asked something else than the file says."""
    file = tmp_path / "mine.toml"
    file.write_text(OWN.replace('"/x"', f'"{path}"'))
    with pytest.raises(FieldError, match=r"requests\.x: path: .*write %23"):
        read_own_file(file)
