"""The HTTP contract of the music service: the same rules as everywhere, at its own endpoints."""

from __future__ import annotations

from stackduel.verify.contract.case import Anything, Case, Digest, error_body
from stackduel.verify.contract.cases import ALLOW, HEALTH, NO_NUMBERS, NOT_ALLOWED, NOT_FOUND

MUSIC_XML = "application/vnd.recordare.musicxml+xml"
MUSIC_INDEX = b'{"service":"stackduel-music","endpoints":["/","/health","/exercise","/exercise/random","/note-game"]}'
ONE_MEASURE = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 3.0 '
    b'Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n<score-partwise><work><work-title>Exercise in Bb '
    b"major, level 1</work-title></work><identification><encoding><software>pymusicxml</software></encoding>"
    b'</identification><part-list><score-part id="P1"><part-name>Exercise</part-name></score-part></part-list>'
    b'<part id="P1"><measure number="1"><attributes><divisions>1</divisions><key><fifths>-2</fifths>'
    b"<mode>major</mode></key><time><beats>4</beats><beat-type>4</beat-type></time><clef><sign>G</sign>"
    b"<line>2</line></clef></attributes><note><pitch><step>B</step><alter>-1</alter><octave>4</octave></pitch>"
    b'<duration>4</duration><voice>1</voice><type>whole</type></note><barline location="right">'
    b"<bar-style>light-heavy</bar-style></barline></measure></part></score-partwise>\n"
)
USUAL = Digest(12160, "6e7f6d0ae85667b9e0e705a5a0cb83bb30ce6f53e767f758ed3eef44293b0ed6")
LONGEST = Digest(47412, "583e9cf422ce5b14cc49d334548d6baf0e43d071ecd41203af936bb74e9a4462")
DRAWN_BY_0 = Digest(11219, "bf86fce078ef1096ed7d9c9d4d23508feff47ae8886932b94b0bb559006757dd")
DRAWN_BY_MOST = Digest(30355, "52479d89258bfc06c8c7c0e9f42030bb8b4c536539d9afe418ab99af395af51a")
ASKED = Digest(17827, "5c91ecf148e70179adde495f2cb163471e0a3302ada320476f700909843384a2")
WRONG = Digest(17871, "2a1bd0b8cd60a89f8516bed6ba9ded47197105e410c282993aab22d7e316d033")
RIGHT = Digest(17870, "b478461c9af7f0b748c768b35c41e228469751292fd04ae8750b13be23d1bd4a")

MEASURES_BOUNDS = error_body("measures must be an integer from 1 to 64")
LEVEL_BOUNDS = error_body("level must be an integer from 1 to 3")
SEED_BOUNDS = error_body("seed must be an integer from 0 to 999999")
KEY_BOUNDS = error_body("key must be one of C, G, D, A, E, F, Bb, Eb")
ANSWER_BOUNDS = error_body("answer must be the name of a note, such as F%234 for F#4")


def _xml(name: str, target: str, expected: bytes | Digest | Anything, method: str = "GET") -> Case:
    return Case(name, target, expected, method=method, content_type=MUSIC_XML)


