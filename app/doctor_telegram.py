"""`hotline doctor` on Telegram: is the token good, who gets the bot's updates, do the clocks agree?"""

import asyncio
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from app.clock import Clock
from app.doctor_data import Check, Level
from app.settings import Settings

SECONDS_APART = 60
PATIENCE = 15.0
"""Seconds for one question."""


async def telegram_checks(settings: Settings) -> list[Check]:
    """Asks the platform, when a token is set."""
    if settings.telegram_token is None:
        return [Check("telegram", Level.OK, "Chưa đặt HOTLINE_TELEGRAM_TOKEN: kênh Telegram tắt.")]
    # Only here: the library takes longer to load than most of the rest.
    from bot.telegram.app import make_bot, told_at
    from bot.telegram.webhook import PATH

    bot = make_bot(settings.telegram_token.get_secret_value(), settings.telegram_base_url)
    try:
        me = await asyncio.wait_for(bot.get_me(), PATIENCE)
        hook = await asyncio.wait_for(bot.get_webhook_info(), PATIENCE)
    except Exception as error:  # whatever Telegram or the network answers, only its kind is told
        said = f"Telegram không chấp nhận mã bot, hoặc không tới được ({type(error).__name__})."
        return [Check("telegram", Level.BAD, said)]
    finally:
        await bot.shutdown()
    return [
        Check("telegram", Level.OK, f"Telegram trả lời: @{me.username or ''}."),
        _webhook(settings, hook.url, settings.url + PATH, hook.last_error_message),
        *_clock(told_at(bot)),
    ]


def _webhook(settings: Settings, pushed_to: str, ours: str, trouble: str | None) -> Check:
    name = "telegram_webhook"
    if settings.telegram_mode == "poll":
        if pushed_to:
            said = f"Telegram đang đẩy tin tới {pushed_to}: có chương trình khác dùng mã bot này? hotline run sẽ gỡ."
            return Check(name, Level.WARN, said)
        return Check(name, Level.OK, "Chế độ poll: chương trình tự hỏi Telegram, không có webhook nào.")
    if pushed_to != ours:
        level = Level.BAD if pushed_to else Level.WARN
        told = f"Telegram đang đẩy tin tới {pushed_to or '(chưa đặt)'}, không phải {ours}; hotline run sẽ đặt lại."
        return Check(name, level, told)
    if trouble:
        return Check(name, Level.WARN, f"Lần đẩy tin gần nhất tới {ours} không được: {trouble[:200]}.")
    return Check(name, Level.OK, f"Telegram đẩy tin tới {ours}, kèm mã bí mật đã đặt.")


def _clock(date: str) -> Iterator[Check]:
    try:
        at = parsedate_to_datetime(date)
    except ValueError:
        return
    apart = abs((Clock().now() - at).total_seconds())
    level = Level.WARN if apart > SECONDS_APART else Level.OK
    yield Check("telegram_clock", level, f"Đồng hồ máy và đồng hồ Telegram lệch {apart:.0f} giây.")
