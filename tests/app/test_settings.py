"""Settings: defaults, secrets in files, and one clear sentence for a bad one."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.settings import BadSettings, Settings, load_settings, unknown_names
from core.sla_settings import DEFAULTS


def test_without_any_setting_everything_has_its_default(here: Path) -> None:
    settings = load_settings()

    assert settings.database == "sqlite+aiosqlite:///var/hotline.db"
    assert settings.url == "http://127.0.0.1:8080"
    assert settings.telegram_token is None
    assert settings.telegram_base_url == "https://api.telegram.org"
    assert (settings.telegram_mode, settings.zalo_bot_mode) == ("poll", "webhook")
    assert settings.sla == DEFAULTS
    assert not settings.is_drill


def test_the_environment_wins_over_the_env_file(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / ".env").write_text("HOTLINE_HTTP_PORT=9000\nHOTLINE_HOTLINE_PHONE=0205 3 123 456\nOTHER=1\n")
    monkeypatch.setenv("HOTLINE_HTTP_PORT", "9001")

    settings = load_settings()

    assert settings.http_port == 9001
    assert settings.contact.hotline_phone == "0205 3 123 456"
    assert settings.contact.public_url == "http://127.0.0.1:9001"


@pytest.mark.parametrize("place", ["environment", "env file"])
def test_a_secret_may_lie_in_a_file(here: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    (here / "token").write_text("123456:secret\n")
    if place == "environment":
        monkeypatch.setenv("HOTLINE_TELEGRAM_TOKEN_FILE", "token")
    else:
        (here / ".env").write_text("HOTLINE_TELEGRAM_TOKEN_FILE=token\n")

    settings = load_settings()

    assert settings.telegram_token is not None
    assert settings.telegram_token.get_secret_value() == "123456:secret"
    assert "123456" not in repr(settings)


def test_a_secret_in_two_places_is_refused(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "token").write_text("a")
    monkeypatch.setenv("HOTLINE_TELEGRAM_TOKEN", "b")
    monkeypatch.setenv("HOTLINE_TELEGRAM_TOKEN_FILE", "token")

    with pytest.raises(BadSettings, match="Chỉ đặt một trong hai"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("HTTP_PORT", "abc", "HOTLINE_HTTP_PORT phải là số nguyên."),
        ("HTTP_PORT", "70000", "HOTLINE_HTTP_PORT phải không quá 65535."),
        ("TELEGRAM_MODE", "push", "HOTLINE_TELEGRAM_MODE phải là 'poll' hoặc 'webhook'."),
        ("CLOCK_START", "hôm nay", "HOTLINE_CLOCK_START phải là ngày giờ ISO"),
        ("CLOCK_SPEED", "0", "HOTLINE_CLOCK_SPEED phải lớn hơn 0."),
        ("CLOCK_SPEED", "nan", "HOTLINE_CLOCK_SPEED phải là một số."),
        ("DATABASE_URL", "mysql://u:p@h/d", "HOTLINE_DATABASE_URL phải bắt đầu bằng"),
        ("DATABASE_URL", "sqlite+aiosqlite://", "HOTLINE_DATABASE_URL phải nêu một tệp"),
        ("PUBLIC_URL", "hotline.example", "HOTLINE_PUBLIC_URL phải là địa chỉ"),
        ("SEALED_READERS", "1,2,3", "HOTLINE_SEALED_READERS phải là tối đa hai mã số"),
        ("CODE_PREFIX", "ddls", "HOTLINE_CODE_PREFIX phải có từ 2 đến 8 chữ cái"),
        ("FILE_LIMIT_MB", "21", "HOTLINE_FILE_LIMIT_MB phải không quá 20."),
        ("LOG_FORMAT", "xml", "HOTLINE_LOG_FORMAT phải là 'console' hoặc 'json'."),
        ("TELEGRAM_TOKEN_FILE", "nowhere", "HOTLINE_TELEGRAM_TOKEN_FILE: không đọc được tệp"),
    ],
)
def test_a_bad_setting_is_one_sentence(
    here: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(f"HOTLINE_{name}", value)

    with pytest.raises(BadSettings) as refused:
        load_settings()

    assert str(refused.value).startswith(sentence)
    assert "\n" not in str(refused.value)


def test_a_webhook_needs_its_secret(here: Path) -> None:
    with pytest.raises(BadSettings, match="HOTLINE_TELEGRAM_WEBHOOK_SECRET"):
        load_settings(telegram_token="1:a", telegram_mode="webhook")

    with pytest.raises(BadSettings, match="HOTLINE_PUBLIC_URL"):
        load_settings(telegram_token="1:a", telegram_mode="webhook", telegram_webhook_secret="s-1")

    public = {"telegram_webhook_secret": "s-1", "public_url": "https://hotline.example"}
    assert load_settings(telegram_token="1:a", telegram_mode="webhook", **public).telegram_token


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"zalo_oa_app_secret": "s"}, "HOTLINE_ZALO_OA_APP_ID phải nêu"),
        ({"zalo_oa_app_id": "12a"}, "HOTLINE_ZALO_OA_APP_ID phải là dãy số"),
        ({"zalo_oa_app_id": "12", "public_url": "https://h.example"}, "HOTLINE_ZALO_OA_APP_SECRET phải có"),
        ({"zalo_oa_app_id": "12", "zalo_oa_app_secret": "s"}, "HOTLINE_PUBLIC_URL phải nêu"),
        ({"zalo_oa_oauth_url": "oauth.example"}, "HOTLINE_ZALO_OA_OAUTH_URL phải là địa chỉ"),
        ({"zalo_oa_outside_window": "sms"}, "HOTLINE_ZALO_OA_OUTSIDE_WINDOW phải là"),
    ],
)
def test_a_half_set_official_account_is_one_sentence(
    here: Path, given: dict[str, str], sentence: str
) -> None:
    with pytest.raises(BadSettings) as refused:
        load_settings(**given)

    assert str(refused.value).startswith(sentence)


ACCOUNT = {"zalo_oa_app_id": "12", "zalo_oa_app_secret": "s-1"}
ZALO_BOT = {"zalo_bot_token": "1:a", "zalo_bot_mode": "webhook", "zalo_bot_secret": "s-2345678"}


@pytest.mark.parametrize("given", [ACCOUNT, ZALO_BOT])
def test_an_address_that_no_platform_pushes_to_is_refused_at_the_start(
    here: Path, given: dict[str, str]
) -> None:
    with pytest.raises(BadSettings) as refused:
        load_settings(**given, public_url="http://gate.example")

    assert str(refused.value).startswith("HOTLINE_PUBLIC_URL phải bắt đầu bằng https://")
    for own in ("http://127.0.0.1:8080", "http://[::1]:8080", "http://localhost:8080"):
        assert load_settings(**given, public_url=own).public_url == own


def test_a_plain_address_does_where_nothing_is_pushed(here: Path) -> None:
    bot = {"zalo_bot_token": "1:a", "zalo_bot_mode": "poll"}

    assert load_settings(**bot, public_url="http://10.0.0.5").public_url == "http://10.0.0.5"


def test_the_sentence_on_a_secret_of_the_official_account_speaks_of_no_mode(here: Path) -> None:
    with pytest.raises(BadSettings) as refused:
        load_settings(zalo_oa_app_id="12", public_url="https://h.example")

    assert str(refused.value).endswith("khi nối Zalo OA.")


def test_an_official_account_starts_before_zalo_has_shown_its_secret(here: Path) -> None:
    given = {"zalo_oa_app_id": "12", "zalo_oa_app_secret": "s-1", "public_url": "https://h.example"}

    assert load_settings(**given).zalo_oa_oa_secret is None
    with pytest.raises(BadSettings, match="HOTLINE_ZALO_OA_OA_SECRET"):
        load_settings(**given, zalo_oa_oa_secret="có dấu")
    with pytest.raises(BadSettings, match="HOTLINE_ZALO_OA_TEMPLATE_ID"):
        load_settings(**given, zalo_oa_outside_window="template")
    secrets = load_settings(**given, zalo_oa_oa_secret="s-2345678", zalo_oa_refresh_token="s-3").secrets()
    assert {"s-1", "s-2345678", "s-3"} <= set(secrets)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("postgres://u:p%40w@db/hotline", "postgresql+asyncpg://u:p%40w@db/hotline"),
        ("sqlite:////data/h.db", "sqlite+aiosqlite:////data/h.db"),
    ],
)
def test_a_database_address_without_its_driver_is_understood(here: Path, given: str, meant: str) -> None:
    settings = load_settings(database_url=given)

    assert settings.database == meant
    assert "p%40w" not in repr(settings)
    assert ("p@w" in settings.secrets()) == ("p%40w" in given)


def test_the_default_database_lies_in_the_data_folder(here: Path) -> None:
    assert load_settings(data_dir="/srv/h").database == "sqlite+aiosqlite:////srv/h/hotline.db"


def test_a_clock_start_without_an_offset_is_hanoi_time(here: Path) -> None:
    assert load_settings(clock_start="2026-11-22T06:30").clock_start == datetime(
        2026, 11, 21, 23, 30, tzinfo=UTC
    )


def test_mistyped_names_are_told(here: Path) -> None:
    assert unknown_names({"HOTLINE_TELEGRAM_TOKE": "x", "HOTLINE_HTTP_PORT": "1", "HOME": "/"}) == [
        "HOTLINE_TELEGRAM_TOKE"
    ]


def test_a_changed_number_of_the_promise_names_its_decision(here: Path) -> None:
    (here / "sla.toml").write_text(
        'decision = "12/QĐ"\ncut_minutes = 90\nunclaimed_minutes = [5, 15]\nquiet_from = 22:00:00\n'
    )

    sla = load_settings(sla_file="sla.toml").sla

    assert (sla.cut_minutes, sla.unclaimed_minutes, sla.quiet_from.hour) == (90, (5, 15), 22)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("cut_minutes = 90", "chưa ghi decision"),
        ('decision = "1"\ncut = 1', "không có con số nào tên “cut”"),
        ('decision = "1"\ncut_minutes = true', "cut_minutes phải là số nguyên"),
        ('decision = "1"\nunclaimed_minutes = [5]', "unclaimed_minutes phải gồm 2 số"),
        ('decision = "1"\nquiet_from = "25:00"', "quiet_from phải là giờ"),
        ("decision =", "sai cú pháp TOML"),
    ],
)
def test_a_bad_file_of_numbers_is_one_sentence(here: Path, text: str, sentence: str) -> None:
    (here / "sla.toml").write_text(text)

    with pytest.raises(BadSettings, match=sentence) as refused:
        load_settings(sla_file="sla.toml")

    assert str(refused.value).startswith("HOTLINE_SLA_FILE: ")


def test_every_setting_of_the_design_is_known() -> None:
    named = (
        "database_url data_dir http_host http_port public_url telegram_token telegram_base_url telegram_mode"
    )
    named += " telegram_webhook_secret zalo_bot_token zalo_bot_base_url zalo_bot_mode zalo_bot_secret clock_start clock_speed"

    assert set(named.split()) <= Settings.model_fields.keys()
