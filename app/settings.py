"""The settings: environment variables with the prefix HOTLINE_, or a `.env` in the working folder; secrets also as `…_FILE`.

A bad setting is one clear Vietnamese sentence (BadSettings), never a list of validation errors and never the value of a secret.
"""

import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from app.addresses import database_address, is_pushed_to, web_address
from app.settings_words import sentence
from app.sla_file import BadSlaFile, read_sla
from core.calendar import TZ
from core.sla_settings import DEFAULTS, SlaSettings
from services.config import Config, Contact, Seal

PREFIX = "HOTLINE_"
ENV_FILE = ".env"
SECRETS = (
    "telegram_token",
    "telegram_webhook_secret",
    "zalo_bot_token",
    "zalo_bot_secret",
    "zalo_oa_app_secret",
    "zalo_oa_oa_secret",
    "zalo_oa_refresh_token",
    "metrics_token",
    "database_url",
)


class BadSettings(Exception):
    """The settings cannot be used; `str()` is one sentence naming the setting."""


class Settings(BaseSettings):
    """design.md "What the program answers to". Paths are relative to the working folder; empty variables count as not set."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True
    )

    data_dir: Path = Path("var")
    database_url: str = Field("", repr=False)
    http_host: str = "127.0.0.1"
    http_port: int = Field(8080, ge=0, le=65535)
    public_url: str = ""

    telegram_token: SecretStr | None = None
    telegram_base_url: str = "https://api.telegram.org"
    telegram_mode: Literal["poll", "webhook"] = "poll"
    telegram_webhook_secret: SecretStr | None = None
    zalo_bot_token: SecretStr | None = None
    zalo_bot_base_url: str = "https://bot-api.zaloplatforms.com"
    zalo_bot_mode: Literal["poll", "webhook"] = "webhook"
    zalo_bot_secret: SecretStr | None = None
    zalo_bot_quota: int = Field(3000, ge=1)
    zalo_oa_app_id: str = Field("", pattern=r"^[0-9]{0,32}$")
    zalo_oa_app_secret: SecretStr | None = None
    zalo_oa_oa_secret: SecretStr | None = None
    zalo_oa_refresh_token: SecretStr | None = None
    zalo_oa_base_url: str = "https://openapi.zalo.me"
    zalo_oa_oauth_url: str = "https://oauth.zaloapp.com"
    zalo_oa_quota: int | None = Field(None, ge=1)
    zalo_oa_outside_window: Literal["call", "billed", "template"] = "call"
    zalo_oa_template_id: str = ""

    clock_start: datetime | None = None
    clock_speed: float = Field(1.0, gt=0, le=100_000, allow_inf_nan=False)

    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    metrics_token: SecretStr | None = None

    code_prefix: str = Field("DDLS", pattern=r"^[A-Z]{2,8}$")
    board: str = Contact().board
    hotline_phone: str = ""
    reception: str = ""
    sealed_readers: Annotated[tuple[int, ...], NoDecode, Field(max_length=2)] = ()
    file_limit_mb: int = Field(20, ge=1, le=20)
    retention_days: int = Field(365, ge=30, le=3650)
    sla_file: Path | None = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, SecretFiles(settings_cls), dotenv_settings

    @field_validator("sealed_readers", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(re.split(r"[,; ]+", value.strip())) if isinstance(value, str) else value

    @field_validator("clock_start", mode="before")
    @classmethod
    def _instant(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            at = datetime.fromisoformat(value.strip())
        except ValueError:
            raise ValueError("phải là ngày giờ ISO, ví dụ 2026-11-22T06:30:00+07:00") from None
        return (at if at.tzinfo else at.replace(tzinfo=TZ)).astimezone(UTC)

    @field_validator(
        "public_url", "telegram_base_url", "zalo_bot_base_url", "zalo_oa_base_url", "zalo_oa_oauth_url"
    )
    @classmethod
    def _web_address(cls, value: str) -> str:
        return web_address(value)

    @field_validator("database_url")
    @classmethod
    def _database_address(cls, value: str) -> str:
        return database_address(value)

    @model_validator(mode="after")
    def _whole(self) -> "Settings":
        pushed = [
            (
                self.telegram_token and self.telegram_mode == "webhook",
                "HOTLINE_TELEGRAM_WEBHOOK_SECRET",
                self.telegram_webhook_secret,
                1,
            ),
            (
                self.zalo_bot_token and self.zalo_bot_mode == "webhook",
                "HOTLINE_ZALO_BOT_SECRET",
                self.zalo_bot_secret,
                8,
            ),
        ]
        for is_on, name, secret, least in pushed:
            if is_on:
                _check_secret(name, secret, least, " khi dùng chế độ webhook")
        if self.zalo_oa_app_id or any(is_on for is_on, *_ in pushed):
            self._check_public_url()
        self._check_zalo_oa()
        return self

    def _check_public_url(self) -> None:
        """Told at the start: the platform itself would only be silent."""
        if not self.public_url:
            raise BadSettings(
                "HOTLINE_PUBLIC_URL phải nêu địa chỉ công khai (https://…) khi dùng chế độ webhook."
            )
        if not is_pushed_to(self.public_url):
            raise BadSettings(
                "HOTLINE_PUBLIC_URL phải bắt đầu bằng https:// khi nối Zalo OA hoặc dùng chế độ webhook: tin chỉ đẩy tới đó."
            )

    def _check_zalo_oa(self) -> None:
        if not self.zalo_oa_app_id:
            if any((self.zalo_oa_app_secret, self.zalo_oa_oa_secret, self.zalo_oa_refresh_token)):
                raise BadSettings("HOTLINE_ZALO_OA_APP_ID phải nêu mã ứng dụng khi đã đặt khóa của Zalo OA.")
            return
        _check_secret("HOTLINE_ZALO_OA_APP_SECRET", self.zalo_oa_app_secret, 1, " khi nối Zalo OA")
        if self.zalo_oa_oa_secret:  # Zalo shows it only when the address of the webhook is entered
            _check_secret("HOTLINE_ZALO_OA_OA_SECRET", self.zalo_oa_oa_secret, 8, " khi nối Zalo OA")
        if self.zalo_oa_outside_window == "template" and not self.zalo_oa_template_id:
            raise BadSettings("HOTLINE_ZALO_OA_TEMPLATE_ID phải nêu mã mẫu tin khi dùng chế độ template.")

    @property
    def database(self) -> str:
        """The address as SQLAlchemy writes it; without a setting, the file `hotline.db` in the data folder."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'hotline.db'}"

    @property
    def url(self) -> str:
        """Where people's browsers find the program, without a slash at the end."""
        host = f"[{self.http_host}]" if ":" in self.http_host else self.http_host
        return self.public_url or f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{self.http_port}"  # noqa: S104 - compared, not bound

    @property
    def is_drill(self) -> bool:
        """A drill has its own clock, and its database stays a drill for ever."""
        return self.clock_start is not None or self.clock_speed != 1

    @property
    def contact(self) -> Contact:
        return Contact(self.board, self.hotline_phone, self.reception, self.url)

    @property
    def files(self) -> Path:
        """Where the files of people's messages lie."""
        return self.data_dir / "files"

    @property
    def key_file(self) -> Path:
        """The key of sealed texts: never inside the database or a backup."""
        return self.data_dir / "keys" / "sealed.key"

    @property
    def lock_file(self) -> Path:
        return self.data_dir / "hotline.lock"

    @cached_property
    def sla(self) -> SlaSettings:
        """The numbers of the promise. Raises BadSettings when HOTLINE_SLA_FILE cannot be used."""
        try:
            return read_sla(self.sla_file) if self.sla_file else DEFAULTS
        except BadSlaFile as bad:
            raise BadSettings(f"HOTLINE_SLA_FILE: {bad}.") from None

    def config(self, seal: Seal) -> Config:
        """What the errands are told."""
        readers = self.sealed_readers
        return Config(
            seal,
            self.data_dir / "files",
            self.sla,
            self.contact,
            self.code_prefix,
            self.file_limit_mb,
            readers,
            self.retention_days,
        )

    def secrets(self) -> tuple[str, ...]:
        """Every text that must never be read in a log."""
        kept = [getattr(self, name) for name in SECRETS if name != "database_url"]
        password = urlsplit(self.database).password
        texts = [secret.get_secret_value() for secret in kept if secret]
        return (*texts, *((password, unquote(password)) if password else ()))


