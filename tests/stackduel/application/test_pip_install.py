"""pip for the user's interpreter: which one, and its reasons in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackduel.application import pip_install
from stackduel.application.limited_process import Ended
from stackduel.application.pip_install import has_no_solution, pip_for, reason, shown_requirements
from stackduel.application.user_packages import UserPackages
from stackduel.application.wanted_servers import WANTED
from stackduel.model.application import Interpreter
from stackduel.model.errors import FieldError

PYTHON = Interpreter(Path("/venv/bin/python"), "3.12.1", "cpython-312", "named by the test")
CONFLICT = """
ERROR: Cannot install gevent==26.8.0 and gevent==26.9.0 because these package versions have conflicting dependencies.

The conflict is caused by:
    gevent 26.9.0 depends on greenlet>=3; platform_python_implementation == "CPython"
    gevent 26.8.0 depends on greenlet>=3; platform_python_implementation == "CPython"
    The user requested (constraint) greenlet==2.0.2

To fix this you could try to:
1. loosen the range of package versions you've specified
2. remove package versions to allow pip attempt to solve the dependency conflict

ERROR: ResolutionImpossible: for help visit https://pip.pypa.io/en/latest/topics/dependency-resolution/
"""
TOO_OLD = """
The conflict is caused by:
    The user requested gunicorn>=24
    The user requested (constraint) gunicorn==23.0.0

ERROR: ResolutionImpossible: for help visit https://pip.pypa.io/
"""
ABSENT = """
ERROR: Could not find a version that satisfies the requirement hypercorn>=0.14 (from versions: 0.1.0, 0.2.0)
ERROR: No matching distribution found for hypercorn>=0.14
"""
REFUSED = """
WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by 'NewConnectionError(...)': /hypercorn/
ERROR: Could not find a version that satisfies the requirement hypercorn>=0.14 (from versions: none)
ERROR: No matching distribution found for hypercorn>=0.14
"""


@pytest.mark.parametrize(
    ("ended", "says"),
    [
        (Ended(1, "ended", CONFLICT), "gevent 26.9.0 depends on greenlet>=3, and your environment has greenlet 2.0.2"),
        (Ended(1, "ended", TOO_OLD), "it needs gunicorn>=24, and your environment has gunicorn 23.0.0"),
        (Ended(1, "ended", ABSENT), "No matching distribution found for hypercorn>=0.14"),
        (Ended(1, "ended", REFUSED), "the package index could not be reached"),
        (Ended(2, "ended with exit status 2", ""), "pip ended with exit status 2"),
        (Ended(None, "did not end within 300 s", "Collecting gevent"), "pip did not end within 300 s"),
    ],
)  # fmt: skip
def test_the_reason_is_pip_s_in_a_sentence(ended: Ended, says: str) -> None:
    """The newest version's need, what does not fit it, and no page of help."""
    assert reason(ended) == says


def test_only_what_pip_looked_for_to_the_end_has_no_solution() -> None:
    """An index out of reach, one that has nothing at all and a limit of time say nothing about tomorrow."""
    assert all(has_no_solution(Ended(1, "ended", each)) for each in (CONFLICT, TOO_OLD, ABSENT))
    nothing = ABSENT.replace("0.1.0, 0.2.0", "none")
    assert not any(has_no_solution(Ended(1, "ended", each)) for each in (REFUSED, nothing, "No space left on device"))
    assert not has_no_solution(Ended(None, "did not end within 300 s", CONFLICT))


@pytest.mark.parametrize(
    ("theirs", "ours", "words"),
    [
        ("26.0", "26.0", ("/venv/bin/python", "-m", "pip")),
        ("21.3.1", "26.0", ("pip", "--python", "/venv/bin/python")),
        (None, "22.3", ("pip", "--python", "/venv/bin/python")),
    ],
)
def test_the_pip_of_the_interpreter_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, theirs: str | None, ours: str, words: tuple[str, ...]
) -> None:
    """Stackduel's own serves where that one is too old to say what it would install, or absent."""
    monkeypatch.setattr(pip_install, "_own_version", lambda: ours)
    found = pip_for(PYTHON, UserPackages((), {"pip": theirs} if theirs else {}), tmp_path)
    assert found.words[-3:] == words


def test_without_any_pip_the_sentence_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in environments that uv made."""
    monkeypatch.setattr(pip_install, "_own_version", lambda: None)
    with pytest.raises(FieldError, match=r"--with-servers: needs pip 22.3 or newer.*ensurepip"):
        pip_for(PYTHON, UserPackages((), {}), tmp_path)


def test_what_is_there_already_need_not_be_typed() -> None:
    """And extras are typed, but not what they bring."""
    gevent = next(each for each in WANTED["wsgi"] if each.worker_classes == ("gevent",))
    assert shown_requirements(gevent, ("gevent==26.9.0", "zope.event==6.2")) == ("gevent==26.9.0",)
    uvicorn = next(each for each in WANTED["asgi"] if each.server == "uvicorn")
    assert shown_requirements(uvicorn, ("h11==0.16.0", "Uvicorn==0.54.0")) == ("uvicorn[standard]==0.54.0",)
