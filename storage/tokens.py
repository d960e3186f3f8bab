"""A platform's access that is exchanged for the next with every use. Sealed: who has the database has no token."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.schema import tokens


@dataclass(frozen=True, slots=True)
class StoredPair:
    """`version` counts the exchanges; `seeds` are digests of the first tokens that people have set, each of which works once."""

    version: int
    sealed_pair: bytes
    seeds: Sequence[str]
    refreshed_at: datetime
    access_until: datetime
    refresh_until: datetime


_COLUMNS = [tokens.c[name] for name in StoredPair.__dataclass_fields__]


def pair(db: Connection, name: str) -> StoredPair | None:
    """What is stored under `name`; None before the first exchange."""
    row = db.execute(sa.select(*_COLUMNS).where(tokens.c.name == name)).one_or_none()
    return None if row is None else StoredPair(**row._mapping)


def store(db: Connection, name: str, fresh: StoredPair) -> bool:
    """Puts `fresh` in the place of the version before it. False when that is not what stands there: somebody else was faster."""
    values = {column: getattr(fresh, column) for column in StoredPair.__dataclass_fields__}
    if fresh.version > 1:
        before = sa.and_(tokens.c.name == name, tokens.c.version == fresh.version - 1)
        return db.execute(sa.update(tokens).where(before).values(**values)).rowcount == 1
    if pair(db, name) is not None:
        return False
    db.execute(sa.insert(tokens).values(name=name, **values))
    return True
