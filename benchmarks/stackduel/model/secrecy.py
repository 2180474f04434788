"""Which texts are secret: by the name that they stand under, by their surroundings, or by their own form."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from urllib.parse import unquote

# A shorter text protects nothing, and would be found in half the words of a report.
SHORTEST = 4
# Headers whose values are long and random, and no secrets.
PLAIN_HEADERS = frozenset(
    {
        "accept", "accept-charset", "accept-encoding", "accept-language", "cache-control", "content-encoding",
        "content-language", "content-type", "date", "etag", "if-match", "if-modified-since", "if-none-match",
        "if-unmodified-since", "origin", "pragma", "range", "referer", "te", "traceparent", "tracestate",
        "user-agent", "via", "x-correlation-id", "x-request-id", "x-requested-with",
    }
)  # fmt: skip

_SOUNDS = (
    r"secret|token(?!i[sz])|passw(?:or)?d|passwort|passphrase|pwd|credentials?|api-?_?key|access-?_?key"
    r"|private-?_?key|authorization|cookie|session-?_?id|csrf|xsrf|signature|jwt|dsn"
)
_PARTS = re.compile(_SOUNDS, re.IGNORECASE)
_WORDS = frozenset({"auth", "key", "pass", "sid", "sig"})
_NO_SECRET_KEYS = frozenset({"cache", "foreign", "idempotency", "partition", "primary", "public", "routing", "sort"})
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# A run is saved after each trial, and most of its texts are the same each time.
_SHORT_TEXT = 256
_CAPITALS = re.compile(r"[A-Z]+")
_TRIVIAL = re.compile(r"(?i)true|false|none|null|undefined|\d{1,6}|\*+|\[redacted\]?|<.*|\$\{?\w*\}?|\{\w*\}")

# What may stand under a secret name: "password": "value", token='value', ?key=value, Authorization: Bearer value,
# Cookie: a=b; c=d, token: va1ue. Quotes may be escaped, as in a text within JSON. The last group is the secret. No form
# goes back over what it has read, or further than it must: a text may be megabytes of one word.
_NAMED = re.compile(
    r"[\w-]{0,40}+\\?[\"']?\s{0,4}+(?:"
    r"[:=]\s{0,4}+\\?\"((?:[^\"\\\n]|\\[^\"\n])++)"
    r"|[:=]\s{0,4}+\\?'((?:[^'\\\n]|\\[^'\n])++)"
    r"|=([^\s&;,\"'<>)\]}]++)"
    r"|:\s{0,4}+(?:(?:bearer|basic|digest|token)\s([^\s\"',;]++)|((?=[^\s,;]{0,64}\d)[^\s\"',;<>)\]}]{6,}+))"
    r")",
    re.IGNORECASE,
)
_HEADER = re.compile(r"\w{0,20}+\s{0,4}+:\s{0,4}+([^\s\"'][^\n\r\"']*+)")
_SHORT_NAME = re.compile(r"(?<=[?&])\w{1,8}+=([^\s&;,\"'<>)\]}]++)")
_IN_URL = re.compile(r"://[^\s/@:\"'<>]{0,256}+:([^\s/\"'<>]{1,1024})@")
_SCHEME = re.compile(r"\w{1,8}+\s{1,4}+((?=\S{0,64}\d|\S{20})[A-Za-z0-9._~+/=-]{6,}+)")
_KEY = re.compile(
    r"(?<![\w-]{4})((?:AKIA|ASIA)[0-9A-Z]{16}\b|eyJ[\w-]{1,4096}+\.[\w-]{1,4096}+\.[\w-]++"
    r"|(?:gh[pousr]_|github_pat_|glpat-|sk_live_|rk_live_|sk-|xox[abpr]-|AIza)[\w-]{16,}+)"
)
_PRIVATE_KEY = re.compile(
    r"(-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----[\s\S]{0,16384}?(?:-----END [A-Z ]{0,32}PRIVATE KEY-----|\Z))"
)
_NAME_BEGINS = (
    "secret", "token", "passw", "passphrase", "pwd", "credential", "apikey", "api-key", "api_key", "accesskey",
    "access-key", "access_key", "privatekey", "private-key", "private_key", "authorization", "cookie", "sessionid",
    "session-id", "session_id", "csrf", "xsrf", "signature", "jwt", "dsn",
)  # fmt: skip
# What each form begins with, in small letters: looking for fixed words is a hundred times faster than for a pattern.
_FORMS: Mapping[str, tuple[re.Pattern[str], ...]] = {
    **dict.fromkeys(_NAME_BEGINS, (_NAMED,)),
    **dict.fromkeys(("authorization", "cookie"), (_HEADER, _NAMED)),
    **dict.fromkeys(("key=", "sig=", "auth=", "pass="), (_SHORT_NAME,)),
    "://": (_IN_URL,),
    **dict.fromkeys(("bearer", "basic"), (_SCHEME,)),
    **dict.fromkeys(("akia", "asia", "eyj", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-"), (_KEY,)),
    **dict.fromkeys(("sk_live_", "rk_live_", "sk-", "xoxa-", "xoxb-", "xoxp-", "xoxr-", "aiza"), (_KEY,)),
    "-----begin": (_PRIVATE_KEY,),
}


def is_trivial(text: str) -> bool:
    """Return whether a text is too common to be a secret, such as a number, a switch or a placeholder."""
    return len(text) < SHORTEST or _TRIVIAL.fullmatch(text) is not None


def sounds_secret(name: str) -> bool:
    """Return whether what stands under this name (a header, a variable, a parameter) is to be kept secret."""
    if _PARTS.search(name):
        return True
    words = [word.lower() for word in _WORD.findall(name)]
    if "key" in words and _NO_SECRET_KEYS.intersection(words):
        return False
    return not _WORDS.isdisjoint(words)


def secret_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Return where a text holds secrets that their surroundings or their form give away."""
    return _kept_spans(text) if len(text) <= _SHORT_TEXT else tuple(_spans(text))


