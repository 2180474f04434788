"""An interpreter's own description: its build, the GIL, the JIT, its packages, and what an application lacks."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from pathlib import Path
from types import SimpleNamespace

import pytest

from stackduel.application import interpreter_script


def jit(*, available: bool, enabled: bool) -> SimpleNamespace:
    """The module ``sys._jit`` as Python 3.14 has it."""
    return SimpleNamespace(is_available=lambda: available, is_enabled=lambda: enabled)


@pytest.mark.parametrize(
    ("available", "enabled", "state"), [(False, False, "none"), (True, False, "off"), (True, True, "on")]
)
def test_from_314_on_the_interpreter_knows_its_jit(
    available: bool, enabled: bool, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How it was configured then says nothing more."""
    monkeypatch.setattr(sys, "_jit", jit(available=available, enabled=enabled), raising=False)
    assert interpreter_script.jit_state("'--enable-experimental-jit'") == state


@pytest.mark.parametrize(
    ("configured", "wish", "state"),
    [
        ("'--with-lto'", "1", "none"),
        ("'--enable-experimental-jit'", None, "on"),
        ("'--enable-experimental-jit=yes'", "0", "off"),
        ("'--enable-experimental-jit=yes-off'", None, "off"),
        ("'--enable-experimental-jit=yes-off'", "1", "on"),
        ("'--enable-experimental-jit=no'", "1", "none"),
    ],
)
def test_before_314_the_build_and_the_variable_tell(
    configured: str, wish: str | None, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PYTHON_JIT decides where the build has a JIT, and the build where there is no variable."""
    monkeypatch.delattr(sys, "_jit", raising=False)
    monkeypatch.delenv("PYTHON_JIT", raising=False)
    if wish is not None:
        monkeypatch.setenv("PYTHON_JIT", wish)
    assert interpreter_script.jit_state(configured) == state


def test_a_free_threaded_build_says_whether_it_has_the_gil(monkeypatch: pytest.MonkeyPatch) -> None:
    """The build and the state are two facts: a setting or a module may turn the GIL on in such a build."""
    configured = {"Py_GIL_DISABLED": 1, "CONFIG_ARGS": "'--disable-gil' '--enable-optimizations' '--with-lto'"}
    monkeypatch.setattr(sysconfig, "get_config_var", configured.get)
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: False, raising=False)
    told = interpreter_script.interpreter()
    assert (told["free_threaded"], told["gil"]) == (True, "off")
    assert told["build"].endswith(", PGO, LTO")
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: True, raising=False)
    assert interpreter_script.interpreter()["gil"] == "on"


def installed(folder: Path, name: str, version: str, *requires: str) -> None:
    """A distribution in a folder."""
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir()
    needed = "".join(f"Requires-Dist: {each}\n" for each in requires)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needed}")


def test_the_packages_are_the_named_ones_and_all_that_they_require(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of an extra are not, and the others are only counted."""
    installed(tmp_path, "Shop_App", "1.0", "Flask>=3", "redis; extra == 'cache'", "absent", "flask")
    installed(tmp_path, "flask", "3.1.3", "werkzeug (>=3.0); python_version >= '3.9'")
    installed(tmp_path, "werkzeug", "3.1.9", "Shop.App")
    installed(tmp_path, "redis", "6.0")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert interpreter_script.packages(["shop-app", "nowhere"]) == {
        "packages": {"flask": "3.1.3", "shop-app": "1.0", "werkzeug": "3.1.9"},
        "other_packages": 1,
    }


def test_the_digest_is_that_of_code_and_registry(tmp_path: Path) -> None:
    """Another line of code makes it another one; what Python leaves beside the code does not."""
    (tmp_path / "serve.py").write_text("one")
    before = interpreter_script.digest_of(tmp_path)
    (tmp_path / "serve.pyc").write_text("compiled")
    assert interpreter_script.digest_of(tmp_path) == before
    (tmp_path / "serve.py").write_text("two")
    assert interpreter_script.digest_of(tmp_path) != before


def asked(folder: Path, question: str) -> str:
    """Return what a real interpreter of its own prints in a folder."""
    source = Path(interpreter_script.__file__).read_text(encoding="utf-8")
    words = (sys.executable, "-c", source, question)
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True).stdout


def test_an_application_is_imported_and_what_it_lacks_is_named(tmp_path: Path, uncovered_children: None) -> None:
    """Other errors are the application's; a word that is no module, and what it prints, disturb nothing."""
    (tmp_path / "json.py").write_text("raise SystemExit('the library is meant')")
    (tmp_path / "shop.py").write_text("print('hello')\nimport lamp_of_nobody.wick")
    (tmp_path / "broken.py").write_text("1 / 0")
    question = (
        '{"roots": [], "needed": ["subprocess", "lamp_of_nobody"], "modules": ["pytest"],'
        ' "applications": ["shop", "broken", "broken.name", "nowhere", "shop.app"]}'
    )
    answer = json.loads(asked(tmp_path, question).splitlines()[-1])
    assert answer["missing"] == ["lamp_of_nobody"]
    assert answer["unimportable"] == ["lamp_of_nobody", "nowhere", "lamp_of_nobody"]
    assert answer["distributions"] == {"pytest": "pytest"}
