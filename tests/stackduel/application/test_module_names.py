"""The names of a module that may be an application."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackduel.application.module_names import ModuleNames, module_names


@pytest.mark.parametrize(
    ("code", "found"),
    [
        pytest.param("app = Flask(__name__)", ModuleNames(("app",)), id="usual-name"),
        pytest.param("shop = flask.Flask('shop')", ModuleNames(("shop",)), id="by-its-class"),
        pytest.param("shop: Flask = Flask('shop')\nother: int", ModuleNames(("shop",)), id="annotated"),
        pytest.param("from shop import app as application", ModuleNames(("application",)), id="imported"),
        pytest.param("async def app(scope, receive, send): pass", ModuleNames(("app",)), id="function"),
        pytest.param("try:\n  app = make()\nexcept E:\n  pass", ModuleNames(("app",)), id="below-try"),
        pytest.param("if X:\n  app = 1\nelse:\n  asgi = 2\nwith y:\n  wsgi = 3",
                     ModuleNames(("app", "asgi", "wsgi")), id="below-others"),
        pytest.param("if __name__ == '__main__':\n  app = create_app()", ModuleNames(), id="not-imported"),
        pytest.param("def create_app(config=None, *, debug=False): pass",
                     ModuleNames((), ("create_app",)), id="factory"),
        pytest.param("def create_app(config): pass\ndef make_app(*, debug): pass", ModuleNames(), id="needs-arguments"),
        pytest.param("def main(settings=None):\n  return config.make_wsgi_app()\ndef other(): return 1",
                     ModuleNames((), ("main",)), id="factory-of-pyramid"),
        pytest.param("app = Flask('a'); application = app", ModuleNames(("application", "app")), id="likeliest-first"),
        pytest.param("def home(): app = 1\nvalue = 3", ModuleNames(), id="nothing"),
        pytest.param("def app(:", ModuleNames(), id="no-python"),
    ],
)  # fmt: skip
def test_they_are_read_from_its_text(tmp_path: Path, code: str, found: ModuleNames) -> None:
    """Nothing is imported: only what an import would bind at the module's own level counts."""
    path = tmp_path / "shop.py"
    path.write_text(code, encoding="utf-8")
    assert module_names(path) == found


def test_a_module_that_is_not_there_has_none(tmp_path: Path) -> None:
    """Nor has a file with NUL in it."""
    assert module_names(tmp_path / "none.py") == ModuleNames()
    (tmp_path / "nul.py").write_bytes(b"app = 1\0")
    assert module_names(tmp_path / "nul.py") == ModuleNames()
