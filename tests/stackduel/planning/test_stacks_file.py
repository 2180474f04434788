"""The user's own stacks file."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.model_input import ModelInput
from stackduel.model.stack import Command, Image, OwnSlots, Url
from stackduel.model.suite import ClosedLoop
from stackduel.planning.own_stack import resetting
from stackduel.planning.stacks_file import OwnFile, parse_own_file, read_own_file

GOOD = """
[stacks.mine]
command = ["python", "serve.py", "--port", "{port}"]
env = { API_TOKEN = "${TOKEN}", MODE = "fast" }
tier = "baseline"
health = "/up"
[stacks.boxed]
image = "shop:2"
port = 9000
[stacks.there]
url = "https://127.0.0.1:8443"
host = "shop.example"
[[requests]]
name = "search"
method = "POST"
path = "/search?q=1"
headers = { Authorization = "Bearer ${TOKEN}", "Content-Type" = "application/json" }
body = '{"q": 1}'
[load]
connections = 4
duration_s = 2.5
"""
ENVIRON = {"TOKEN": "s3cret-token"}


def parse(text: str, environ: dict[str, str] | None = None) -> OwnFile:
    return parse_own_file("mine.toml", tomllib.loads(text), Path("/folder"), ENVIRON if environ is None else environ)


def test_commands_images_and_addresses_are_read() -> None:
    """The three kinds of own stacks come out with their settings, tier and health path."""
    stacks = parse(GOOD).stacks
    assert stacks["mine"].source == Command(
        ("python", "serve.py", "--port", "{port}"), {"API_TOKEN": "s3cret-token", "MODE": "fast"}, Path("/folder")
    )
    assert (stacks["mine"].tier, stacks["mine"].health) == ("baseline", "/up")
    assert stacks["boxed"].source == Image("shop:2", 9000, {})
    source = stacks["there"].source
    assert isinstance(source, Url)
    assert source.address.url == "https://127.0.0.1:8443"
    assert stacks["there"].tier == "rewrite"
    assert (stacks["there"].authority, stacks["boxed"].authority) == ("shop.example", "localhost")


def test_requests_and_load_are_read() -> None:
    """Requests keep their parts with variables filled in, and share the file's load."""
    own = parse(GOOD)
    search = own.requests["search"]
    assert search.headers == (("Authorization", "Bearer s3cret-token"), ("Content-Type", "application/json"))
    assert search.body == b'{"q": 1}'
    assert own.loads == (ClosedLoop(4, duration_s=2.5),)


