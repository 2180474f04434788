"""The side that closes a connection first, and when a client may."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median

import pytest

from stackduel.load.clock import clock
from stackduel.load.drivers.connection import Connection
from stackduel.load.drivers.port_reuse import TIME_WAIT_REUSE, can_close_first
from stackduel.model.measurement import Outcome
from stackduel.model.suite import ClosedLoop
from tests.stackduel.load.measuring import job_for, measure
from tests.stackduel.load.scripted import ANSWER, BODY, ScriptedServer, Visit

LAST_ANSWER = ANSWER.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
ANSWER_UNTIL_CLOSED = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + BODY
JUDGED_WITHIN_S = 0.1


@pytest.mark.parametrize(
    ("host", "setting", "can"),
    [
        pytest.param("127.0.0.1", "2\n", True, id="loopback"),
        pytest.param("::1", "2\n", True, id="loopback-6"),
        pytest.param("127.0.0.1", "1\n", True, id="everywhere"),
        pytest.param("127.0.0.1", "0\n", False, id="switched-off"),
        pytest.param("192.0.2.7", "2\n", False, id="another-host"),
        pytest.param("shop.example", "2\n", False, id="a-name"),
        pytest.param("127.0.0.1", None, False, id="another-system"),
    ],
)
def test_a_port_is_free_again_soon_where_linux_reuses_it(
    host: str, setting: str | None, can: bool, tmp_path: Path
) -> None:
    """Over the loopback, as Linux is set by default."""
    file = tmp_path / "tcp_tw_reuse"
    if setting is not None:
        file.write_text(setting, encoding="ascii")
    assert can_close_first(host, file) is can


@pytest.mark.skipif(not can_close_first("127.0.0.1"), reason=f"{TIME_WAIT_REUSE} is 0 or missing: the server closes")
@pytest.mark.parametrize("answer", [LAST_ANSWER, ANSWER_UNTIL_CLOSED], ids=["with a length", "until closed"])
def test_a_server_that_closes_last_waits_for_no_judgement(answer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that reads until its client has gone, as Gunicorn's sync workers do, waits no longer than for the news."""
    waits_s: list[float] = []
    judge = Connection._judge

    def judge_slowly(connection: Connection) -> Outcome:
        time.sleep(JUDGED_WITHIN_S)
        return judge(connection)

    async def script(visit: Visit) -> None:
        if await visit.request() is not None:
            await visit.send(answer)
            visit.finish()
            sent_s = clock()
            await visit.read(1)
            waits_s.append(clock() - sent_s)

    monkeypatch.setattr(Connection, "_judge", judge_slowly)
    with ScriptedServer(script) as server:
        found = measure(job_for(server.address, ClosedLoop(1, requests=5)))
    assert found.outcomes == {Outcome.OK: 5}
    assert median(waits_s) < JUDGED_WITHIN_S / 2
