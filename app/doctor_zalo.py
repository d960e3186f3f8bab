"""`hotline doctor` on Zalo: is the token good, does the platform push to us, do the clocks agree, how much of the plan is left?"""

from collections.abc import Iterator
from datetime import datetime

from app.clock import Clock
from app.doctor_data import Check, Level
from app.settings import Settings
from services.quota import used
from storage.database import Connection

SECONDS_APART = 60


async def zalo_checks(settings: Settings) -> list[Check]:
    """Asks the platform, when a token is set."""
    if settings.zalo_bot_token is None:
        return [Check("zalo", Level.OK, "Chưa đặt HOTLINE_ZALO_BOT_TOKEN: kênh Zalo tắt.")]
    # Only here: the library takes longer to load than most of the rest.
    from bot.zalo.client import ZaloClient, ZaloError
    from bot.zalo.webhook import PATH

    client = ZaloClient(settings.zalo_bot_token.get_secret_value(), settings.zalo_bot_base_url)
    try:
        about = await client.get_me()
        pushed_to = await client.webhook_url()
    except ZaloError as error:  # its text never holds the token
        return [Check("zalo", Level.BAD, f"Zalo không chấp nhận mã bot, hoặc không tới được ({error}).")]
    finally:
        await client.close()
    name = about.get("account_name") or about.get("id") or "?"
    return [
        Check("zalo", Level.OK, f"Zalo trả lời: {name}."),
        _webhook(settings, pushed_to, settings.url + PATH),
        *_clock(client.told_at),
    ]


def _webhook(settings: Settings, pushed_to: str, ours: str) -> Check:
    if settings.zalo_bot_mode == "poll":
        level, said = Level.WARN, "Chế độ poll chỉ để thử: tin đến lúc chương trình tắt đột ngột sẽ mất."
        return Check("zalo_webhook", level, said)
    if pushed_to != ours:
        said = (
            f"Zalo đang đẩy tin tới {pushed_to or '(chưa đặt)'}, không phải {ours}; hotline run sẽ đặt lại."
        )
        return Check("zalo_webhook", Level.BAD if pushed_to else Level.WARN, said)
    if not ours.startswith("https://"):
        return Check(
            "zalo_webhook", Level.BAD, "Zalo chỉ đẩy tin tới địa chỉ https://: xem HOTLINE_PUBLIC_URL."
        )
    return Check("zalo_webhook", Level.OK, f"Zalo đẩy tin tới {ours}, kèm mã bí mật đã đặt.")


def _clock(told_at: datetime | None) -> Iterator[Check]:
    if told_at is None:
        return
    apart = abs((Clock().now() - told_at).total_seconds())
    level = Level.WARN if apart > SECONDS_APART else Level.OK
    yield Check("zalo_clock", level, f"Đồng hồ máy và đồng hồ Zalo lệch {apart:.0f} giây.")


def zalo_quota(db: Connection, settings: Settings, now: datetime) -> Iterator[Check]:
    """What the month has used up, as far as this database knows."""
    if settings.zalo_bot_token is None:
        return
    from bot.zalo.updates import CHANNEL

    known, quota = used(db, CHANNEL, now), settings.zalo_bot_quota
    level = Level.WARN if known.is_near(quota) else Level.OK
    yield Check("zalo_quota", level, f"Tháng này đã gửi {known.sent} trong {quota} tin Zalo.")
