"""Which texts are secret, and which only look like it."""

from __future__ import annotations

import time

import pytest

from stackduel.model.secrecy import is_secret_header, secrets_in, secrets_of_header, secrets_of_words, sounds_secret


@pytest.mark.parametrize(
    "name",
    [
        "Authorization", "Cookie", "X-Api-Key", "x-csrf-token", "API_TOKEN", "PGPASSWORD", "MYSQL_PWD", "secretKey",
        "AWS_ACCESS_KEY_ID", "sessionid", "X-Signature", "SENTRY_DSN", "authToken", "STRIPE_KEY", "Proxy-Authorization",
    ],
)  # fmt: skip
def test_names_that_sound_secret(name: str) -> None:
    """Names that services and frameworks give their secrets are recognised in every way of writing."""
    assert sounds_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "X-Traffic", "Accept", "TOKENIZERS_PARALLELISM", "KEYBOARD", "GIT_AUTHOR_NAME", "Idempotency-Key", "sort_key",
        "X-Tenant", "MODE", "XDG_SESSION_TYPE", "bypass_cache", "signal", "X-Forwarded-For", "monkey",
    ],
)  # fmt: skip
def test_ordinary_names_are_no_secrets(name: str) -> None:
    """A name that only contains the letters of a secret one is ordinary."""
    assert not sounds_secret(name)


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("X-Traffic", "load", False),
        ("X-Tenant", "acme", False),
        ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101", False),
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", False),
        ("X-Partner", "9f8a7b6c5d4e3f2a1b0c9d8e", True),
        ("X-Forward", "Bearer abc123def", True),
        ("X-Token", "abc", True),
        ("cookie", "a=b", True),
    ],
)
def test_a_header_is_secret_by_its_name_or_its_value(name: str, value: str, secret: bool) -> None:
    """Ordinary headers are shown; those that identify somebody are not."""
    assert is_secret_header(name, value) is secret


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("could not connect to postgres://shop:hunter2@db:5432/shop", "hunter2"),
        ("redis://:hunter2@cache", "hunter2"),
        ("GET /search?page=1&api_key=hunter2&x=1", "hunter2"),
        ("GET /map?key=hunter2", "hunter2"),
        ('{"user": "a", "password": "hunter2"}', "hunter2"),
        ('body: "{\\"password\\": \\"hunter2\\"}"', "hunter2"),
        ("{'SECRET_KEY': 'hunter2', 'DEBUG': True}", "hunter2"),
        ("DATABASE_PASSWORD=hunter2\n", "hunter2"),
        ("authorization: Bearer hunter2-abc", "Bearer hunter2-abc"),
        ("sent Bearer abcdefgh12345678", "abcdefgh12345678"),
        ("Set-Cookie: sid=hunter2; Path=/", "sid=hunter2; Path=/"),
        ("got eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl in", "eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl"),
        ("uses AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
        ("with ghp_abcdefghijklmnop1234", "ghp_abcdefghijklmnop1234"),
    ],
)
def test_a_text_gives_its_secrets_away(text: str, secret: str) -> None:
    """Secrets that nobody named are found by what stands before them, or by their own form."""
    assert secret in set(secrets_in(text))


@pytest.mark.parametrize(
    "text",
    [
        "KeyError: 'SECRET_KEY'",
        "TypeError: login() missing 1 required argument: 'token'",
        "token: expected a string",
        "token=None, password=False, secret=***",
        "http://127.0.0.1:8000/items?page=2",
        "Bearer authentication is needed",
        "ValueError: invalid literal for int() with base 10: 'x'",
        "asyncio: Future exception was never retrieved",
        "git@github.com:a/b.git and user@example.com",
    ],
)
def test_ordinary_lines_of_a_log_stay(text: str) -> None:
    """A traceback or an error about a secret that shows none is left as it is."""
    assert list(secrets_in(text)) == []


def test_a_header_hides_the_token_the_cookies_and_what_is_encoded() -> None:
    """The token without its scheme, each cookie and the decoded password are as secret as the whole value."""
    assert {"Bearer abc12345", "abc12345"} <= set(secrets_of_header("Bearer abc12345"))
    assert {"one-1", "two-2"} <= set(secrets_of_header("a=one-1; b=two-2"))
    assert {"shop:hunter2", "hunter2"} <= set(secrets_of_header("Basic c2hvcDpodW50ZXIy"))


def test_the_words_of_a_command_hold_secrets() -> None:
    """An option that sounds secret is followed by one, or holds it; other options are not secret."""
    words = ("serve", "--port", "8000", "--api-key", "k-12345", "--token=t-12345", "--db", "pg://u:hunter2@h/d")
    assert set(secrets_of_words(words)) == {"k-12345", "t-12345", "hunter2"}


@pytest.mark.parametrize("text", ["eyJ", "token", "://", "password=", "bearer ", "cookie", "-----BEGIN ", "a:"])
def test_a_long_text_takes_no_long_time(text: str) -> None:
    """Megabytes of whatever a form begins with are searched in seconds, however busy the machine is."""
    began_s = time.process_time()
    list(secrets_in(text * (1_000_000 // len(text))))
    assert time.process_time() - began_s < 10
