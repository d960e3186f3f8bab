"""The editable data (gates, categories, units, markers, holidays): each kind is one text; every version is kept."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from core.ids import PersonId
from storage.ids import new_id
from storage.remembering import forget, remembered
from storage.schema import data_files, meta
from storage.statements import of_each

DRILL = "drill"
"""The fact that marks a database of an exercise, for ever."""


_VERSION = sa.select(sa.func.coalesce(sa.func.max(data_files.c.id), 0))
_COUNT = of_each(
    lambda insert: (
        insert(meta)
        .values(key=sa.bindparam("counted"), value="1")
        .on_conflict_do_update(
            index_elements=["key"],
            set_={"value": sa.cast(sa.cast(meta.c.value, sa.Integer) + 1, sa.String)},
        )
        .returning(meta.c.value)
    )
)
_FACT = sa.select(meta.c.value).where(meta.c.key == sa.bindparam("wanted"))


def version(db: Connection) -> int:
    """Changes whenever any of the data changes: what a cache of it is keyed by."""
    return remembered(db, "version of the data", lambda: int(db.execute(_VERSION).scalar_one()))


def texts(db: Connection) -> dict[str, str]:
    """The newest text of every kind."""
    newest = sa.select(sa.func.max(data_files.c.id)).group_by(data_files.c.kind)
    found = db.execute(sa.select(data_files.c.kind, data_files.c.text).where(data_files.c.id.in_(newest)))
    return {row.kind: row.text for row in found}


def store(db: Connection, kind: str, text: str, now: datetime, by: PersonId | None = None) -> None:
    db.execute(
        sa.insert(data_files).values(id=new_id(now), kind=kind, text=text, stored_at=now, stored_by=by)
    )
    forget(db)


def fact(db: Connection, key: str) -> str | None:
    """A remembered fact about this database (its drill mark, its identity)."""
    value: str | None = remembered(db, ("fact", key), lambda: db.execute(_FACT, {"wanted": key}).scalar())
    return value


def remember(db: Connection, key: str, value: str) -> None:
    changed = db.execute(sa.update(meta).where(meta.c.key == key).values(value=value))
    if changed.rowcount == 0:
        db.execute(sa.insert(meta).values(key=key, value=value))
    forget(db)


def count_one(db: Connection, key: str) -> int:
    """One more of `key`; how many that makes, this one included. Of those who count at the same time each gets another number."""
    number = int(db.execute(_COUNT[db.dialect.name], {"counted": key}).scalar_one())
    forget(db)
    return number
