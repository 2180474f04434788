"""The errors of inference: one sentence each, which names the field and its bounds."""

from __future__ import annotations

from stackduel_servers.core.errors import HttpError, retry_after

MISSING_RETRY_S = 60


def unknown_model(known: tuple[str, ...]) -> HttpError:
    """Return the error for a model that is not served."""
    return HttpError(404, f"model must be one of {', '.join(known)}")


def unsupported(field: str, bound: str) -> HttpError:
    """Return the error for content in a form that the model does not take."""
    return HttpError(415, f"{field} must be {bound}")


def full(most: int) -> HttpError:
    """Return the error for a full queue: one more request would time out in it."""
    return HttpError(503, f"inference is full: {most} requests wait already", retry_after())


def closing() -> HttpError:
    """Return the error for a request that was still waiting when the service stopped."""
    return HttpError(503, "inference is stopping", retry_after())


def too_slow(timeout_s: float) -> HttpError:
    """Return the error for a request whose deadline passed."""
    return HttpError(504, f"inference too slow: no result within {timeout_s:g} s")


def not_installed(package: str) -> HttpError:
    """Return the error for a server without the libraries that models need."""
    sentence = f"inference is not installed on this server: {package} is missing (pip install 'stackduel[inference]')"
    return HttpError(503, sentence, retry_after(MISSING_RETRY_S))


def not_available(name: str, reason: str) -> HttpError:
    """Return the error for a known model that cannot be loaded here."""
    return HttpError(503, f"model {name} is not available: {reason}", retry_after(MISSING_RETRY_S))
