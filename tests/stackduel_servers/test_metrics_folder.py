"""The folder of one start's metrics."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from stackduel_servers import metrics_folder
from stackduel_servers.core.variables import SettingsError
from stackduel_servers.metrics_folder import LOCK, make_folder, parent_folder, remove_abandoned

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there serve removes the folder itself")

# A start that becomes another program, as serve becomes its server, and ends with its standard input.
STARTED = """
import os, sys
from pathlib import Path
from stackduel_servers.metrics_folder import make_folder
print(make_folder(Path(sys.argv[1])), flush=True)
os.execv(sys.executable, [sys.executable, "-c", "import sys; print('server', flush=True); sys.stdin.read()"])
"""


def test_a_folder_lives_as_long_as_what_the_start_became(tmp_path: Path) -> None:
    """The next start leaves the folder of a server that lives, and removes it when that has ended, even if killed."""
    server = subprocess.Popen(
        [sys.executable, "-c", STARTED, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout
    folder = Path(server.stdout.readline().strip())
    assert server.stdout.readline() == "server\n"
    assert folder.name.startswith(f"stackduel-{server.pid}-metrics-")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    remove_abandoned(tmp_path)
    assert folder.is_dir()
    server.kill()
    server.communicate()
    remove_abandoned(tmp_path)
    assert not folder.exists()


def test_each_start_has_a_folder_of_its_own(tmp_path: Path) -> None:
    """Two starts share nothing, and neither removes the other's."""
    one, two = make_folder(tmp_path), make_folder(tmp_path)
    assert one != two
    assert {path.name for path in one.iterdir()} == {LOCK}
    assert one.is_dir()


def test_what_is_nobody_s_leftover_stays(tmp_path: Path) -> None:
    """A link, a folder that another start is making, and other names are left alone."""
    target = tmp_path / "precious"
    target.mkdir()
    (target / LOCK).touch()
    (tmp_path / "stackduel-1-metrics-link").symlink_to(target)
    (tmp_path / "stackduel-2-metrics-making").mkdir()
    (tmp_path / "stackduel-3-segment").mkdir()
    remove_abandoned(tmp_path)
    assert len(list(tmp_path.iterdir())) == 4
    assert (target / LOCK).exists()


def test_a_folder_that_was_never_finished_goes_later(tmp_path: Path) -> None:
    """A start that was killed while it made its folder leaves no lock; a minute later the folder is removed."""
    folder = tmp_path / "stackduel-2-metrics-making"
    folder.mkdir()
    os.utime(folder, (0, 0))
    remove_abandoned(tmp_path)
    assert not folder.exists()


def test_a_folder_that_cannot_be_made_is_an_error_of_the_setting(tmp_path: Path) -> None:
    """The sentence names the variable and the reason."""
    with pytest.raises(SettingsError, match=r"METRICS must be off: .*nowhere takes no folder: No such file"):
        make_folder(tmp_path / "nowhere")


def test_memory_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no shared memory, as in macOS, the folder of temporary files is taken."""
    monkeypatch.setattr(metrics_folder, "SHARED_MEMORY", tmp_path)
    assert parent_folder() == tmp_path
    monkeypatch.setattr(metrics_folder, "SHARED_MEMORY", tmp_path / "nowhere")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    assert parent_folder() == tmp_path / "temporary"
