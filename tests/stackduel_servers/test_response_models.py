"""FastAPI's response models on and off."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic import BaseModel

from stackduel_servers.apps.fastapi_idiomatic import create_app
from stackduel_servers.core.settings import Settings, read_settings
from tests.contract.in_process import call_asgi

TARGETS = ("/", "/slow-io?delay=0", "/json?items=3")


def test_without_response_models_nothing_is_validated(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same bytes either way; only with response models does an answer pass through Pydantic."""
    validated: list[str] = []
    original = BaseModel.model_validate.__func__  # type: ignore[attr-defined]

    def noting(cls: type[BaseModel], content: Any) -> Any:
        validated.append(cls.__name__)
        return original(cls, content)

    monkeypatch.setattr(BaseModel, "model_validate", classmethod(noting))
    with_models, without = (create_app(Settings(has_response_models=has)) for has in (True, False))
    bodies = [asyncio.run(call_asgi(without, "GET", target)).body for target in TARGETS]
    assert not validated
    assert [asyncio.run(call_asgi(with_models, "GET", target)).body for target in TARGETS] == bodies
    assert validated == ["Index", "SlowIo", "Catalogue"]


def test_the_environment_turns_them_off() -> None:
    """On unless off."""
    assert read_settings({}).has_response_models
    assert not read_settings({"RESPONSE_MODEL": "off"}).has_response_models