class SecretFiles(PydanticBaseSettingsSource):
    """HOTLINE_TELEGRAM_TOKEN_FILE and its like: the first line of that file is the secret."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        name = f"{PREFIX}{field_name.upper()}"
        given = {**dotenv_values(ENV_FILE), **os.environ}
        path = given.get(f"{name}_FILE")
        if not path:
            return None, field_name, False
        if given.get(name):
            raise BadSettings(f"Chỉ đặt một trong hai: {name} hoặc {name}_FILE.")
        return _read_secret(f"{name}_FILE", Path(path)), field_name, False

    def __call__(self) -> dict[str, Any]:
        fields = self.settings_cls.model_fields
        found = {name: self.get_field_value(fields[name], name)[0] for name in SECRETS}
        return {name: value for name, value in found.items() if value}


def load_settings(**given: Any) -> Settings:
    """The settings as they stand; `given` wins over the environment. Raises BadSettings."""
    try:
        settings = Settings(_env_file=ENV_FILE, **given)
    except ValidationError as error:
        raise BadSettings(sentence(PREFIX, error.errors()[0])) from None
    except UnicodeDecodeError:
        raise BadSettings(f"Tệp {ENV_FILE} phải viết bằng UTF-8.") from None
    _ = settings.sla
    return settings


def unknown_names(environment: Mapping[str, str] | None = None) -> list[str]:
    """HOTLINE_ names that no setting has: most likely mistyped; `hotline doctor` tells of them."""
    given = {**dotenv_values(ENV_FILE), **(environment if environment is not None else os.environ)}
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    known |= {f"{PREFIX}{name.upper()}_FILE" for name in SECRETS}
    return sorted(name for name in given if name.startswith(PREFIX) and name not in known)


def _check_secret(name: str, secret: SecretStr | None, least: int, when: str) -> None:
    value = secret.get_secret_value() if secret else ""
    if not re.fullmatch(rf"[A-Za-z0-9_-]{{{least},256}}", value):
        raise BadSettings(f"{name} phải có từ {least} đến 256 ký tự A–Z, a–z, 0–9, _ hoặc -{when}.")


def _read_secret(name: str, path: Path) -> str:
    try:
        value = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise BadSettings(f"{name}: không đọc được tệp {path}.") from None
    if not value or "\n" in value:
        raise BadSettings(f"{name}: tệp {path} phải có đúng một dòng.")
    return value
