"""Calendars that a telephone subscribes to: who gets which address, and what stands in the calendar behind it."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core import access
from core.calendar import TZ
from core.errors import Refused
from core.feeds import Dated, FeedScope, Occasion, concerns, occasions, scopes_of
from core.people import Person
from services import reminding
from services.config import Config
from services.plan_review import unit_name, units_name
from services.reference import reference
from storage import feeds, people, plans
from storage.database import Connection

SECRET_BYTES = 16  # 128 bits


@dataclass(frozen=True, slots=True)
class Calendar:
    """What one address answers. `unit` names the reader's unit; `units` and `documents` what the occasions point at."""

    scope: FeedScope
    unit: str
    occasions: tuple[Occasion, ...]
    units: Mapping[int, str]  # task id → names
    documents: Mapping[int, str]  # document id → number or title


def offered(db: Connection, person: Person) -> list[dict[str, object]]:
    """The calendars that this person may follow, and since when there is an address of each. Raises `not_allowed`."""
    scopes, known = scopes_of(person), feeds.of_person(db, person.id)
    if not scopes:
        raise Refused("not_allowed")
    since = {scope: known.get(scope) for scope in scopes}
    return [{"scope": str(scope), "since": at.isoformat() if at else None} for scope, at in since.items()]


def new_address(db: Connection, cfg: Config, person: Person, scope: str, now: datetime) -> str:
    """Makes a secret, in the place of the one before; sealed, as a notice may carry it. Raises `not_allowed`."""
    chosen = _allowed(person, scope)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    feeds.put(db, person.id, chosen, digest_of(secret), now)
    return base64.b64encode(cfg.seal.close(secret)).decode()


def stop(db: Connection, person: Person, scope: str) -> None:
    """The address answers no more. Raises `not_allowed`, `no_calendar`."""
    if not feeds.drop(db, person.id, _allowed(person, scope)):
        raise Refused("no_calendar")


def address(cfg: Config, sealed: str) -> str:
    """The whole address, when its notice is put into words."""
    return f"{cfg.contact.public_url}/lich/{cfg.seal.open(base64.b64decode(sealed))}.ics"


def calendar(db: Connection, secret: str, now: datetime) -> Calendar | None:
    """The calendar behind a secret; None when there is none, or when its owner may not follow it any more."""
    wanted = digest_of(secret)
    known = feeds.by_digest(db, wanted)
    if known is None or not hmac.compare_digest(known.digest, wanted):
        return None
    person, scope = people.person(db, known.person_id), FeedScope(known.scope)
    if person is None or scope not in scopes_of(person):
        return None
    return _calendar(db, person, scope, now)


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _calendar(db: Connection, person: Person, scope: FeedScope, now: datetime) -> Calendar:
    ref = reference(db)
    dated = [Dated(*row) for row in plans.with_changes(db) if concerns(person, scope, row[0])]
    documents = {one.task.document_id for one in dated}
    settings = {document: reminding.settings_of(db, document) for document in documents}
    shown = occasions(dated, settings, ref.office(), now.astimezone(TZ).date())
    return Calendar(
        scope,
        "" if scope is FeedScope.ALL else unit_name(ref, _unit(person)),
        shown,
        {one.task.id: units_name(ref, one.task) for one in shown},
        {document: number or title for document, (number, title) in plans.titles(db, documents).items()},
    )


def _unit(person: Person) -> str | None:
    return person.unit or next(
        (unit for unit, role in access.UNIT_ROLES.items() if role is person.role), None
    )


def _allowed(person: Person, scope: str) -> FeedScope:
    found = next((one for one in scopes_of(person) if one == scope), None)
    if found is None:
        raise Refused("not_allowed")
    return found
