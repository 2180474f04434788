"""Sources of traffic: which kind a file is of, and what reads it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from stackduel.model.errors import FieldError
from stackduel.traffic.har import read_har
from stackduel.traffic.import_options import ImportOptions
from stackduel.traffic.lines import head, opened
from stackduel.traffic.logs.reader import LineProgress, read_logs
from stackduel.traffic.openapi.reader import read_openapi
from stackduel.traffic.recording import Recording

_OPENAPI = re.compile(rb"(?m)^\s*\{?\s*[\"']?(?:openapi|swagger)[\"']?\s*:")
_OPENAPI_NAME = re.compile(r"(?i)(?:^|[/\\])(?:openapi|swagger)[^/\\]*$|\.ya?ml$")
_HAR = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"log"\s*:\s*\{')


def read_sources(sources: Sequence[str], options: ImportOptions, told: LineProgress = lambda _: None) -> Recording:
    """Read one HAR file or OpenAPI document, or access logs; ``told`` hears the number of their lines now and then.

    A source's kind is seen by its beginning; one that is called ``openapi`` or ends in ``.yaml`` is a document. Raises
    FieldError.
    """
    first = sources[0]
    with opened(first) as stream:
        begin = head(stream, first)
        if _HAR.match(begin):
            kind, read = "a HAR file", read_har
        elif _OPENAPI.search(begin) or _OPENAPI_NAME.search(first):
            kind, read = "an OpenAPI document", read_openapi
        else:
            return read_logs(sources, options, told, stream)
        if len(sources) > 1:
            raise FieldError(f"{first}: is {kind}, which is imported alone")
        return read(stream, first, options)