def test_secrets_are_remembered_so_that_they_can_be_hidden() -> None:
    """A value taken from the environment is secret, unless it is a number or a switch."""
    assert parse(GOOD).secrets == ("s3cret-token",)
    assert parse(GOOD, {"TOKEN": "8000"}).secrets == ()
    assert "s3cret" not in str(parse(GOOD).stacks["mine"].facts(1))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"{port}"', '"80"', "stacks.mine: command: each start has another port: {port} must stand"),
        (
            'image = "shop:2"',
            'image = "shop:2"\nurl = "http://x"',
            "stacks.boxed: exactly one of command, image and",
        ),
        ("port = 9000", "port = 70000", "stacks.boxed: port: must be a whole number from 1 to 65535"),
        ("https://127.0.0.1:8443", "https://u:p@h:1", "stacks.there: url: must be http://host:port"),
        ("https://127.0.0.1:8443", "http://h:1/path", "stacks.there: url: must end after the port"),
        ("https://127.0.0.1:8443", "http://h:99999", "stacks.there: url: "),
        ("shop.example", "shop.example/path", "stacks.there: host: must be a host name or an IP address, and maybe"),
        ("shop.example", "shop\\r\\nX: y", "stacks.there: host: must be a host name or an IP address, and maybe"),
        ('tier = "baseline"', 'tier = "free"', "stacks.mine: tier: must be one of baseline, settings"),
        ('health = "/up"', 'health = "up"', "stacks.mine: health: must be a path"),
        ("[stacks.boxed]", '[stacks."bo xed"]', "stacks.bo xed: letters, digits"),
        ('name = "search"', 'name = "a b"', "[[requests]] number 1: name: 'a b' must be a plain name"),
        ("[load]", "[loads]", "mine.toml: loads: unknown field"),
        ('MODE = "fast"', "MODE = 1", "stacks.mine: env.MODE: must be a text"),
        ('["python", "serve.py", "--port", "{port}"]', "7", "stacks.mine: command: must be a text, or a list of words"),
        ('["python", "serve.py", "--port", "{port}"]', "'serve \"{port}'", "stacks.mine: command: cannot be split"),
        ('["python", "serve.py", "--port", "{port}"]', '"a {port} && b"', "'&&' needs a shell, and there is none"),
        ('["python", "serve.py", "--port", "{port}"]', '"A=1 serve {port}"', "command: begins with 'A=1': there is"),
        ('health = "/up"', 'cwd = "absent"', "stacks.mine: cwd: must be a folder, and /folder/absent is none"),
        ('health = "/up"', 'python = "v/bin/python"', "stacks.mine: python: must be an interpreter, such as .venv/"),
        ('health = "/up"', "start_s = 0", "stacks.mine: start_s: must be a number from 1 to 3600"),
        ('health = "/up"', "reset = 1", "stacks.mine: reset: must be a text, or a list of words"),
        ('image = "shop:2"', 'image = "shop:2"\ncwd = "."', "stacks.boxed: cwd: only beside command"),
        ('tier = "baseline"', "port = 8000", "stacks.mine: port: only beside image; a command is given a free port"),
        ('host = "shop', 'port = 1\nhost = "shop', "stacks.there: port: only beside image; write it into the url"),
        ('tier = "baseline"', 'teir = "baseline"', "stacks.mine: teir: unknown field; did you mean tier? (known:"),
        ("command = ", "comand = ", "stacks.mine: comand: unknown field; did you mean command?"),
        ("[[requests]]", "[[request]]", "mine.toml: request: unknown field; did you mean requests? (known:"),
        ("[stacks.mine]", "[stack.mine]", "mine.toml: stack: unknown field; did you mean stacks? (known:"),
        ("duration_s = 2.5", "durations = 2.5", "load: durations: unknown field; did you mean duration_s? (known:"),
        ("connections = 4", "connection = 4", "load: connection: unknown field; did you mean connections?"),
        ('name = "search"', 'nmae = "search"', "[[requests]] number 1: nmae: unknown field; did you mean name?"),
        ('path = "/search?q=1"', 'path = "/"\njson = {}', "search: json: write it as body, a text, with its type in"),
        ("connections = 4", "connections = []", "connections: must be a whole number from 1 to 10000, or a list of"),
        ("connections = 4", 'connections = "1, 16"', "must be a whole number from 1 to 10000, or a list of such"),
        (
            "connections = 4",
            "rate = 9\nwarmup_rounds = 1",
            "load: warmup_rounds: only beside connections; a load with a rate warms up for warmup_s seconds",
        ),
        ('health = "/up"', "slots = 0", 'stacks.mine: slots: must be a whole number from 1 to 1000000, or "unlimited"'),
        ("[stacks.mine]", 'name = "quick"\n[stacks.mine]', "mine.toml: name: letters, digits"),
    ],
)
def test_bad_files_are_told_with_field_and_bound(old: str, new: str, told: str) -> None:
    """Each wrong field raises an error that names the file, the stack or request, the field and its bound."""
    assert old in GOOD
    with pytest.raises(FieldError) as raised:
        parse(GOOD.replace(old, new, 1))
    assert told in str(raised.value)


def test_an_unset_variable_is_told_by_name() -> None:
    """A ${NAME} that the environment lacks raises an error that names it, not an empty header."""
    with pytest.raises(FieldError, match="the environment has no variable TOKEN"):
        parse(GOOD, environ={})


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A missing file, one that is not TOML, and one that is too long each raise a FieldError."""
    with pytest.raises(FieldError, match="cannot be read"):
        read_own_file(tmp_path / "absent.toml")
    (tmp_path / "bad.toml").write_text("= 1")
    with pytest.raises(FieldError, match="not valid TOML"):
        read_own_file(tmp_path / "bad.toml")
    (tmp_path / "long.toml").write_text("#" * 1_000_001)
    with pytest.raises(FieldError, match="at most 1000000 bytes"):
        read_own_file(tmp_path / "long.toml")


def test_a_stack_may_speak_another_protocol() -> None:
    """One's own stacks speak that of ours unless they say otherwise, and nothing that nobody speaks."""
    there = '[stacks.there]\nurl = "http://127.0.0.1:8000"\n'
    assert parse(there).stacks["there"].protocol == "stackduel"
    assert parse(there + 'protocol = "kserve"').stacks["there"].protocol == "kserve"
    with pytest.raises(FieldError, match="protocol: must be one of stackduel, kserve, kserve-grpc"):
        parse(there + 'protocol = "soap"')


def test_ones_own_service_may_be_asked_for_models() -> None:
    """The requests of a stacks file name a model as those of a suite do."""
    own = parse(
        '[stacks.there]\nurl = "http://127.0.0.1:8000"\n'
        '[[requests]]\nname = "voice"\nmodel = "speaker"\ngiven = { kind = "wav", samples = 342922 }\n'
    )
    assert own.requests["voice"].given == ModelInput("wav", 342_922, 16_000)


def test_a_command_may_be_one_text() -> None:
    """It is split into words as a shell would, without one: quotes hold together, and nothing else has a meaning."""
    text = """[stacks.mine]\ncommand = "gunicorn 'my shop:app' -b 127.0.0.1:{port} $HOME"\n"""
    source = parse(text).stacks["mine"].source
    assert isinstance(source, Command)
    assert source.argv == ("gunicorn", "my shop:app", "-b", "127.0.0.1:{port}", "$HOME")


