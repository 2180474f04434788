"""The likely applications of a checkout, by its files alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from stackduel.application.likely_applications import home_of, likely_applications
from stackduel.model.application import Interface

FLASK = "from flask import Flask\napp = Flask(__name__)\n"
FACTORY = "def create_app(): return None\n"
MANAGE = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
DJANGO = {"manage.py": MANAGE, "shop/settings.py": 'WSGI_APPLICATION = "shop.wsgi.application"\n', "shop/asgi.py": "",
          "shop/wsgi.py": ""}  # fmt: skip
SPLIT = {"manage.py": MANAGE, "shop/asgi.py": "", "shop/wsgi.py": "", "shop/settings/__init__.py": "",
         "shop/settings/base.py": "ASGI_APPLICATION = 'shop.asgi.application'\n"}  # fmt: skip


def found(
    folder: Path, files: Mapping[str, str], environ: Mapping[str, str] | None = None, interface: Interface | None = None
) -> list[tuple[str, str, str]]:
    """The names, origins and folders that are found among some files, in their order."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [
        (str(each.name), each.origin, each.folder.relative_to(folder).as_posix())
        for each in likely_applications(folder, interface, environ or {})
    ]


@pytest.mark.parametrize(
    ("files", "first"),
    [
        pytest.param({"Procfile": "web: gunicorn shop.wsgi:app", "app.py": FLASK},
                     ("shop.wsgi:app", "Procfile, web", "."), id="procfile-before-modules"),
        pytest.param({"Dockerfile": 'CMD ["uvicorn", "app.main:app"]', "backend/app/main.py": FLASK},
                     ("app.main:app", "Dockerfile, CMD", "backend"), id="module-in-another-folder"),
        pytest.param({"backend/Dockerfile": 'CMD ["uvicorn", "app.main:app"]', "backend/app/main.py": FLASK},
                     ("app.main:app", "backend/Dockerfile, CMD", "backend"), id="dockerfile-in-another-folder"),
        pytest.param({"Procfile": "web: gunicorn --chdir code shop:app", "code/shop.py": FLASK},
                     ("shop:app", "Procfile, web", "code"), id="folder-of-the-command"),
        pytest.param({"Dockerfile": 'CMD ["fastapi", "run", "app/main.py"]', "app/main.py": FLASK},
                     ("app.main:app", "Dockerfile, CMD", "."), id="file-of-the-command"),
        pytest.param({"Procfile": "web: flask --app shop run", "shop/__init__.py": FACTORY},
                     ("shop:create_app()", "Procfile, web", "."), id="flask-run"),
        pytest.param({".flaskenv": "FLASK_APP=shop:create_app\n", "shop.py": FACTORY},
                     ("shop:create_app()", ".flaskenv", "."), id="flaskenv"),
        pytest.param(DJANGO, ("shop.wsgi:application", "manage.py, WSGI_APPLICATION", "."), id="django"),
        pytest.param(SPLIT, ("shop.asgi:application", "manage.py, ASGI_APPLICATION", "."), id="django-split-settings"),
        pytest.param({"src/shop/__init__.py": FACTORY}, ("shop:create_app()", "__init__.py", "src"), id="src-layout"),
        pytest.param({"app.py": FLASK, "wsgi.py": "from app import app"},
                     ("wsgi:app", "wsgi.py", "."), id="wsgi-first"),
        pytest.param({"shop/__init__.py": FACTORY, "shop/api.py": FLASK}, ("shop.api:app", "api.py", "."),
                     id="application-before-factory"),
        pytest.param({"shopping.py": "store = Flask('x')"}, ("shopping:store", "shopping.py", "."), id="any-module"),
    ],
)  # fmt: skip
def test_the_likeliest_comes_first(tmp_path: Path, files: dict[str, str], first: tuple[str, str, str]) -> None:
    """The statement of a file of the checkout comes before the look of a module."""
    assert found(tmp_path, files)[0] == first


def test_each_is_named_once_and_the_environment_counts(tmp_path: Path) -> None:
    """FLASK_APP may be a file; the same application is not tried twice."""
    names = [name for name, *_ in found(tmp_path, {"shop.py": FLASK}, {"FLASK_APP": "shop.py"})]
    assert names == ["shop:app"]


def test_an_interface_that_was_asked_for_chooses_among_djangos_two(tmp_path: Path) -> None:
    """Though the settings name the other."""
    assert {name for name, *_ in found(tmp_path, DJANGO, interface="asgi")} == {"shop.asgi:application"}


def test_nothing_is_found_where_nothing_looks_like_it(tmp_path: Path) -> None:
    """Tests and broken modules are none, and neither are commands of other programs."""
    files = {
        "tests/app.py": FLASK,
        "Procfile": "worker: celery -A shop worker",
        "app.py": "def app(:",
        "setup.py": FLASK,
    }
    assert found(tmp_path, files) == []
    assert home_of(tmp_path, "shop") is None


def test_a_command_that_goes_elsewhere_is_started_there(tmp_path: Path) -> None:
    """Its own option would be taken from that folder once more."""
    found(tmp_path, {"Procfile": "web: gunicorn --chdir=code shop:app -w 2", "code/shop.py": FLASK})
    command = next(likely_applications(tmp_path, environ={})).command
    assert command is not None
    assert command.argv == ("gunicorn", "--bind", "{host}:{port}", "shop:app", "-w", "2")
