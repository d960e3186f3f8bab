"""What must never be read in a log, however it got there."""

import asyncio
import io
import json
import logging
import sys

import pytest
import structlog

from app.logs import configure

TOKEN = "7123456789:AAH-x9_zQwErTyUiOpAsDfGhJkLzXcVbNm1"
COMPLAINT = "xe 12C-123.45 chờ từ sáng, gọi tôi 0912 345 678"


@pytest.fixture(params=["console", "json"])
def written(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    configure(request.param, "info", ["s3cret-webhook", "p@ss%40word"])
    return out


@pytest.mark.parametrize(
    "private",
    [
        TOKEN,
        "s3cret-webhook",
        "p@ss%40word",
        "0912 345 678",
        "+84 (0) 912.345.678",
        "12C-123.45",
        "桂F12345",
        "012085001234",
    ],
)
def test_a_private_thing_in_any_field_never_comes_out(written: io.StringIO, private: str) -> None:
    log = structlog.get_logger("test")
    log.warning(f"got {private}", field=f"see {private}!", listed=[private, {"deep": private}], id=7)

    text = written.getvalue()
    assert private not in text
    assert "id" in text


def test_words_and_keys_are_hidden_by_the_name_of_their_field(written: io.StringIO) -> None:
    structlog.get_logger().info("a message came", text="tôi bị ép tiền", key="AB7K", name="Nguyễn Văn A")

    assert "ép" not in written.getvalue()
    assert "AB7K" not in written.getvalue()
    assert "Nguyễn" not in written.getvalue()


def test_a_ticket_key_beside_its_code_is_hidden_and_the_code_is_kept(written: io.StringIO) -> None:
    structlog.get_logger().info("looked up /tracuu DDLS-261122-0007 AB7K")

    assert "DDLS-261122-0007" in written.getvalue()
    assert "AB7K" not in written.getvalue()


def test_a_link_code_is_hidden_in_a_start_command_and_in_an_address(written: io.StringIO) -> None:
    structlog.get_logger().info("x /start link_7HJKMNPQRS", where="GET /in/7HJKMNPQRS HTTP/1.1")

    assert "7HJKMNPQRS" not in written.getvalue()


def test_an_exception_tells_its_place_and_not_its_words(written: io.StringIO) -> None:
    try:
        raise ValueError(COMPLAINT)
    except ValueError:
        structlog.get_logger().exception("an errand failed")

    text = written.getvalue()
    assert "ValueError" in text
    assert "test_logs.py" in text
    assert "chờ" not in text


def test_the_causes_of_an_exception_are_told(written: io.StringIO) -> None:
    try:
        try:
            raise OSError(28, "No space left on device")
        except OSError as error:
            raise RuntimeError(COMPLAINT) from error
    except RuntimeError:
        structlog.get_logger().exception("an errand failed")

    assert "No space left on device" in written.getvalue()
    assert "chờ" not in written.getvalue()


def test_a_statement_of_the_database_is_told_without_its_values(written: io.StringIO) -> None:
    import sqlalchemy as sa

    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        try:
            connection.execute(sa.text("INSERT INTO nowhere VALUES (:words)"), {"words": "hàng hỏng"})
        except sa.exc.OperationalError:
            structlog.get_logger().exception("an errand failed")
    engine.dispose()

    assert "no such table" in written.getvalue()
    assert "hàng hỏng" not in written.getvalue()


def test_other_libraries_logs_go_the_same_way(written: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").error(
        "bad request from %s", "0912345678", extra={"phone": "0912345678"}
    )
    try:
        raise ValueError(COMPLAINT)
    except ValueError:
        logging.getLogger("telegram.ext").exception("handler said %s", TOKEN)

    text = written.getvalue()
    assert "bad request" in text
    assert "0912345678" not in text
    assert TOKEN not in text
    assert "chờ" not in text


def test_requests_of_http_clients_are_not_logged_at_all(written: io.StringIO) -> None:
    for name in ("httpx", "aiohttp.access", "uvicorn.access"):
        logging.getLogger(name).info("GET https://api.telegram.org/bot%s/getMe", TOKEN)

    assert written.getvalue() == ""


def test_a_forgotten_task_tells_no_words(written: io.StringIO) -> None:
    loop = asyncio.new_event_loop()
    loop.call_exception_handler(
        {
            "message": "Task exception was never retrieved",
            "exception": ValueError(COMPLAINT),
            "future": COMPLAINT,
        }
    )
    loop.close()

    assert "never retrieved" in written.getvalue()
    assert "chờ" not in written.getvalue()


def test_times_and_numbers_of_the_program_stay_readable(written: io.StringIO) -> None:
    structlog.get_logger().info("due 2026-11-22T06:30:00+00:00", ticket_id=1823456789012345678, ok=True)

    assert "2026-11-22T06:30:00+00:00" in written.getvalue()
    assert "1823456789012345678" in written.getvalue()


def test_json_lines_are_json(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    configure("json", "info")

    structlog.get_logger("a").info("đã chạy", port=8080)

    line = json.loads(out.getvalue())
    assert (line["event"], line["port"], line["level"]) == ("đã chạy", 8080, "info")