@lru_cache(maxsize=4096)
def _kept_spans(text: str) -> tuple[tuple[int, int], ...]:
    return tuple(_spans(text))


def _spans(text: str) -> Iterator[tuple[int, int]]:
    small = text.lower()
    if len(small) != len(text):
        small = _CAPITALS.sub(lambda match: match.group().lower(), text)
    for word, forms in _FORMS.items():
        for form in forms:
            yield from _matches(form, word, text, small)


def _matches(form: re.Pattern[str], word: str, text: str, small: str) -> Iterator[tuple[int, int]]:
    at = small.find(word)
    while at >= 0:
        match = form.match(text, at)
        if match and match.lastindex and not _TRIVIAL.fullmatch(match[match.lastindex]):
            yield match.span(match.lastindex)
        at = small.find(word, match.end() if match else at + len(word))


def places(text: str, word: str) -> Iterator[int]:
    """Yield where a word stands in a text."""
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + len(word))


def secrets_in(text: str) -> Iterator[str]:
    """Yield the secrets that a text gives away itself, and what they mean where they are encoded."""
    for start, end in secret_spans(text):
        yield from spelled(text[start:end])


def is_secret_header(name: str, value: str) -> bool:
    """Return whether the value of a header is secret: by its name, by what it holds, or as a long random text."""
    if name.lower() in PLAIN_HEADERS:
        return False
    random = len(value) >= 20 and " " not in value and bool(re.search(r"\d", value) and re.search(r"[A-Za-z]", value))
    return random or sounds_secret(name) or bool(secret_spans(value))


def secrets_of_header(value: str) -> Iterator[str]:
    """Yield the value of a secret header, and the token or the cookies in it."""
    yield value
    yield from secrets_in(value)
    for cookie in value.split(";"):
        _, equals, text = cookie.strip().partition("=")
        if equals and text.strip("="):
            yield text
    scheme, _, token = value.partition(" ")
    # "Bearer TOKEN": the token alone is secret, too.
    if token:
        yield token.strip()
    if scheme.lower() == "basic":
        yield from _decoded(token)


def secrets_of_variable(name: str, value: str) -> Iterator[str]:
    """Yield what is secret of an environment variable: all of it, or the password in a URL; nothing if neither is."""
    inside = list(secrets_in(value))
    if (inside or sounds_secret(name)) and not is_trivial(value):
        yield value
        yield from inside
        # A server prints a key of several lines line by line.
        yield from (line for line in value.splitlines() if len(line) >= 16)


def secrets_of_words(words: Iterable[str]) -> Iterator[str]:
    """Yield the secrets in the words of a command: ``--token=value``, ``--token value``, a URL with a password."""
    before = ""
    for word in words:
        yield from secrets_in(word)
        if before.startswith("-") and "=" not in before and sounds_secret(before) and not is_trivial(word):
            yield word
        before = word


def spelled(secret: str) -> Iterator[str]:
    """Yield a secret, and its value if it is percent-encoded."""
    yield secret
    if (plain := unquote(secret)) != secret:
        yield plain


def _decoded(token: str) -> Iterator[str]:
    """Yield the user with the password, and the password, of basic authentication."""
    try:
        pair = base64.b64decode(token.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return
    yield pair
    if password := pair.partition(":")[2]:
        yield password
