"""The operations of an OpenAPI document as routes: a few requests each, and the status of a right answer."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from stackduel.planning.request_file import is_target
from stackduel.traffic.import_options import ImportOptions
from stackduel.traffic.name_counts import count_name
from stackduel.traffic.openapi.document import OpenApiDocument
from stackduel.traffic.openapi.example_values import ExampleValues
from stackduel.traffic.openapi.schema_values import NoValueError
from stackduel.traffic.recording import RecordedRequest, Route

# Different requests of an operation.
MOST_REQUESTS = 3
METHODS = ("get", "head", "options", "post", "put", "patch", "delete")
# Every operation has the same weight, which one, two or three requests can share.
_WEIGHT = 6
_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_CODES = {"2XX": 200, "default": 200}


@dataclass(slots=True)
class OperationReader:
    """Makes routes of the operations of a document; those of other methods are counted in ``other_methods``."""

    document: OpenApiDocument
    options: ImportOptions
    other_methods: Counter[str] = field(default_factory=Counter)
    secured: int = 0

    def routes(self) -> Iterator[Route]:
        """Yield the route of each operation whose method is asked; raises FieldError where the extra is missing."""
        base = self._base_path()
        for path, item in self.document.followed(self.document.tables.get("paths")).items():
            shared = self.document.followed(item)
            for method in METHODS:
                if method not in shared:
                    continue
                if method.upper() not in self.options.methods:
                    count_name(self.other_methods, method.upper())
                    continue
                yield self._route(method.upper(), base + str(path), shared, self.document.followed(shared[method]))

    def _route(self, method: str, path: str, shared: Mapping[str, Any], operation: Mapping[str, Any]) -> Route:
        if operation.get("security", self.document.tables.get("security")):
            self.secured += 1
        try:
            requests, withheld = self._requests(method, path, shared, operation), ""
        except NoValueError as error:
            requests, withheld = (), str(error)
        return Route(
            method=method,
            pattern=path,
            requests=_WEIGHT,
            statuses={},
            examples=tuple((request, 1) for request in requests),
            values=len(requests),
            withheld=withheld,
        )

    def _requests(
        self, method: str, path: str, shared: Mapping[str, Any], operation: Mapping[str, Any]
    ) -> tuple[RecordedRequest, ...]:
        """Return different requests of an operation: the first has the first value of each parameter, and so on."""
        places: dict[tuple[str, str], Sequence[Any]] = {}
        for parameter in self._parameters(shared, operation):
            where, name = str(parameter.get("in")), str(parameter.get("name"))
            values = self._values(parameter, name)
            if values and where == "cookie":
                raise NoValueError(f"it needs the cookie {name}")
            if values:
                places[where, name] = values
        content_type, bodies = self._bodies(operation)
        count = max([1, len(bodies), *map(len, places.values())])
        found = []
        for number in range(min(count, MOST_REQUESTS)):
            chosen = {place: values[number % len(values)] for place, values in places.items()}
            headers = [(name, _text(value)) for (where, name), value in chosen.items() if where == "header"]
            body = bodies[number % len(bodies)] if bodies else ""
            headers += [("Content-Type", content_type)] if body else []
            status = _status(self.document.followed(operation.get("responses")))
            found.append(RecordedRequest(method, _target(path, chosen), status, tuple(headers), body))
        return tuple(dict.fromkeys(found))

    def _parameters(self, shared: Mapping[str, Any], operation: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Return the parameters of a path, and those of the operation, which replace them by name and place."""
        found = {}
        for table in (shared, operation):
            listed = table.get("parameters")
            for each in map(self.document.followed, listed if isinstance(listed, list) else []):
                found[str(each.get("in")), str(each.get("name"))] = each
        return list(found.values())

    def _bodies(self, operation: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
        """Return the type of an operation's body, and examples of it as texts; none where it needs none."""
        body = self.document.followed(operation.get("requestBody"))
        content = self.document.followed(body.get("content"))
        kind = next((each for each in (_JSON, _FORM) if each in content), "")
        required = body.get("required") is True
        if required and not kind:
            raise NoValueError(f"its body is none of {_JSON} and {_FORM}")
        if not kind:
            return "", ()
        values = self._bodies_of(self.document.followed(content[kind]), required=required)
        if kind == _JSON:
            return kind, tuple(json.dumps(value, ensure_ascii=False) for value in values)
        return kind, tuple(urlencode(value, doseq=True) for value in values if isinstance(value, Mapping))

    def _bodies_of(self, described: Mapping[str, Any], *, required: bool) -> Sequence[Any]:
        """Return examples of a body, else one that is put together if it is required."""
        given = self.values.given(described)
        if given or not required:
            return given[:MOST_REQUESTS]
        try:
            return [self.values.whole(described.get("schema"))]
        except NoValueError as error:
            raise NoValueError(f"its body: {error}") from error

    def _values(self, parameter: Mapping[str, Any], name: str) -> Sequence[Any]:
        """Return examples of a parameter, else values of its schema if it is required."""
        given = self.values.given(parameter)
        if given or parameter.get("required") is not True:
            return given[:MOST_REQUESTS]
        try:
            return self.values.made(parameter.get("schema"), MOST_REQUESTS, _stands_in_path)
        except NoValueError as error:
            raise NoValueError(f"its parameter {name}: {error}") from error

    @property
    def values(self) -> ExampleValues:
        """The examples of the document."""
        return ExampleValues(self.document)

    def _base_path(self) -> str:
        """Return the path of the first server, below which all paths lie."""
        servers = self.document.tables.get("servers")
        first = self.document.followed(servers[0] if isinstance(servers, list) and servers else {})
        try:
            path = urlsplit(str(first.get("url", ""))).path.rstrip("/")
        except ValueError:
            return ""
        return path if path.startswith("/") and "{" not in path else ""


def _stands_in_path(value: Any) -> bool:
    """Return whether a made value can stand in a path: servers take no empty ones, and read slashes and dots apart."""
    text = _text(value)
    return text.isascii() and text.isprintable() and bool(text.strip(". ")) and "/" not in text


def _text(value: Any) -> str:
    """Return a value as a parameter has it (``style: simple``)."""
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return json.dumps(value) if isinstance(value, Mapping) else str(value)


def _target(path: str, chosen: Mapping[tuple[str, str], Any]) -> str:
    """Return a path with its values, and the query behind it; raises NoValueError if a place stays empty."""
    query = []
    for (where, name), value in chosen.items():
        if where == "path":
            path = path.replace(f"{{{name}}}", quote(_text(value), safe=""))
        if where == "query":
            query += [(name, _text(each)) for each in (value if isinstance(value, list) else [value])]
    target = path + ("?" + urlencode(query) if query else "")
    if "{" in path or not is_target(target) or "#" in target:
        raise NoValueError("its path has a place without a parameter")
    return target


def _status(responses: Mapping[str, Any]) -> int:
    """Return the status of the first right answer that is described, 200 where there is none."""
    codes = [str(code) for code in responses]
    right = [int(code) for code in codes if code.isdecimal() and 200 <= int(code) < 400]
    return min(right) if right else next((_CODES[code] for code in codes if code in _CODES), 200)
