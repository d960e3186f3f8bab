"""The program as a process: what a shell, a pipe and a file system see."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.lock import Lock

ROOT = Path(__file__).parents[2]


def hotline(
    folder: Path, *arguments: str, stdin: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HOTLINE_", "COV_"))}
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "app", *arguments],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(ROOT), **environment},
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_a_promise_through_a_pipe(tmp_path: Path) -> None:
    done = hotline(
        tmp_path,
        "promise",
        "--gate",
        "HN",
        "--at",
        "-",
        "--json",
        stdin="2026-11-21T09:00\n2026-11-21T17:01\n",
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert [made["kind"] for made in json.loads(done.stdout)] == ["same-day", "after-cut-off"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1258"])
def test_vietnamese_comes_out_of_any_terminal(tmp_path: Path, encoding: str) -> None:
    done = hotline(tmp_path, "promise", "--gate", "XX", PYTHONIOENCODING=encoding, LC_ALL="C")

    assert done.returncode == 1
    assert done.stderr.startswith("Không có cửa khẩu nào")


def test_exit_codes(tmp_path: Path) -> None:
    codes = [
        hotline(tmp_path, "--help").returncode,
        hotline(tmp_path, "tickets", "list").returncode,
        hotline(tmp_path, "no-such-command").returncode,
        hotline(tmp_path, "tickets", "list", HOTLINE_HTTP_PORT="x").returncode,
    ]

    assert codes == [0, 1, 2, 2]


def test_what_it_writes_is_for_its_owner_only(tmp_path: Path) -> None:
    assert hotline(tmp_path, "people", "add", "--name", "A", "--role", "duty").returncode == 0
    assert hotline(tmp_path, "backup").returncode == 0

    written = [path for path in tmp_path.rglob("*") if path.is_file()]

    assert len(written) >= 2
    assert {path.stat().st_mode & 0o077 for path in written} == {0}


def test_a_second_run_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with Lock(tmp_path / "var" / "hotline.lock"):
        done = hotline(tmp_path, "run")

    assert done.returncode == 1
    assert done.stderr.startswith("Chương trình đang chạy trên thư mục var")
    assert done.stderr.count("\n") == 1


def test_real_time_on_a_drill_database_is_refused_at_the_start(tmp_path: Path) -> None:
    drill = {"HOTLINE_CLOCK_START": "2026-12-01T06:30:00+07:00", "HOTLINE_CLOCK_SPEED": "72"}
    assert hotline(tmp_path, "people", "add", "--name", "A", "--role", "duty", **drill).returncode == 0

    done = hotline(tmp_path, "run")

    assert done.returncode == 1
    assert "diễn tập" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_reader_that_goes_away_gets_no_traceback(tmp_path: Path) -> None:
    hotline(tmp_path, "people", "add", "--name", "A", "--role", "duty")
    command = f"{sys.executable} -m app data export markers | head -c 1"
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert "Traceback" not in done.stderr
