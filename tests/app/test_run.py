"""`hotline run` as a person starts it: a real process, a real port, signals."""

import json
import re
import socket
import subprocess
import sys
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.request import HTTPCookieProcessor, build_opener, urlopen

from app.lock import Lock
from tests.app.running import environment, free_port, running

READY = "Telegram: "


def refused(folder: Path, *, port: int | None = None, **given: str) -> "subprocess.CompletedProcess[str]":
    """`hotline run` that is expected to end by itself."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "app", "run"],
        cwd=folder,
        env=environment(port or free_port(), **given),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_the_first_start_tells_where_to_write_and_how_to_sign_in(tmp_path: Path) -> None:
    with running(tmp_path) as hotline:
        hotline.prints(READY)
        text = hotline.text()
        with urlopen(f"{hotline.url}/healthz") as answer:
            health = json.load(answer)
        with urlopen(f"{hotline.url}/readyz") as answer:
            ready = json.load(answer)
        with urlopen(f"{hotline.url}/chat?gate=HN") as answer:
            page = answer.read().decode()
        links = re.findall(rf"{hotline.url}/in/\w+", text)
        with urlopen(links[0]) as answer:
            sign_in = answer.read().decode()
        code, seconds = hotline.stops()

    assert f"{hotline.url}/chat?gate=HN" in text
    assert "█▀▀▀▀▀▀▀█" in text
    assert "HOTLINE_TELEGRAM_TOKEN" in text
    assert len(links) == 4
    assert "<form" in sign_in
    assert (health, ready) == ({"status": "ok", "held": {}}, {"status": "ready"})
    assert "Hữu Nghị" in page
    assert code == 0
    assert seconds < 5
    assert hotline.err.read_text() == "", "nothing to tell about an ordinary start"


def test_a_second_start_gives_new_links_and_keeps_the_data(tmp_path: Path) -> None:
    with running(tmp_path) as hotline:
        hotline.prints(READY)
        first = set(re.findall(r"/in/(\w+)", hotline.text()))
        assert hotline.stops()[0] == 0
    with running(tmp_path) as hotline:
        hotline.prints(READY)
        again = set(re.findall(r"/in/(\w+)", hotline.text()))
        assert hotline.stops()[0] == 0

    assert len(first) == len(again) == 4
    assert not first & again


def test_it_ends_in_time_while_a_page_is_open(tmp_path: Path) -> None:
    with running(tmp_path) as hotline:
        hotline.prints(READY)
        browser = build_opener(HTTPCookieProcessor(CookieJar()))
        with browser.open(f"{hotline.url}/chat?gate=HN") as answer:
            chat = re.findall(r'data-chat="(\w+)"', answer.read().decode())[0]
        with browser.open(f"{hotline.url}/chat/stream?chat={chat}"):
            code, seconds = hotline.stops()

    assert code == 0
    assert seconds < 5


def test_a_taken_address_is_one_clear_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = refused(tmp_path, port=port)

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        f"Không mở được địa chỉ 127.0.0.1:{port} (đang có chương trình khác dùng): "
        "hãy đổi HOTLINE_HTTP_HOST hoặc HOTLINE_HTTP_PORT."
    ]
    assert not (tmp_path / "var" / "hotline.db").exists()


def test_a_second_process_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with Lock(tmp_path / "var" / "hotline.lock"):
        done = refused(tmp_path)

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "đang chạy trên thư mục" in done.stderr


def test_a_drill_database_is_not_run_in_real_time_nor_a_real_one_as_a_drill(tmp_path: Path) -> None:
    drill = {"HOTLINE_CLOCK_START": "2026-11-22T06:50", "HOTLINE_DATA_DIR": "drill"}
    with running(tmp_path, **drill) as hotline:
        hotline.prints(READY)
        assert hotline.stops()[0] == 0
    with running(tmp_path, HOTLINE_DATA_DIR="real") as hotline:
        hotline.prints(READY)
        assert hotline.stops()[0] == 0

    real_time = refused(tmp_path, HOTLINE_DATA_DIR="drill")
    as_drill = refused(tmp_path, **{**drill, "HOTLINE_DATA_DIR": "real"})

    assert (real_time.returncode, as_drill.returncode) == (1, 1)
    assert "thuộc một buổi diễn tập" in real_time.stderr
    assert "có dữ liệu thật" in as_drill.stderr
    assert len((real_time.stderr + as_drill.stderr).splitlines()) == 2


def test_a_bad_setting_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    done = refused(tmp_path, HOTLINE_CLOCK_SPEED="fast")

    assert done.returncode == 2
    assert done.stderr.splitlines() == ["HOTLINE_CLOCK_SPEED phải là một số."]
    assert not (tmp_path / "var").exists()
