"""`hotline doctor` on the Zalo Official Account: is its token alive, are events pushed, do the secrets look right, what is left?

A look never exchanges the token: that is done once, by a running program (bot/zalo_oa/tokens.py).
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.cli_words import hanoi
from app.clock import Clock
from app.doctor_data import Check, Level
from app.lock import is_held
from app.sealing import FileSeal
from app.settings import Settings
from core.calendar import TZ
from services.quota import NEAR, used
from storage import survey, tokens
from storage.database import Connection
from storage.reading import DATABASE_TROUBLE, NotReady, look
from storage.tokens import StoredPair

SECONDS_APART = 60
SHORTEST_SECRET = 12
"""Characters: what is shorter was put there for the time being."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the database knows of the account: its tokens, when the last event came, messages of this month."""

    stored: StoredPair | None
    heard_at: datetime | None
    sent: int
    billed: int


async def zalo_oa_checks(settings: Settings) -> list[Check]:
    """Asks the database and the platform, when an app is set."""
    if not settings.zalo_oa_app_id:
        return [Check("zalo_oa", Level.OK, "Chưa đặt HOTLINE_ZALO_OA_APP_ID: kênh Zalo OA tắt.")]
    now = Clock().now()
    try:
        kept = await look(settings.database, lambda db: _kept(db, settings, now))
    except (*DATABASE_TROUBLE, NotReady, OSError):  # told by its own line
        kept = _Kept(None, None, 0, 0)
    return [
        *await _account(settings, kept, now),
        _webhook(settings, kept.heard_at),
        _secret(settings, heard=kept.heard_at is not None),
    ]


def _kept(db: Connection, settings: Settings, now: datetime) -> _Kept:
    # Only here: the libraries of a channel take longer to load than most of the rest.
    from bot.zalo_oa.tokens import row_name
    from bot.zalo_oa.updates import CHANNEL

    spent = used(db, CHANNEL, now)
    stored = tokens.pair(db, row_name(settings.zalo_oa_app_id))
    return _Kept(stored, survey.newest_update(db, CHANNEL), spent.sent, spent.billed)


async def _account(settings: Settings, kept: _Kept, now: datetime) -> list[Check]:
    from bot.zalo_oa.client import OaClient, OaError
    from bot.zalo_oa.tokens import opened

    stored = kept.stored
    pair = opened(FileSeal(settings.key_file), stored) if stored else None
    if stored is None or pair is None or now >= pair.access_until:
        return [_without_token(settings, stored, pair is not None), *_quota(settings, kept, {})]
    client = OaClient(_Shown(pair.access), settings.zalo_oa_base_url)
    quota: Mapping[str, Any] = {}
    try:
        about = await client.about()
        with suppress(OaError):  # a permission of its own
            quota = await client.quota()
    except OaError as error:  # its text never holds a token
        said = f"Zalo OA không chấp nhận mã truy cập, hoặc không tới được ({error})."
        return [Check("zalo_oa", Level.BAD, said), *_quota(settings, kept, {})]
    finally:
        await client.close()
    return [
        _token(settings, stored, str(about.get("name") or "?")),
        *_clock(client.told_at),
        *_quota(settings, kept, quota),
    ]


class _Shown:
    """The stored token as it is: whatever is said of it, nothing is exchanged here."""

    def __init__(self, access: str) -> None:
        self._access = access

    async def access(self) -> str:
        return self._access

    async def refused(self, token: str) -> None:
        return


def _without_token(settings: Settings, stored: StoredPair | None, readable: bool) -> Check:
    running, seed = is_held(settings.lock_file), settings.zalo_oa_refresh_token
    if stored is not None and not readable:
        said = "Khóa niêm phong không mở được mã Zalo OA đã lưu: cần đặt HOTLINE_ZALO_OA_REFRESH_TOKEN mới."
        return Check("zalo_oa", Level.BAD, said)
    if stored is not None:
        said = f"Mã truy cập Zalo OA hết hạn lúc {hanoi(stored.access_until)}; hotline run tự đổi khi chạy."
        return Check("zalo_oa", Level.BAD if running else Level.WARN, said)
    if seed is None:
        return Check("zalo_oa", Level.BAD, "Chưa có mã Zalo OA: cần đặt HOTLINE_ZALO_OA_REFRESH_TOKEN.")
    if running:
        said = (
            "hotline run đang chạy mà chưa đổi được mã Zalo OA: xem zalo_oa_token_refused trong nhật ký. Kiểm tra "
            "HOTLINE_ZALO_OA_APP_ID và HOTLINE_ZALO_OA_APP_SECRET trước; nếu đúng thì mã làm mới đã dùng hoặc hết hạn."
        )
        return Check("zalo_oa", Level.BAD, said)
    said = "Chưa đổi được mã Zalo OA lần nào: hotline run sẽ dùng HOTLINE_ZALO_OA_REFRESH_TOKEN, một lần."
    return Check("zalo_oa", Level.WARN, said)


