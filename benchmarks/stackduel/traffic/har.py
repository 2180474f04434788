"""HAR files, as browsers and proxies write them: requests with headers and bodies (HTTP Archive 1.2, W3C, 2012)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

import msgspec

from stackduel.model.counted import counted
from stackduel.model.errors import FieldError
from stackduel.planning.fields import MOST_CHARACTERS
from stackduel.planning.request_file import CLIENTS_OWN
from stackduel.traffic.bodies import FORM, cleaned_body
from stackduel.traffic.import_options import ImportOptions
from stackduel.traffic.lines import Source, read_whole
from stackduel.traffic.name_counts import count_name
from stackduel.traffic.privacy import keeps_header
from stackduel.traffic.recording import RecordedRequest, Recording, whole_status
from stackduel.traffic.request_target import fold_target, one_a_byte, visible_ascii
from stackduel.traffic.route_tree import RouteTree
from stackduel.traffic.unread import NoRequestError, UnreadCounter

MOST_FILE_BYTES = 512 * 2**20
# Longer bodies make a suite that nobody reads.
MOST_BODY_BYTES = 1_000_000


class HarField(msgspec.Struct):
    """A named value: a header, or a field of a form."""

    name: str
    value: str = ""


class HarBody(msgspec.Struct, rename={"mime_type": "mimeType"}):
    """The body of a request: its text, or the fields of its form."""

    mime_type: str = ""
    text: str = ""
    params: list[HarField] = []
    encoding: str = ""


class HarRequest(msgspec.Struct, rename={"body": "postData"}):
    """A request."""

    method: str
    url: str
    headers: list[HarField] = []
    body: HarBody | None = None


class HarResponse(msgspec.Struct):
    """An answer; its status is 0 where there was none."""

    status: int = 0


class HarEntry(msgspec.Struct):
    """A request and its answer."""

    request: HarRequest
    response: HarResponse


class HarLog(msgspec.Struct):
    """The entries of a file, each of which is read by itself: a wrong one spoils no other."""

    entries: list[msgspec.Raw]


class HarFile(msgspec.Struct):
    """A whole file."""

    log: HarLog


def read_har(stream: Source, source: str, options: ImportOptions) -> Recording:
    """Read a HAR file: the requests to one host, ``options.host`` or the most frequent. Raises FieldError."""
    try:
        raw = msgspec.json.decode(read_whole(stream, source, MOST_FILE_BYTES), type=HarFile).log.entries
    except (msgspec.DecodeError, RecursionError) as error:
        raise FieldError(f"{source}: no HAR file: {error}") from error
    har = _Har(options)
    entries = [(number, entry) for number, each in enumerate(raw, 1) if (entry := har.decoded(number, each))]
    hosts = Counter(_host(entry) for _, entry in entries)
    host = options.host or (hosts.most_common(1)[0][0] if hosts else "")
    if hosts and host not in hosts:
        raise FieldError(f"--host: {host!r} is not in {source}, which has {', '.join(list(hosts)[:10])}")
    for number, entry in entries:
        if _host(entry) == host:
            har.add(number, entry)
    others = sum(hosts.values()) - hosts[host]
    notes = (f"Of {host}; {counted(others, 'request')} went to other hosts (--host).",) if others else ()
    return har.recording(source, notes)


@dataclass(slots=True)
class _Har:
    """The file as far as it has been read."""

    options: ImportOptions
    requests: int = 0
    tree: RouteTree = field(init=False)
    unread: UnreadCounter = field(default_factory=lambda: UnreadCounter("entry"))
    other_methods: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.tree = RouteTree(self.options.keep)

    def decoded(self, number: int, raw: msgspec.Raw) -> HarEntry | None:
        """Return an entry, None if it cannot be read."""
        try:
            entry = msgspec.json.decode(raw, type=HarEntry)
            _host(entry)
        except (msgspec.DecodeError, RecursionError, ValueError):
            self.unread.add(number, bytes(raw), "no request with an answer")
            return None
        return entry

    def add(self, number: int, entry: HarEntry) -> None:
        """Count a request."""
        url = entry.request.url.encode("utf-8", "replace")
        if not entry.response.status:
            self.unread.add(number, url, "no answer")
            return
        self.requests += 1
        method = entry.request.method.upper()
        if method not in self.options.methods:
            count_name(self.other_methods, method)
            return
        try:
            self._record(method, entry)
        except NoRequestError as error:
            self.unread.add(number, url, str(error))

    def recording(self, source: str, notes: tuple[str, ...]) -> Recording:
        """Return all that was read."""
        return Recording(
            source=source,
            requests=self.requests,
            routes=self.tree.routes(),
            methods=dict(self.other_methods.most_common()),
            dropped=dict(self.dropped.most_common()),
            unread=self.unread.counted(),
            notes=notes,
        )

    def _record(self, method: str, entry: HarEntry) -> None:
        parts = urlsplit(entry.request.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            folded = fold_target(visible_ascii(one_a_byte(target)), self.options.keep)
        except ValueError as error:
            raise NoRequestError(str(error)) from error
        body, replaced = self._body(entry.request)
        headers = self._headers(entry.request, has_body=bool(body))
        for name in (*folded.dropped, *replaced):
            count_name(self.dropped, name)
        status = entry.response.status
        request = RecordedRequest(method, folded.target, whole_status(status), headers, body)
        self.tree.record(folded, request, status)

    def _body(self, request: HarRequest) -> tuple[str, tuple[str, ...]]:
        sent = request.body
        if sent is None or request.method.upper() == "HEAD":
            return "", ()
        text = sent.text or urlencode([(each.name, each.value) for each in sent.params])
        if sent.encoding or "\0" in text:
            raise NoRequestError("its body is no text")
        if len(text.encode("utf-8", "replace")) > MOST_BODY_BYTES:
            raise NoRequestError(f"its body is longer than {MOST_BODY_BYTES} bytes")
        return cleaned_body(text, sent.mime_type or FORM, self.options.keep)

    def _headers(self, request: HarRequest, *, has_body: bool) -> tuple[tuple[str, str], ...]:
        """Return the headers that are kept, each once, in the order of their names."""
        found = {}
        for each in request.headers:
            name = each.name.lower()
            sendable = name not in {"host", *CLIENTS_OWN} and name.replace("-", "").isalnum() and name.isascii()
            fits = each.value.isascii() and each.value.isprintable() and len(each.value) <= MOST_CHARACTERS
            if sendable and fits and (has_body or name != "content-type"):
                if keeps_header(name, each.value, self.options.keep):
                    found[name] = each.value
                elif self.options.keep.headers:
                    count_name(self.dropped, f"header {name}")
        return tuple(sorted(found.items()))


def _host(entry: HarEntry) -> str:
    parts = urlsplit(entry.request.url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ValueError("no address of the web")
    return parts.netloc.rpartition("@")[2].lower()
