"""The contract of ``POST /infer/{model}``: every model with every content type, and all kinds of bad requests.

The right outputs come from running the models in this process. Models that are not built here are left out, and each
one is reported.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from stackduel.model.model_output import Outputs
from stackduel.verify.contract.case import Anything, Case, Expected, ExpectedNumbers, error_body
from stackduel_servers.models.catalog import CATALOG, Picture, Sound, Takes

if TYPE_CHECKING:
    from stackduel_servers.models.model import Model

FLOAT32 = "application/octet-stream"
PCM = "audio/pcm"
WAV = "audio/wav"
PNG = "image/png"
JPEG = "image/jpeg"
JSON = "application/json"
OTHER_RATE_HZ = 44_100
SEED = 11


@dataclass(frozen=True, slots=True)
class Known:
    """The cases that can be checked here, and a sentence for each model whose cases are left out."""

    cases: tuple[Case, ...]
    left_out: tuple[str, ...]


def inference_cases(*, own_errors: bool = False) -> Known:
    """Return the cases of every model that runs here; with ``own_errors`` the stack may word its 400s itself."""
    known = _known()
    cases = (replace(case, expected=Anything()) if own_errors and case.status == 400 else case for case in known.cases)
    return Known(tuple(cases), known.left_out)


@cache
def _known() -> Known:
    try:
        from stackduel_servers.core.inference.decoding import decode  # noqa: PLC0415, F401  # bodies need it on both sides
        from stackduel_servers.models.model import ModelError, load  # noqa: PLC0415  # needs numpy
    except ImportError as error:
        reason = f"{error.name} is missing (pip install 'stackduel[inference]')"
        return Known(tuple(_by_headers()), (f"every model with a body: {reason}",))
    cases, left_out = [*_by_headers(), *_bad_bodies()], []
    for name in CATALOG:
        try:
            cases += _good(load(name, os.environ))
        except ModelError as error:
            left_out.append(f"{name}: {error}")
    return Known(tuple(cases), tuple(left_out))


def _post(name: str, model: str, expected: Expected, status: int, body: bytes, *headers: tuple[str, str]) -> Case:
    length = ("Content-Length", str(len(body)))
    return Case(name, f"/infer/{model}", expected, status, "POST", (length, *headers), body)


def _typed(content_type: str) -> tuple[str, str]:
    return ("Content-Type", content_type)


# --- good requests ------------------------------------------------------------------------------------------------


def _good(model: Model) -> Iterator[Case]:
    """Yield each content type that the model takes, answered in JSON, and one answered in raw float32."""
    for number, (title, body, content_type, given) in enumerate(_samples(model.card.takes)):
        outputs = _outputs(model, given)
        name = f"{model.card.name}: {title}"
        expected = ExpectedNumbers(model.card.name, outputs)
        yield _post(name, model.card.name, expected, 200, body, _typed(content_type))
        if number == 0:
            raw = _post(f"{name}, raw answer", model.card.name, replace(expected, raw=True), 200, body,
                        _typed(content_type), ("Accept", FLOAT32))  # fmt: skip
            yield replace(raw, content_type=FLOAT32)
            chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
            chunked = (_typed(content_type), ("Transfer-Encoding", "chunked"))
            yield replace(raw, name=f"{name}, chunked", headers=chunked, body=chunks, expected=expected,
                          content_type=JSON)  # fmt: skip


def _outputs(model: Model, given: Any) -> Outputs:
    """Return the outputs of the model itself, without HTTP."""
    (raw,) = model.infer([model.prepare(given)])
    return {name: array.astype(np.float64) for name, array in model.finish(raw).items()}


def _samples(takes: Takes) -> Iterator[tuple[str, bytes, str, Any]]:
    """Yield title, body, content type, and the decoded input of the model."""
    from stackduel_servers.models import sample_inputs  # noqa: PLC0415  # needs numpy, and Pillow for pictures

    match takes:
        case Sound():
            yield from _sounds(takes)
        case Picture():
            pixels = sample_inputs.picture(160, 120, SEED)
            yield "PNG", sample_inputs.as_png(pixels), PNG, pixels
            jpeg = sample_inputs.as_jpeg(pixels)
            yield "JPEG", jpeg, JPEG, _decoded(takes, jpeg, JPEG)
        case _:
            given = sample_inputs.generate(takes, SEED)
            if isinstance(given, str):
                yield "JSON", sample_inputs.as_json(given), f"{JSON}; charset=utf-8", given
                yield "JSON beyond ASCII", '{"id":7,"text":"Grüße, 世界"}'.encode(), JSON, "Grüße, 世界"


def _sounds(takes: Sound) -> Iterator[tuple[str, bytes, str, Any]]:
    from stackduel_servers.models import sample_inputs  # noqa: PLC0415

    mono = sample_inputs.sound(takes.usual, takes.rate_hz, SEED)
    yield "float32", sample_inputs.as_float32(mono), FLOAT32, mono
    pcm = sample_inputs.as_pcm(mono)
    as_heard = np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32768)
    yield "PCM", pcm, PCM, as_heard
    wav = sample_inputs.as_wav(mono, takes.rate_hz)
    yield "WAV", wav, WAV, as_heard
    frames = takes.usual * OTHER_RATE_HZ // takes.rate_hz
    stereo = np.stack([sample_inputs.sound(frames, OTHER_RATE_HZ, seed) for seed in (SEED, SEED + 1)], axis=1)
    other = sample_inputs.as_wav(stereo, OTHER_RATE_HZ)
    yield "WAV, stereo at another rate", other, "audio/x-wav", _decoded(takes, other, WAV)
    typed = f"{PCM}; rate={OTHER_RATE_HZ}; channels=2"
    yield "PCM, stereo at another rate", sample_inputs.as_pcm(stereo), typed, _decoded(takes, other, WAV)


def _decoded(takes: Takes, body: bytes, form: str) -> Any:
    """Return the input as the core decodes it: every stack uses its resampling and its JPEG decoder."""
    from stackduel_servers.core.inference.ask import Ask  # noqa: PLC0415
    from stackduel_servers.core.inference.decoding import decode  # noqa: PLC0415

    return decode(Ask("", form), takes, body)


# --- bad requests -------------------------------------------------------------------------------------------------

SOUND_FORMS = error_body("Content-Type must be one of application/octet-stream, audio/pcm, audio/wav for fast-cnn")
PICTURE_FORMS = error_body("Content-Type must be one of image/png, image/jpeg for face")
RATE_BOUNDS = error_body("rate must be an integer from 1000 to 384000")
CHANNEL_BOUNDS = error_body("channels must be an integer from 1 to 8")


def _by_headers() -> Iterator[Case]:
    """Yield requests that are refused for their headers; they need no package and no model."""
    for title, content_type in (
        *(("a picture", PNG), ("JSON", JSON), ("a form", "application/x-www-form-urlencoded")),
        *(("no type at all", "sound"), ("two types", "audio/wav, audio/pcm"), ("another sound", "audio/mpeg")),
    ):
        yield _post(f"fast-cnn: {title}", "fast-cnn", SOUND_FORMS, 415, b"body", _typed(content_type))
    yield _post("face: a sound", "face", PICTURE_FORMS, 415, b"body", _typed(WAV))
    yield _post("face: untyped", "face", PICTURE_FORMS, 415, b"body")
    for_text = error_body("Content-Type must be application/json for embed")
    yield _post("embed: plain text", "embed", for_text, 415, b"hello", _typed("text/plain"))
    compressed = error_body("Content-Encoding must be left out")
    yield _post("vad: compressed", "vad", compressed, 415, b"body", ("Content-Encoding", "gzip"))
    yield replace(_post("an encoded name", "fast%2Dcnn", SOUND_FORMS, 415, b"body", _typed(PNG)))
    for value in ("0", "999", "384001", "abc", "-1", "16000.0", "", "9999999"):
        yield _post(f"rate={value}", "speaker", RATE_BOUNDS, 400, b"body", _typed(f"{PCM}; rate={value}"))
    for value in ("0", "9", "two", ""):
        yield _post(f"channels={value}", "speaker", CHANNEL_BOUNDS, 400, b"body", _typed(f"{PCM};channels={value}"))


def _bad_bodies() -> Iterator[Case]:
    """Yield requests that are refused for their bodies; they need no built model."""
    for name, model, sentence, body, content_type in (*_bad_sounds(), *_bad_pictures(), *_bad_texts()):
        yield _post(f"{model}: {name}", model, error_body(sentence), 400, body, _typed(content_type))


def _bad_sounds() -> Iterator[tuple[str, str, str, bytes, str]]:
    from stackduel_servers.models import sample_inputs  # noqa: PLC0415

    one_second = "body must hold 48000 samples at 48000 Hz, not"
    yield "an empty body", "fast-cnn", f"{one_second} 0", b"", FLOAT32
    yield "half a number", "fast-cnn", "body must be float32, whole numbers of 4 bytes, not 5 bytes", b"12345", FLOAT32
    yield "a sample less", "fast-cnn", f"{one_second} 47999", bytes(4 * 47_999), FLOAT32
    yield "a sample more", "fast-cnn", f"{one_second} 48001", bytes(4 * 48_001), FLOAT32
    for title, number in (("NaN", b"\0\0\xc0\x7f"), ("infinity", b"\0\0\x80\xff")):
        body = bytes(4 * 47_999) + number
        yield f"{title} in it", "fast-cnn", "body must hold finite numbers only", body, FLOAT32
    yield "half a sample", "vad", "body must be int16 of 1 channels, not 1025 bytes", bytes(1025), PCM
    yield "half a frame", "vad", "body must be int16 of 2 channels, not 1026 bytes", bytes(1026), f"{PCM}; channels=2"
    bounds = "body must hold 8000 to 960000 samples at 16000 Hz, not"
    yield "too short", "speaker", f"{bounds} 100", bytes(200), PCM
    yield "too short at its rate", "speaker", f"{bounds} 4000", bytes(16_000), f"{PCM}; rate=32000"
    yield "too long", "speaker", f"{bounds} 960001", bytes(2 * 960_001), PCM
    unreadable = "body must be a WAV file: it cannot be read"
    wav = sample_inputs.as_wav(sample_inputs.sound(16_000, 16_000, SEED), 16_000)
    yield "an empty file", "speaker", unreadable, b"", WAV
    yield "no WAV file", "speaker", unreadable, b"RIFF" + bytes(100), WAV
    yield "a header alone", "speaker", f"{bounds} 0", wav[:44], WAV
    yield "half a header", "speaker", unreadable, wav[:30], WAV
    yield (
        "too short a WAV",
        "speaker",
        f"{bounds} 5000",
        sample_inputs.as_wav(sample_inputs.sound(5000, 16_000, SEED), 16_000),
        WAV,
    )
    slow = sample_inputs.as_wav(sample_inputs.sound(16_000, 16_000, SEED), 500)
    yield "a rate out of bounds", "speaker", "rate must be an integer from 1000 to 384000", slow, WAV


def _bad_pictures() -> Iterator[tuple[str, str, str, bytes, str]]:
    from stackduel_servers.models import sample_inputs  # noqa: PLC0415

    png, jpeg = (
        encode(sample_inputs.picture(64, 64, SEED)) for encode in (sample_inputs.as_png, sample_inputs.as_jpeg)
    )
    no_png, no_jpeg = (f"body must be a {kind} file: it cannot be read" for kind in ("PNG", "JPEG"))
    yield "an empty file", "face", no_png, b"", PNG
    yield "no PNG file", "face", no_png, b"\x89PNG\r\n\x1a\n" + bytes(100), PNG
    yield "half a PNG", "face", no_png, png[: len(png) // 2], PNG
    yield "a JPEG as PNG", "face", no_png, jpeg, PNG
    yield "no JPEG file", "face", no_jpeg, b"\xff\xd8\xff" + bytes(100), JPEG
    yield "half a JPEG", "face", no_jpeg, jpeg[: len(jpeg) // 2], JPEG
    sides = "body must be a picture of 20 to 2048 pixels a side, not"
    yield "too small", "face", f"{sides} 64 x 19", sample_inputs.as_png(sample_inputs.picture(64, 19, SEED)), PNG
    # A header that promises 30,000 by 30,000 pixels, 2.7 GB once decoded, in a file of a few bytes.
    bomb = bytearray(png)
    bomb[16:24] = (30_000).to_bytes(4, "big") * 2
    bomb[29:33] = _crc(bytes(bomb[12:29]))
    yield "a decompression bomb", "face", f"{sides} 30000 x 30000", bytes(bomb), PNG


def _crc(chunk: bytes) -> bytes:
    import zlib  # noqa: PLC0415  # needed only here

    return zlib.crc32(chunk).to_bytes(4, "big")


def _bad_texts() -> Iterator[tuple[str, str, str, bytes, str]]:
    for title, body in (
        *(("an empty body", b""), ("no JSON", b"hello"), ("half of it", b'{"text":"hel'), ("two of it", b"{}{}")),
        *(("no UTF-8", b'{"text":"\xff"}'), ("half a character", b'{"text":"\\ud800"}'), ("NaN", b'{"text":NaN}')),
        ("a deep nest", b"[" * 100_000),
    ):
        yield title, "embed", "body must be JSON", body, JSON
    bounds = "text must be a string of 1 to 10000 characters"
    for title, body in (
        *(("a list", b'["hello"]'), ("a string", b'"hello"'), ("no text", b'{"Text":"hello"}'), ("null", b"null")),
        *(("a number", b'{"text":1}'), ("an empty text", b'{"text":""}')),
        ("too long a text", b'{"text":"%s"}' % (b"x" * 10_001)),
    ):
        yield title, "embed", bounds, body, JSON
