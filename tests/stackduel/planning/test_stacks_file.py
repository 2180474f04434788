"""The user's own stacks file."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.model_input import ModelInput
from stackduel.model.stack import Command, Image, Url
from stackduel.model.suite import ClosedLoop
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


def test_requests_and_load_are_read() -> None:
    """Requests keep their parts with variables filled in, and share the file's load."""
    own = parse(GOOD)
    search = own.requests["search"]
    assert search.headers == (("Authorization", "Bearer s3cret-token"), ("Content-Type", "application/json"))
    assert search.body == b'{"q": 1}'
    assert own.loads == (ClosedLoop(4, duration_s=2.5),)


def test_secrets_are_remembered_so_that_they_can_be_hidden() -> None:
    """Header values, expanded variables and secret-sounding settings are secrets; plain ones are not."""
    own = parse(GOOD)
    assert set(own.secrets) == {"Bearer s3cret-token", "s3cret-token"}
    assert own.secrets[0] == "Bearer s3cret-token", "the longest first, or a part of it would stay visible"
    assert "s3cret" not in str(parse(GOOD).stacks["mine"].facts(1))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"{port}"', '"80"', "stacks.mine: command: must be a list of words, one of them with {port}"),
        (
            'image = "shop:2"',
            'image = "shop:2"\nurl = "http://x"',
            "stacks.boxed: exactly one of command, image and",
        ),
        ("port = 9000", "port = 70000", "stacks.boxed: port: must be a whole number from 1 to 65535"),
        ("https://127.0.0.1:8443", "https://u:p@h:1", "stacks.there: url: must be http://host:port"),
        ("https://127.0.0.1:8443", "http://h:1/path", "stacks.there: url: must end after the port"),
        ("https://127.0.0.1:8443", "http://h:99999", "stacks.there: url: "),
        ('tier = "baseline"', 'tier = "free"', "stacks.mine: tier: must be one of baseline, settings"),
        ('health = "/up"', 'health = "up"', "stacks.mine: health: must be a path"),
        ("[stacks.boxed]", '[stacks."bo xed"]', "stacks.bo xed: letters, digits"),
        ('name = "search"', 'name = "a b"', "requests: name 'a b': must be a plain name"),
        ("[load]", "[loads]", "mine.toml: loads: unknown field"),
        ('MODE = "fast"', "MODE = 1", "stacks.mine: env.MODE: must be a text"),
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
