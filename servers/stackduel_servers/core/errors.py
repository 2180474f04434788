"""The errors a client can see: one status and one sentence each, the same from every stack."""

from __future__ import annotations

ALLOWED_METHODS = "GET, HEAD"
MOST_BODY_BYTES = 50_000_000

_SENTENCES = {
    404: "not found",
    405: "method not allowed: only GET and HEAD",
    413: f"body must be at most {MOST_BODY_BYTES} bytes",
    500: "internal server error",
}


class HttpError(Exception):
    """An answer other than success: its status, the sentence of its body, and its extra headers."""

    def __init__(self, status: int, message: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers


def bad_request(message: str) -> HttpError:
    """Return the error for input out of its bounds; ``message`` names the field and the bounds."""
    return HttpError(400, message)


def of_status(status: int) -> HttpError:
    """Return the error for a status that a framework or a server chose, such as 404 and 405."""
    headers = (("Allow", ALLOWED_METHODS),) if status == 405 else ()
    return HttpError(status, _SENTENCES.get(status, f"refused with status {status}"), headers)


def only_post() -> HttpError:
    """Return the error for any other method at an endpoint that only answers POST."""
    return HttpError(405, "method not allowed: only POST", (("Allow", "POST"),))


def too_large() -> HttpError:
    """Return the error for a body over MOST_BODY_BYTES."""
    return of_status(413)
