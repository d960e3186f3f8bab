"""Staff pages that nobody has opened for long: they are signed out, and whoever is written to there would never read it."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.remembering import forget
from storage.schema import identities, web_sessions

_UNUSED = (
    sa.select(identities.c.id)
    .join(web_sessions, web_sessions.c.chat_id == identities.c.chat_id)
    .where(
        identities.c.channel == "web",
        identities.c.reachable,
        web_sessions.c.audience == "staff",
        web_sessions.c.last_seen_at < sa.bindparam("before", type_=web_sessions.c.last_seen_at.type),
    )
)


def unused(db: Connection, before: datetime) -> list[int]:
    """The chats that still count as reachable and whose page was last opened before then."""
    return list(db.execute(_UNUSED, {"before": before}).scalars())


def leave(db: Connection, before: datetime) -> int:
    """They count as not reachable from now on; how many. Whoever signs in again has a page anew."""
    found = unused(db, before)
    if found:
        db.execute(sa.update(identities).where(identities.c.id.in_(found)).values(reachable=False))
        forget(db)
    return len(found)
