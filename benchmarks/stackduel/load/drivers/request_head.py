"""The head of a request, and all of its bytes, as they go over the wire."""

from __future__ import annotations

from stackduel.model.suite import Workload
from stackduel.model.target import Address

_DEFAULTS = (("Accept", "*/*"), ("User-Agent", "stackduel"))


def request_headers(address: Address, workload: Workload) -> tuple[tuple[str, str], ...]:
    """All headers of the request, in the order in which they are sent."""
    given = {name.lower() for name, _ in workload.headers}
    headers = [*workload.headers] if "host" in given else [("Host", address.host_header), *workload.headers]
    headers += [(name, value) for name, value in _DEFAULTS if name.lower() not in given]
    if workload.body or workload.method in {"POST", "PUT", "PATCH"}:
        headers.append(("Content-Length", str(len(workload.body))))
    return tuple(headers)


def request_bytes(address: Address, workload: Workload) -> bytes:
    """The whole request; raises ValueError where a header or the target would break out of its line."""
    lines = [f"{workload.method} {workload.target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in request_headers(address, workload)]
    if not all(line.isprintable() for line in lines):
        raise ValueError("a request's target and headers must be printable")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + workload.body
