"""A waiting notice made ready to be sent: its chat and all that its words need, read at the last moment: no card is stale."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from core.notices import NoticeKind
from services import evidence, plan_facts, plan_papers, rerouting
from services.config import PUBLIC, Config
from services.sender import Delivery, Document
from services.views import facts
from storage import messages, outbox, people
from storage.database import Connection
from storage.outbox import Row


def ready(db: Connection, cfg: Config, row: Row, now: datetime) -> Delivery | None:
    """The row with all that its words need; None when it says nothing any more (its chat is gone)."""
    chat = people.identity_by_id(db, row.identity_id)
    if chat is None or plan_facts.has_nothing_to_say(db, row):
        return None
    person = people.person(db, chat.person_id) if chat.person_id else None
    if not plan_facts.may_still_read(db, row, person):
        row = replace(row, kind=NoticeKind.REFUSED, data={"refused": "no_longer_allowed"})
    edits = _replaced(db, row)
    return Delivery(
        outbox_id=row.id,
        channel=row.channel,
        bot=row.bot,
        chat_id=chat.chat_id,
        chat_kind=chat.kind,
        language=person.language if person else "vi",
        kind=row.kind,
        facts=facts(db, cfg, row, chat, now),
        now=now,
        heard_at=chat.last_seen_at,
        edits=edits,
        topic=chat.topic,
        part=row.part,
        quiet=rerouting.is_copy(row),
        files=_pictures(db, cfg, row),
        document=_document(db, cfg, row, now),
    )


def _replaced(db: Connection, row: Row) -> str | None:
    """The message that the notice takes the place of: the newest card, or the reminder that it names."""
    if row.kind == NoticeKind.CARD:
        return None if row.data.get("fresh") else outbox.card_message(db, row)
    edits: str | None = row.data.get("edits")
    return edits


def _pictures(db: Connection, cfg: Config, row: Row) -> tuple[Path, ...]:
    """The public copy that a PHOTO notice shows."""
    wanted = row.data.get("attachment_id")
    file = messages.attachment(db, wanted) if wanted else None
    return (cfg.files / PUBLIC / f"{file.public_sha256}.jpg",) if file and file.public_sha256 else ()


def _document(db: Connection, cfg: Config, row: Row, now: datetime) -> Document | None:
    if row.kind == NoticeKind.PLAN_PAPER:
        return plan_papers.document_of(db, cfg, row.data, now)
    if row.kind != NoticeKind.TASK_FILE:
        return None
    file = messages.attachment(db, row.data["attachment_id"])
    return evidence.document_of(cfg, file) if file else None
