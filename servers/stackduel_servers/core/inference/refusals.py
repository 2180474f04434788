"""The errors of inference, each one sentence that names the field and its bounds."""

from __future__ import annotations

from stackduel_servers.core.errors import HttpError

FULL_RETRY_S = 1
MISSING_RETRY_S = 60


def unknown_model(known: tuple[str, ...]) -> HttpError:
    """The error for a model that is not served."""
    return HttpError(404, f"model must be one of {', '.join(known)}")


def unsupported(field: str, bound: str) -> HttpError:
    """The error for content in a form that the model does not take."""
    return HttpError(415, f"{field} must be {bound}")


def full(most: int) -> HttpError:
    """The error when so many requests wait already that one more would only wait in vain."""
    return HttpError(503, f"inference is full: {most} requests wait already", _retry_after(FULL_RETRY_S))


def closing() -> HttpError:
    """The error when the service stops before the request's turn."""
    return HttpError(503, "inference is stopping", _retry_after(FULL_RETRY_S))


def too_slow(timeout_s: float) -> HttpError:
    """The error when a request's deadline passed."""
    return HttpError(504, f"inference too slow: no result within {timeout_s:g} s")


def not_installed(package: str) -> HttpError:
    """The error when the libraries that models need are not here."""
    sentence = f"inference is not installed on this server: {package} is missing (pip install 'stackduel[inference]')"
    return HttpError(503, sentence, _retry_after(MISSING_RETRY_S))


def not_available(name: str, reason: str) -> HttpError:
    """The error when a model is known but cannot be loaded here."""
    return HttpError(503, f"model {name} is not available: {reason}", _retry_after(MISSING_RETRY_S))


def _retry_after(seconds: int) -> tuple[tuple[str, str], ...]:
    return (("Retry-After", str(seconds)),)