SUCCESSES = (
    Case("index", "/", MUSIC_INDEX),
    Case("health", "/health", HEALTH),
    _xml("exercise, the default", "/exercise", USUAL),
    _xml("exercise, all parameters at their defaults", "/exercise?measures=24&level=1&key=C", USUAL),
    _xml("exercise, one measure", "/exercise?key=Bb&measures=1", ONE_MEASURE),
    _xml("exercise, the longest", "/exercise?key=Eb&level=2&measures=64", LONGEST),
    _xml("exercise, an encoded key", "/exercise?key=%42%62&measures=001", ONE_MEASURE),
    _xml("exercise, an unknown parameter", "/exercise?key=Bb&seed=x&measures=1&x", ONE_MEASURE),
    _xml("random, the first seed", "/exercise/random?seed=0", DRAWN_BY_0),
    _xml("random, the last seed", "/exercise/random?seed=999999&measures=64", DRAWN_BY_MOST),
    _xml("random, without a seed", "/exercise/random?measures=1", Anything()),
    Case("game, a question", "/note-game?seed=7", ASKED),
    Case("game, a wrong answer", "/note-game?seed=7&answer=G4", WRONG),
    Case("game, the right answer", "/note-game?answer=D5&seed=7", RIGHT),
    Case("game, without a seed", "/note-game?measures=1", Anything()),
)
BAD_PARAMETERS = (
    *(Case(f"measures: {name}", f"/exercise?measures={value}", MEASURES_BOUNDS, 400) for name, value in
      NO_NUMBERS.items()),
    *(Case(f"seed: {name}", f"/exercise/random?seed={value}", SEED_BOUNDS, 400) for name, value in NO_NUMBERS.items()),
    Case("measures: none", "/exercise?measures=0", MEASURES_BOUNDS, 400),
    Case("measures: above its bound", "/note-game?measures=65", MEASURES_BOUNDS, 400),
    Case("level: below its bound", "/exercise?level=0", LEVEL_BOUNDS, 400),
    Case("level: above its bound", "/exercise?level=4", LEVEL_BOUNDS, 400),
    Case("seed: above its bound", "/note-game?seed=1000000", SEED_BOUNDS, 400),
    Case("key: in other letters", "/exercise?key=c", KEY_BOUNDS, 400),
    Case("key: empty", "/exercise?key=", KEY_BOUNDS, 400),
    Case("key: no UTF-8", "/exercise?key=%ff", KEY_BOUNDS, 400),
    Case("key: twice", "/exercise?key=C&key=C", error_body("key must be given at most once"), 400),
    Case("answer: no note", "/note-game?seed=7&answer=H4", ANSWER_BOUNDS, 400),
    Case("answer: without an octave", "/note-game?seed=7&answer=A", ANSWER_BOUNDS, 400),
    Case("answer: without a seed", "/note-game?answer=A4", error_body("answer needs the seed of its question"), 400),
    Case("seed: twice", "/note-game?seed=1&seed=1", error_body("seed must be given at most once"), 400),
)  # fmt: skip
METHODS = (
    *(
        Case(f"{method} of a known path", "/exercise?measures=1", NOT_ALLOWED, 405, method, allow=ALLOW)
        for method in ("OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE")
    ),
    Case("POST of an unknown path", "/nothing", NOT_FOUND, 404, "POST"),
    Case("an unknown method", "/note-game", NOT_ALLOWED, 405, "BREW", allow=ALLOW, refusable=True),
    Case("OPTIONS of the server", "*", NOT_ALLOWED, 405, "OPTIONS", allow=ALLOW),
    _xml("HEAD of an exercise", "/exercise?key=Bb&measures=1", ONE_MEASURE, "HEAD"),
    Case("HEAD of a question", "/note-game?seed=7", ASKED, 200, "HEAD"),
    Case("HEAD of the health", "/health", HEALTH, 200, "HEAD"),
    Case("HEAD of bad input", "/exercise?measures=x", MEASURES_BOUNDS, 400, "HEAD"),
    Case("HEAD of an unknown path", "/nothing", NOT_FOUND, 404, "HEAD"),
    Case("a form on POST", "/note-game", NOT_ALLOWED, 405, "POST", allow=ALLOW, body=b"answer=D5",
         headers=(("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", "9"))),
)  # fmt: skip
PATHS = (
    *(
        Case(f"path {path}", path, NOT_FOUND, 404)
        for path in ("/nothing", "/exercise/", "//exercise", "/exercise//random", "/exercise/random/", "/EXERCISE",
                     "/exercise%0A", "/note-game%00", "/slow-io", "/docs", "/admin/", "/static/x")
    ),
    _xml("an encoded path", "/e%78ercise?key=Bb&measures=1", ONE_MEASURE),
    _xml("an absolute target", "http://stackduel.test/exercise?key=Bb&measures=1", ONE_MEASURE),
)  # fmt: skip

MUSIC_CASES = (*SUCCESSES, *BAD_PARAMETERS, *METHODS, *PATHS)
