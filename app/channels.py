"""The channels, wired: one function and one line of KINDS for each."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from fastapi import APIRouter
from pydantic import SecretStr

from app.clock import Clock
from app.settings import Settings
from bot.cards import render
from bot.ears import Ears
from bot.inbound import Parse, Press, RawUpdate
from bot.pictures import Pictures
from bot.telegram import updates as telegram_updates
from bot.telegram.app import TelegramApp, TelegramSettings, answer_callback, command_words
from bot.telegram.sender import TELEGRAM, TelegramSender
from bot.texts import language_of, say
from bot.web import updates as web_updates
from bot.web.app import web_routes
from bot.web.feed import Feed
from bot.web.files import INCOMING, path_of
from bot.web.sender import WebSender
from bot.web.settings import CHANNEL as WEB
from bot.web.settings import GateName, WebSettings
from bot.web.tidying import tidy_file
from bot.worker import Answered
from bot.zalo import updates as zalo_updates
from bot.zalo.app import ZaloApp, ZaloSettings
from bot.zalo.sender import ZALO, ZaloSender
from bot.zalo_oa import updates as zalo_oa_updates
from bot.zalo_oa.app import OaApp
from bot.zalo_oa.client import OaClient
from bot.zalo_oa.exchange import Exchange, OaAccount
from bot.zalo_oa.sender import ZALO_OA, OaSender, OutsideWindow
from bot.zalo_oa.tokens import Tokens
from bot.zalo_oa.webhook import Signing
from core.errors import Refused
from core.notices import NoticeKind
from services.attachments import Fetch, Files, Tidy
from services.config import Config
from services.reference import reference
from services.sender import ChannelFacts, Delivery, Sender
from storage import inbox
from storage.database import Connection, Database


@dataclass(frozen=True, slots=True)
class Parts:
    """What channels are made of. `facts` stand for a channel's own of the same name; `pictures` need a public address."""

    settings: Settings
    db: Database
    cfg: Config
    clock: Clock
    feed: Feed
    files: Files
    pictures: Pictures | None = None
    facts: Sequence[ChannelFacts] = ()

    def facts_of(self, own: ChannelFacts) -> ChannelFacts:
        return next((given for given in self.facts if given.name == own.name), own)

    def picture_url(self, picture: Path) -> str | None:
        """Where a platform can fetch `picture` for some minutes; None when nowhere."""
        return self.pictures.address(picture) if self.pictures else None

    async def store(self, batch: Sequence[RawUpdate]) -> None:
        """Keeps a batch of raw updates; returns after the commit."""

        def errand(db: Connection) -> None:
            for raw in batch:
                now = self.clock.now()
                inbox.store(db, raw.channel, raw.bot, raw.update_id, raw.chat_id, raw.raw, now)

        await self.db.write(errand, soon=("inbox",))


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel that runs. Without `ears` it is all our own: everybody writes into it, and no line to a bot must be held.

    `routers` are what it serves besides the door of its ears; `answered` is told that a press was handled. `forgets`: the
    platform drops what nobody has fetched for a day (services/listening.py).
    """

    name: str
    sender: Sender
    fetch: Fetch
    ears: Ears | None = None
    routers: tuple[APIRouter, ...] = ()
    answered: Answered | None = None
    tidy: Tidy | None = None
    forgets: bool = False

    @property
    def doors(self) -> Sequence[APIRouter]:
        pushed = self.ears.router() if self.ears is not None else None
        return self.routers if pushed is None else (*self.routers, pushed)


@dataclass(frozen=True, slots=True)
class Kind:
    """A channel that the program knows. `opened` answers None when its settings are not there.

    A platform's stamps are of the real day, also in a drill; `tells_our_time`: a channel of our own stamps by our clock.
    """

    name: str
    parse: Parse
    opened: Callable[[Parts], Channel | None]
    tells_our_time: bool = False


def channels_of(parts: Parts) -> Mapping[str, Channel]:
    """By name: the channels whose settings are there."""
    opened = [kind.opened(parts) for kind in KINDS]
    return {channel.name: channel for channel in opened if channel is not None}


def parsers() -> Mapping[str, Parse]:
    """Of all kinds, also without a token: what was received before it was taken away is waiting in the inbox."""
    return {kind.name: kind.parse for kind in KINDS}


def platform_times(clock: Clock) -> Mapping[str, Callable[[datetime], datetime]]:
    return {kind.name: clock.from_platform for kind in KINDS if not kind.tells_our_time}


def text_of(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def web(parts: Parts) -> Channel:
    """Our own pages: always there."""
    settings, db, clock = parts.settings, parts.db, parts.clock
    wanted = WebSettings(
        settings.data_dir,
        settings.public_url,
        settings.hotline_phone,
        file_limit=settings.file_limit_mb * 1024 * 1024,
    )
    return Channel(
        WEB,
        WebSender(db, render, settings.data_dir),
        partial(_web_file, settings, parts.files),
        routers=(web_routes(db, parts.feed, wanted, partial(_gate_names, db), clock.now),),
        tidy=partial(tidy_file, db, settings.data_dir, clock.now),
    )


def telegram(parts: Parts) -> Channel | None:
    settings = parts.settings
    if settings.telegram_token is None:
        return None
    wanted = TelegramSettings(
        text_of(settings.telegram_token),
        settings.telegram_base_url,
        settings.telegram_mode,
        settings.url,
        text_of(settings.telegram_webhook_secret),
    )
    ears = TelegramApp(wanted, parts.store, commands=command_words(say))
    sender = TelegramSender(ears.bot, parts.facts_of(TELEGRAM), render)
    return Channel(
        ears.channel, sender, sender.fetch_file, ears, answered=partial(_stop_spinner, ears), forgets=True
    )


def zalo_bot(parts: Parts) -> Channel | None:
    settings = parts.settings
    if settings.zalo_bot_token is None:
        return None
    wanted = ZaloSettings(
        text_of(settings.zalo_bot_token),
        settings.zalo_bot_base_url,
        settings.zalo_bot_mode,
        settings.url,
        text_of(settings.zalo_bot_secret),
    )
    ears = ZaloApp(wanted, parts.store)
    facts = replace(parts.facts_of(ZALO), monthly_quota=settings.zalo_bot_quota)
    sender = ZaloSender(parts.db, ears.client, facts, render, parts.picture_url)
    return Channel(ears.channel, sender, sender.fetch_file, ears)


def zalo_oa(parts: Parts) -> Channel | None:
    settings = parts.settings
    if not settings.zalo_oa_app_id:
        return None
    account = OaAccount(
        settings.zalo_oa_app_id,
        text_of(settings.zalo_oa_app_secret),
        text_of(settings.zalo_oa_refresh_token),
        settings.zalo_oa_oauth_url,
    )
    wall = Clock().now
    tokens = Tokens(parts.db, parts.cfg.seal, account, Exchange(wall), parts.clock.now, wall)
    client = OaClient(tokens, settings.zalo_oa_base_url)
    signing = Signing(account.app_id, text_of(settings.zalo_oa_oa_secret))
    ears = OaApp(client, signing, parts.store, tokens.close)
    outside = OutsideWindow(settings.zalo_oa_outside_window, settings.zalo_oa_template_id)
    facts = replace(parts.facts_of(ZALO_OA), monthly_quota=settings.zalo_oa_quota)
    sender = OaSender(parts.db, client, facts, render, parts.picture_url, outside=outside)
    return Channel(ears.channel, sender, sender.fetch_file, ears)


KINDS = (
    Kind(WEB, web_updates.parse, web, tells_our_time=True),
    Kind(telegram_updates.CHANNEL, telegram_updates.parse, telegram),
    Kind(zalo_updates.CHANNEL, zalo_updates.parse, zalo_bot),
    Kind(zalo_oa_updates.CHANNEL, zalo_oa_updates.parse, zalo_oa),
)


async def _gate_names(db: Database) -> Sequence[GateName]:
    gates = await db.read(lambda connection: list(reference(connection).gates.values()))
    return [GateName(gate.code, gate.name, zh=gate.zh or "") for gate in gates]


async def _web_file(settings: Settings, files: Files, sha256: str) -> bytes:
    """A file that a browser sent: it is here already, sealed if it came before. Raises Refused("file_gone")."""
    path = path_of(settings.data_dir, INCOMING, sha256)
    try:
        return await asyncio.to_thread(path.read_bytes if path.exists() else partial(files.original, sha256))
    except FileNotFoundError:
        raise Refused("file_gone") from None


async def _stop_spinner(ears: TelegramApp, press: Press, refusal: Refused | None) -> None:
    """Stops the button's spinner. In a group, where nobody is answered aloud, it also says why not."""
    if press.callback_id is None:
        return
    text = None
    if refusal is not None and press.origin.chat_kind == "group":
        text = _refusal_in_words(press, refusal)
    await answer_callback(ears.bot, press.callback_id, text)


def _refusal_in_words(press: Press, refusal: Refused) -> str:
    origin = press.origin
    facts = {**refusal.data, "refused": refusal.code}
    told = Delivery(
        0,
        origin.channel,
        origin.bot,
        origin.chat_id,
        "private",
        language_of(origin.language),
        NoticeKind.REFUSED,
        facts,
        Clock().now(),
    )
    return render(told, TELEGRAM)[0].text
