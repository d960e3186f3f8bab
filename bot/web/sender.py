"""The web chat's mouth: a notice becomes a row of the feed, and every open page of that chat draws it."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from bot.outgoing import Button, Outgoing
from bot.web.files import OUTGOING, photo_mime, save_file
from bot.web.sessions import outdated
from bot.web.settings import CHANNEL
from services.sender import ChannelFacts, Delivery, GiveUp, Sent, TryAgain, Verdict
from storage import web_feed
from storage.database import Database

Render = Callable[[Delivery, ChannelFacts], tuple[Outgoing, ...]]


class WebSender:
    """Implements services.sender.Sender. Nothing leaves the house here, so the rates are only what one database likes."""

    facts = ChannelFacts(
        CHANNEL,
        text_limit=100_000,
        measure="chars",
        per_second=2000,
        per_chat_second=500,
        per_group_minute=600,
        mirrors=True,
    )

    def __init__(self, db: Database, render: Render, data_dir: Path) -> None:
        self._db = db
        self._render = render
        self._data_dir = data_dir

    async def send(self, delivery: Delivery) -> Verdict:
        """Sent(row id); GiveUp when nobody can open that page any more or the text is empty; TryAgain when the disk refuses."""
        parts = self._render(delivery, self.facts)
        if delivery.part >= len(parts):
            return GiveUp("nothing to show")
        part = parts[delivery.part]
        try:
            body = _body(part, await asyncio.to_thread(_kept_files, self._data_dir, part))
        except OSError as error:
            return TryAgain(reason=type(error).__name__)
        bubble = await self._db.write(partial(_shown_as, delivery=delivery, body=body))
        if bubble is None:
            return GiveUp("the page was signed out or not used for too long", unreachable=True)
        return Sent(bubble, more=delivery.part + 1 < len(parts))


def _shown_as(db: Any, delivery: Delivery, body: Mapping[str, Any]) -> str | None:
    """The id of the bubble that says it now; None when the page is nobody's any more."""
    now: datetime = delivery.now
    reader = web_feed.session_of(db, delivery.chat_id)
    if reader is None or outdated(reader, now):
        return None
    if delivery.edits and delivery.edits.isdecimal() and delivery.part == 0:
        changed = web_feed.edit(db, delivery.chat_id, int(delivery.edits), body, now)
        if changed or delivery.facts.get("only_edits"):
            return delivery.edits
    source = f"{delivery.outbox_id}:{delivery.part}"
    row = web_feed.append_once(db, delivery.chat_id, source, body, now)
    return str(row.id) if row is not None else None


def _body(part: Outgoing, files: list[dict[str, Any]]) -> dict[str, Any]:
    buttons = [[_button(button) for button in row] for row in part.buttons]
    return {"kind": "notice", "text": part.text, "buttons": buttons, "files": files}


def _button(button: Button) -> dict[str, str]:
    return {"label": button.label, "payload": button.payload, "url": button.url}


def _kept_files(data_dir: Path, part: Outgoing) -> list[dict[str, Any]]:
    photo = [_kept(data_dir, part.photo.name, part.photo.read_bytes())] if part.photo else []
    document = [_kept(data_dir, part.document.name, part.document.read())] if part.document else []
    return photo + document


def _kept(data_dir: Path, name: str, content: bytes) -> dict[str, Any]:
    mime = photo_mime(content[:16])
    kept = {"sha256": save_file(data_dir, content, OUTGOING), "name": name, "size": len(content)}
    shown = {"kind": "photo" if mime else "document", "mime": mime or "application/octet-stream"}
    return {**kept, **shown, "place": OUTGOING}