def test_the_port_may_stand_in_the_environment() -> None:
    """Of a command it is filled in at each start; of an image it is the port inside."""
    own = parse(
        '[stacks.mine]\ncommand = "serve"\nenv = { PORT = "{port}" }\n'
        '[stacks.boxed]\nimage = "shop:2"\nport = 9000\nenv = { BIND = "{host}:{port}" }\n'
    )
    assert own.stacks["mine"].source == Command(("serve",), {"PORT": "{port}"}, Path("/folder"))
    assert own.stacks["boxed"].source == Image("shop:2", 9000, {"BIND": "0.0.0.0:9000"})


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    """The folder that the command runs in and the Python beside which it is found; a link is not followed."""
    (tmp_path / "app").mkdir()
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "python").symlink_to(sys.executable)
    text = '[stacks.mine]\ncommand = "serve {port}"\ncwd = "app"\npython = "venv/python"\n'
    source = parse_own_file("mine.toml", tomllib.loads(text), tmp_path, {}).stacks["mine"].source
    assert source == Command(("serve", "{port}"), {}, tmp_path / "app", tmp_path / "venv" / "python")


@pytest.mark.parametrize(
    ("where", "text", "name"),
    [
        ("shop.toml", "", "shop"),
        ("my shop (2).toml", "", "my-shop-2"),
        ("quick.toml", "", "own-quick"),
        ("\u00e4.toml", "", "own"),
        ("63", "", "own"),
        ("shop.toml", 'name = "checkout"', "checkout"),
    ],
)
def test_the_suite_has_the_name_of_the_service(where: str, text: str, name: str) -> None:
    """The file's key, else the file's own name as far as it can be one; never that of a suite of ours."""
    assert parse_own_file(where, tomllib.loads(text), Path("/folder"), {}).name == name


def test_a_reset_is_that_of_the_stack_or_else_of_the_file(tmp_path: Path) -> None:
    """It runs where and as the stack's command does; a stack of another kind has the file's folder."""
    text = (
        'reset = "psql -f {stack}.sql"\n[stacks.mine]\ncommand = "serve {port}"\nenv = { DB = "one" }\ncwd = "."\n'
        '[stacks.there]\nurl = "http://127.0.0.1:1"\nreset = ["curl", "http://127.0.0.1:1/reset"]\n'
    )
    own = parse_own_file("mine.toml", tomllib.loads(text), tmp_path, {})
    mine, there = (resetting(own.stacks[name], own.reset, own.folder).reset for name in ("mine", "there"))
    assert mine == Command(("psql", "-f", "{stack}.sql"), {"DB": "one"}, tmp_path)
    assert there == Command(("curl", "http://127.0.0.1:1/reset"), {}, tmp_path)


def test_health_is_that_of_the_protocol_unless_it_is_given() -> None:
    """A path that nobody gave is only assumed: the first request may take its place."""
    there = '[stacks.there]\nurl = "http://127.0.0.1:8000"\n'
    found = {
        text: parse(there + text).stacks["there"]
        for text in ("", 'health = "/up"\nstart_s = 90', 'protocol = "kserve"', 'protocol = "kserve-grpc"')
    }
    assert [(stack.health, stack.assumed, stack.start_s) for stack in found.values()] == [
        ("/health", True, None),
        ("/up", False, 90.0),
        ("/v2/health/ready", True, None),
        (None, True, None),
    ]


def test_slots_and_waits_are_read_or_taken_from_the_command() -> None:
    """The keys count before the command line, which is only read where it tells."""
    text = GOOD.replace('path = "/search?q=1"', 'path = "/search?q=1"\nwait_s = 0.05')
    own = parse(
        text.replace('health = "/up"', 'health = "/up"\nslots = 12').replace(
            "port = 9000", 'port = 9000\nslots = "unlimited"'
        )
    )
    assert own.requests["search"].wait_s == 0.05
    assert own.stacks["mine"].slots == OwnSlots(12, "slots")
    assert own.stacks["boxed"].slots == OwnSlots(None, "slots")
    assert own.stacks["there"].slots is None
    read = parse(
        '[stacks.mine]\ncommand = "gunicorn -w 4 --threads 2 --bind :{port} shop.wsgi"\n'
        '[[requests]]\nname = "a"\npath = "/"'
    )
    facts = read.stacks["mine"].facts(1)
    assert (facts.waiting_slots, facts.slots_from) == (8, "its command line")
    assert (facts.worker_count, facts.threads) == (4, 2)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('health = "/up"', 'health = "/up"\nslots = 0', "slots"),
        ('health = "/up"', 'health = "/up"\nslots = "many"', "slots"),
        ('path = "/search?q=1"', 'path = "/search?q=1"\nwait_s = 61', "wait_s"),
        ('path = "/search?q=1"', 'path = "/search?q=1"\nwait_s = -1', "wait_s"),
    ],
)
def test_wrong_slots_and_waits_are_told_with_their_bounds(old: str, new: str, told: str) -> None:
    """The field, and what it may be."""
    with pytest.raises(FieldError, match=rf"{told}: must be .* from .* to "):
        parse(GOOD.replace(old, new))