def _token(settings: Settings, stored: StoredPair, name: str) -> Check:
    from bot.zalo_oa.tokens import digest

    told = (
        f"Zalo trả lời: {name}. Mã đổi lúc {hanoi(stored.refreshed_at)}, dùng được đến {hanoi(stored.access_until)}, "
        f"đổi tiếp được đến {stored.refresh_until.astimezone(TZ):%d/%m/%Y}."
    )
    seed = settings.zalo_oa_refresh_token
    if seed is not None and digest(seed.get_secret_value()) not in stored.seeds:
        return Check("zalo_oa", Level.WARN, f"{told} Mã mới đặt chưa được dùng: hãy chạy lại hotline run.")
    return Check("zalo_oa", Level.OK, told)


def _clock(told_at: datetime | None) -> Iterator[Check]:
    if told_at is None:
        return
    apart = abs((Clock().now() - told_at).total_seconds())
    level = Level.WARN if apart > SECONDS_APART else Level.OK
    yield Check("zalo_oa_clock", level, f"Đồng hồ máy và đồng hồ Zalo lệch {apart:.0f} giây.")


def _quota(settings: Settings, kept: _Kept, told: Mapping[str, Any]) -> Iterator[Check]:
    """Zalo's own count where it tells one, else ours against the setting."""
    quota, free = settings.zalo_oa_quota, kept.sent - kept.billed
    said = f"Tháng này đã gửi {kept.sent} tin Zalo OA, trong đó {kept.billed} tin tính phí."
    if quota is None:  # services/quota.py counts what has a limit
        said = f"Tháng này {kept.billed} tin Zalo OA tính phí; tin miễn phí chỉ đếm khi đặt HOTLINE_ZALO_OA_QUOTA."
    near = quota is not None and free >= quota * NEAR
    if told.get("total"):
        said += f" Zalo cho biết gói còn {told.get('remain', 0)} trong {told['total']} tin."
        near |= told["total"] - told.get("remain", 0) >= told["total"] * NEAR
    yield Check("zalo_oa_quota", Level.WARN if near else Level.OK, said)


def _webhook(settings: Settings, heard_at: datetime | None) -> Check:
    from bot.zalo_oa.webhook import PATH

    ours = settings.url + PATH
    if not ours.startswith("https://"):
        said = "Zalo chỉ đẩy tin tới địa chỉ https://: xem HOTLINE_PUBLIC_URL."
        return Check("zalo_oa_webhook", Level.BAD, said)
    if heard_at is None:
        said = f"Chưa nhận được tin nào từ Zalo OA: hãy nhập {ours} ở trang Webhook của ứng dụng và bật các sự kiện."
        return Check("zalo_oa_webhook", Level.WARN, said)
    return Check("zalo_oa_webhook", Level.OK, f"Địa chỉ nhận tin: {ours}; tin cuối lúc {hanoi(heard_at)}.")


def _secret(settings: Settings, heard: bool) -> Check:
    account, app = settings.zalo_oa_oa_secret, settings.zalo_oa_app_secret
    secret = account.get_secret_value() if account else ""
    if not secret:
        said = (
            "Chưa đặt HOTLINE_ZALO_OA_OA_SECRET: mọi tin đến từ Zalo OA bị bỏ qua. Khóa hiện ở trang Webhook."
        )
        return Check("zalo_oa_secret", Level.WARN, said)
    if app is not None and secret == app.get_secret_value():
        said = "HOTLINE_ZALO_OA_OA_SECRET trùng với khóa của ứng dụng: đó là hai khóa khác nhau."
        return Check("zalo_oa_secret", Level.BAD, said)
    if len(secret) < SHORTEST_SECRET:
        said = "HOTLINE_ZALO_OA_OA_SECRET ngắn bất thường: có phải giá trị đặt tạm không?"
        return Check("zalo_oa_secret", Level.WARN, said)
    return Check("zalo_oa_secret", Level.OK, "Khóa kiểm tra chữ ký tin đến đã đặt, khác khóa của ứng dụng.")
