"""OpenAPI documents as recordings of which nothing was recorded: every operation has the same weight."""

from __future__ import annotations

from stackduel.model.counted import counted
from stackduel.traffic.import_options import ImportOptions
from stackduel.traffic.lines import Source, read_whole
from stackduel.traffic.openapi.document import MOST_FILE_BYTES, parse_document
from stackduel.traffic.openapi.operations import OperationReader
from stackduel.traffic.recording import Recording, UnreadLines


def read_openapi(stream: Source, source: str, options: ImportOptions) -> Recording:
    """Read an OpenAPI document in JSON or YAML; raises FieldError, also where the extra ``openapi`` is missing."""
    reader = OperationReader(parse_document(read_whole(stream, source, MOST_FILE_BYTES), source), options)
    routes = tuple(reader.routes())
    notes = []
    if reader.secured:
        needing = counted(reader.secured, "operation")
        notes.append(f"{needing} may need an authorization, which no description holds: add the header.")
    return Recording(
        source=source,
        requests=sum(route.requests for route in routes),
        routes=routes,
        methods=dict(reader.other_methods.most_common()),
        dropped={},
        unread=UnreadLines({}, ()),
        notes=tuple(notes),
        is_described=True,
    )
