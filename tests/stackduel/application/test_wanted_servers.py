"""The servers that an environment lacks."""

from __future__ import annotations

from dataclasses import replace

from stackduel.application.wanted_servers import WANTED, distribution_of, extras_of, missing_servers
from stackduel.model.application import ImportableServer
from tests.stackduel.tuned import application


def test_what_tune_could_try_and_the_environment_lacks_is_missing() -> None:
    """By the interface."""
    assert [each.name for each in missing_servers(application("wsgi", ("waitress",)), "linux")] == [
        "gunicorn-sync-gthread", "gunicorn-gevent", "granian",
    ]  # fmt: skip
    assert [each.title for each in missing_servers(application("asgi", ("uvicorn",)), "linux")] == [
        "Hypercorn", "Granian", "Gunicorn (asgi)",
    ]  # fmt: skip
    assert not missing_servers(application("wsgi"), "linux")


def test_a_worker_class_alone_can_be_missing() -> None:
    """A Gunicorn without gevent."""
    lacks = replace(application("wsgi"), servers={"gunicorn": ImportableServer("27.0.1", ("sync", "gthread"))})
    assert [each.title for each in missing_servers(lacks, "linux")] == ["Gunicorn (gevent)", "Granian", "Waitress"]


def test_gunicorn_is_not_missing_where_it_does_not_exist() -> None:
    """On Windows."""
    assert [each.server for each in missing_servers(application("wsgi", ()), "win32")] == ["granian", "waitress"]


def test_a_requirement_is_read_for_its_name_and_extras() -> None:
    """Each one of ours."""
    asked = {each for wanted in WANTED.values() for server in wanted for each in server.requirements}
    assert {distribution_of(each) for each in asked} == {
        "gunicorn", "gevent", "packaging", "granian", "waitress", "uvicorn", "hypercorn",
    }  # fmt: skip
    assert {extras_of(each) for each in asked} == {"", "[standard]"}
