"""The limits of a worker, read from its environment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stackduel_servers.core import limits as module
from stackduel_servers.core.errors import of_status, too_large
from stackduel_servers.core.limits import Limits, limits, read_limits
from stackduel_servers.core.settings import read_settings
from stackduel_servers.core.target import body_refusal
from stackduel_servers.core.variables import SettingsError


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process whose bodies may have 1,000 bytes."""
    monkeypatch.setenv("MAX_BODY_BYTES", "1000")
    module.limits.cache_clear()
    yield
    module.limits.cache_clear()


def test_limits_have_bounds() -> None:
    """Both variables are read and checked by name and bound; without them all is as usual."""
    assert read_limits({}) == Limits(50_000_000, None)
    assert read_limits({"MAX_BODY_BYTES": "1000", "CONCURRENCY_LIMIT": "8"}) == Limits(1000, 8)
    assert read_settings({"CONCURRENCY_LIMIT": "8"}).limits == Limits(concurrency=8)
    assert read_limits({"CONCURRENCY_LIMIT": "0"}) == Limits()
    with pytest.raises(SettingsError, match="CONCURRENCY_LIMIT must be an integer from 0 to 100000, not '-1'"):
        read_limits({"CONCURRENCY_LIMIT": "-1"})
    with pytest.raises(SettingsError, match="MAX_BODY_BYTES must be an integer from 1 to 1000000000"):
        read_settings({"MAX_BODY_BYTES": "2000000000"})


@pytest.mark.usefixtures("_small")
def test_a_smaller_body_is_refused_where_the_process_says_so() -> None:
    """The refusal by length and its sentence follow the variable."""
    assert limits().body_bytes == 1000
    refused = body_refusal("/infer/fast-cnn", "1001")
    assert refused is not None
    assert (refused.status, refused.message) == (413, "body must be at most 1000 bytes")
    assert body_refusal("/infer/fast-cnn", "1000") is None
    assert too_large().message == of_status(413).message == refused.message
