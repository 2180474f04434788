"""Files that hold what nobody should write: each is refused with its field, and never by a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.run_options import RunOptions
from stackduel.planning.planner import plan_run
from stackduel.planning.stacks_file import read_own_file

OWN = """
[stacks.mine]
command = ["serve", "{port}"]
[stacks.there]
url = "http://127.0.0.1:8000"
[stacks.boxed]
image = "shop:2"
[[requests]]
name = "search"
path = "/search"
[load]
connections = 4
duration_s = 1
"""
SUITE = """
summary = "Two stacks."
baseline = "flask-gunicorn"
stacks = ["flask-gunicorn", "fastapi-uvicorn"]
[[scenario]]
name = "w{connections}"
path = "/json"
load = { connections = 4, duration_s = 0.5 }
"""
LONG = "x" * 300_000


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("[load]", f"{'x = ' + '[' * 3000 + ']' * 3000}\n[load]", "nested too deeply"),
        ("[load]", f"{'x = ' + '{a=' * 3000 + '1' + '}' * 3000}\n[load]", "nested too deeply"),
        ("[load]", f"{'.'.join(['a'] * 3000)} = 1\n[load]", "requests.search: a: unknown field"),
        ("duration_s = 1", f"duration_s = {'9' * 5000}", "duration_s (line 13): a whole number of 5000 digits"),
        ("duration_s = 1", f"duration_s = 0x{'f' * 5000}", "load: duration_s: must be a number from 0.05 to"),
        ("[stacks.there]", 'env = { "A=B" = "1" }\n[stacks.there]', "stacks.mine: env.A=B: a variable's name"),
        ("[stacks.there]", 'env = { "" = "1" }\n[stacks.there]', "stacks.mine: env.: a variable's name"),
        ("[stacks.there]", 'env = { A = "b\\u0000" }\n[stacks.there]', "stacks.mine: env.A: at most 100000 characters"),
        ("[stacks.there]", f'env = {{ A = "{LONG}" }}\n[stacks.there]', "stacks.mine: env.A: at most 100000"),
        ('"serve"', f'"{LONG}"', "stacks.mine: command: a word has at most 100000 characters"),
        ('"serve"', '"ser\\u0000ve"', "stacks.mine: command: a word has at most 100000 characters, and none of them"),
        ("path =", f"{LONG} = 1\npath =", "xxx...: unknown field"),
        ("/search", f"/{LONG}", "requests.search: path: at most 10000 characters"),
        ("[load]", f'headers = {{ A = "{LONG}" }}\n[load]', "requests.search: headers.A: at most 200 characters, and"),
        ("connections = 4", "connections = [4, 8, 4]", "load: connections: 4 is given twice"),
        ("connections = 4", "rate = [5, 5.0]", "load: rate: 5.0 is given twice"),
        ("connections = 4", f"connections = {list(range(1, 102))}", "load: connections: at most 100 loads"),
        ("127.0.0.1:8000", "127.0.0.1:0", "stacks.there: url: the port must be from 1 to 65535"),
        ("127.0.0.1:8000", "a b:80", "stacks.there: url: 'a b:80' is no host name"),
        (
            "[stacks.boxed]",
            'health = "/a b"\n[stacks.boxed]',
            "stacks.there: health: must be a path that starts with /",
        ),
        ("[stacks.boxed]", 'health = "/é"\n[stacks.boxed]', "stacks.there: health: must be a path that starts with /"),
        ("[stacks.boxed]", 'health = "/a\\r\\nX: y"\n[stacks.boxed]', "stacks.there: health: must be a path"),
        ("shop:2", "shop 2", "stacks.boxed: image: must be the name of an image"),
        ("connections = 4", "connections = 4\nfirst_byte = 1", "load: first_byte: must be one of True, False"),
        ("[load]", 'model = ""\n[load]', "requests.search: model: must be a text that is not empty"),
    ],
)
def test_an_odd_stacks_file_is_refused_with_its_field(tmp_path: Path, old: str, new: str, told: str) -> None:
    """Deep, long, doubled and empty values raise an error of at most a few lines that names the field."""
    assert old in OWN
    path = tmp_path / "mine.toml"
    path.write_text(OWN.replace(old, new, 1))
    with pytest.raises(FieldError) as raised:
        read_own_file(path)
    assert told in str(raised.value)
    assert len(str(raised.value)) < 600


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"flask-gunicorn"\nstacks', '"absent"\nstacks', "baseline: 'absent' is unknown"),
        ('"flask-gunicorn"\nstacks', '"aiohttp"\nstacks', "baseline: 'aiohttp' is "),
        ('["flask-gunicorn", ', '["flask-gunicorn", "flask-gunicorn", ', "stacks: flask-gunicorn is listed twice"),
        ("[[scenario]]", 'duel = ["flask-gunicorn", "absent"]\n[[scenario]]', "duel: 'absent' is unknown"),
        ("[[scenario]]", "duel = []\n[[scenario]]", "duel: must be two different stacks"),
        ("[[scenario]]", 'duel = ["flask-gunicorn", "flask-gunicorn"]\n[[scenario]]', "duel: must be two different"),
        ("[[scenario]]", 'duel = ["flask-gunicorn", "quart-uvicorn"]\n[[scenario]]', "'quart-uvicorn' is not among"),
        ("[[scenario]]", 'victim = ""\n[[scenario]]', "victim: must be a text that is not empty"),
        ("load =", 'victim = ""\nload =', "victim: must be a text that is not empty"),
        ("load =", 'model = ""\nload =', "model: must be a text that is not empty"),
        ("connections = 4", "connections = [4, 4]", "load: connections: 4 is given twice"),
    ],
)
def test_an_odd_suite_is_refused_with_its_field(tmp_path: Path, old: str, new: str, told: str) -> None:
    """A field that is unknown, doubled or empty is never measured as something else."""
    assert old in SUITE
    path = tmp_path / "mine.toml"
    path.write_text(SUITE.replace(old, new, 1))
    with pytest.raises(FieldError) as raised:
        plan_run(RunOptions(suite=str(path)), 1)
    assert told in str(raised.value)


def test_an_empty_body_or_summary_is_no_fault(tmp_path: Path) -> None:
    """An empty text is refused only where it would mean something else."""
    path = tmp_path / "mine.toml"
    path.write_text(OWN.replace("[load]", 'method = "POST"\nbody = ""\n[load]').replace("url =", 'summary = ""\nurl ='))
    own = read_own_file(path)
    assert own.requests["search"].body == b""
    assert own.stacks["there"].summary == ""
