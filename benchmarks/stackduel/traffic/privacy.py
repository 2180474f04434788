"""Secrets and personal data, which an import leaves out unless it is asked to keep them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from stackduel.model.secrecy import is_secret_header, secret_spans, sounds_secret

DROPPED = "dropped"
_SPLIT_NAME = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PERSONAL_WORDS = frozenset(
    {
        "address", "birthday", "birthdate", "cellphone", "dob", "email", "firstname", "fullname", "gclid", "fbclid",
        "iban", "ip", "lastname", "lat", "latitude", "lng", "lon", "login", "longitude", "mail", "mobile", "msclkid",
        "phone", "phonenumber", "ssn", "street", "surname", "tel", "telephone", "useragent", "username", "utm",
    }
)  # fmt: skip
_PERSONAL_PAIRS = frozenset(
    {
        ("first", "name"), ("full", "name"), ("last", "name"), ("user", "name"), ("user", "agent"),
        ("birth", "date"), ("date", "birth"), ("e", "mail"), ("phone", "number"), ("given", "name"), ("family", "name"),
    }
)  # fmt: skip
EMAIL = re.compile(r"[A-Za-z0-9._+-]{1,64}(?:@|%40)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+", re.IGNORECASE)
# RFC 4291, section 2.2, and IPv4.
IP = re.compile(
    r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w.])"
    r"|(?<![\w:])(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}(?![\w:])"
    r"|(?<![\w:])[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,6}::(?:[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,6})?(?![\w:])"
)
# Hashes and session ids in one piece: hexadecimal digits, or digits among large and small letters.
TOKEN = re.compile(
    r"(?<![A-Za-z0-9_])(?:(?=[A-Za-z_]*\d)(?=\w*[a-z])(?=\w*[A-Z])\w{20,}|(?=[a-fA-F]*\d)[0-9a-fA-F]{33,})(?!\w)",
    re.ASCII,
)
_PERSONAL_HEADERS = frozenset({"dnt", "forwarded", "from", "origin", "referer", "user-agent", "via"})
# Written by proxies and browsers about the client.
_HEADERS_OF_CLIENTS = ("x-forwarded", "x-real-ip", "x-client", "sec-", "cf-", "true-client")
# No form of a secret that no name stands before is shorter.
_SHORTEST_TOKEN = 16


@dataclass(frozen=True, slots=True)
class Keep:
    """The parts of requests that the user asks to keep although they are dropped by default."""

    secrets: bool = False
    personal: bool = False
    headers: bool = False


NOTHING = Keep()


def sounds_personal(name: str) -> bool:
    """Return whether what stands under this name is probably about a person, such as ``email`` or ``utm_source``."""
    words = [word.lower() for word in _SPLIT_NAME.findall(name)]
    pairs = set(pairwise(words))
    return not _PERSONAL_WORDS.isdisjoint(words) or not _PERSONAL_PAIRS.isdisjoint(pairs)


def is_secret(text: str) -> bool:
    """Return whether a value is a token, by its form."""
    if len(text) < _SHORTEST_TOKEN and ":" not in text and "=" not in text:
        return False
    return TOKEN.search(text) is not None or bool(secret_spans(text))


def is_personal(text: str) -> bool:
    """Return whether a value holds an e-mail address or an address of the internet."""
    return EMAIL.search(text) is not None or IP.search(text) is not None


def must_go(name: str, value: str, keep: Keep) -> bool:
    """Return whether a named value (of a query, a form, a JSON object) is not to be kept."""
    secret = not keep.secrets and (sounds_secret(name) or is_secret(value))
    return secret or (not keep.personal and (sounds_personal(name) or is_personal(value)))


def scrubbed(text: str, keep: Keep = NOTHING) -> str:
    """Return a text with a word in place of each secret, e-mail address and address of the internet in it."""
    if not keep.secrets:
        for start, end in sorted(_outermost(text), reverse=True):
            text = text[:start] + DROPPED + text[end:]
        text = TOKEN.sub(DROPPED, text)
    return text if keep.personal else IP.sub(DROPPED, EMAIL.sub(DROPPED, text))


def keeps_header(name: str, value: str, keep: Keep) -> bool:
    """Return whether a header of a recorded request is written: without ``headers`` only what a body is."""
    if name == "content-type":
        return True
    if not keep.headers:
        return False
    secret = is_secret_header(name, value) or is_secret(value)
    personal = name in _PERSONAL_HEADERS or name.startswith(_HEADERS_OF_CLIENTS) or is_personal(value)
    return (keep.secrets or not secret) and (keep.personal or not personal)


def _outermost(text: str) -> list[tuple[int, int]]:
    """Return where the secrets of a text are, of those that overlap the first."""
    spans: list[tuple[int, int]] = []
    for start, end in sorted(set(secret_spans(text))):
        if not spans or start >= spans[-1][1]:
            spans.append((start, end))
    return spans
