"""Chờ cơ quan khác, step by step: which agency, by when, who approved – kept as a draft until all three are there."""

from datetime import date, datetime, timedelta

from core import access
from core.errors import Refused
from core.ids import IdentityId, PersonId, TicketId
from core.notices import NoticeKind
from core.people import Person, Role
from core.ticket import Ticket
from services import casework, passing, telling
from services.casework import Act
from services.config import Config
from services.reference import TZ, reference
from storage import people, tickets
from storage.database import Connection

PATIENCE = timedelta(minutes=30)
DAYS_OFFERED = 4


def start(db: Connection, act: Act, chat: IdentityId, now: datetime) -> None:
    """Asks for the agency: those of the editable unit list, or any typed name. Raises as every errand of the holder."""
    _check(db, act)
    outside = [unit for unit in reference(db).units.values() if unit.kind == "agency"]
    options = [{"code": unit.code, "name": unit.name} for unit in outside]
    people.set_draft(db, chat, "agency", act.ticket_id, now + PATIENCE)
    telling.tell_chat(
        db, chat, NoticeKind.AGENCY_MENU, now, TicketId(act.ticket_id), step="agency", options=options
    )


def choose_agency(db: Connection, act: Act, chat: IdentityId, code: str, now: datetime) -> None:
    unit = reference(db).units.get(code)
    if unit is None:
        raise Refused("unknown_button")
    name_agency(db, act, chat, unit.name, now)


def name_agency(db: Connection, act: Act, chat: IdentityId, agency: str, now: datetime) -> None:
    """The agency is known; now the day: the next service days of the gate, or a typed date."""
    ticket = _check(db, act)
    calendar = reference(db).calendar_at(ticket.gate, now)
    days = [now.astimezone(TZ).date()]
    while len(days) < DAYS_OFFERED:
        days.append(calendar.next_service_day(days[-1]))
    options = [{"date": day.isoformat(), "name": f"{day:%d/%m/%Y}"} for day in days]
    people.set_draft(db, chat, "agency_date", act.ticket_id, now + PATIENCE, {"agency": agency})
    telling.tell_chat(
        db, chat, NoticeKind.AGENCY_MENU, now, ticket.id, step="date", agency=agency, options=options
    )


def choose_date(db: Connection, act: Act, chat: IdentityId, day: str, now: datetime) -> None:
    """A pressed date. Raises `dialogue_expired` when the agency was forgotten meanwhile."""
    try:
        name_date(
            db, act, chat, _kept(db, act, chat, "agency_date", "agency", now), date.fromisoformat(day), now
        )
    except ValueError:
        raise Refused("unknown_button") from None


def name_date(db: Connection, act: Act, chat: IdentityId, agency: str, day: date, now: datetime) -> None:
    """The day is known; now who approved it. Raises `agency_date_past`."""
    ticket = _check(db, act)
    if day < now.astimezone(TZ).date():
        raise Refused("agency_date_past")
    options = [{"id": str(person.id), "name": person.name} for person in _approvers(db)]
    kept = {"agency": agency, "date": day.isoformat()}
    people.set_draft(db, chat, "agency_approver", act.ticket_id, now + PATIENCE, kept)
    telling.tell_chat(db, chat, NoticeKind.AGENCY_MENU, now, ticket.id, step="approver", options=options)


def choose_approver(
    db: Connection, cfg: Config, act: Act, chat: IdentityId, person_id: int, now: datetime
) -> None:
    """All three are known: the interim answer goes out."""
    agency = _kept(db, act, chat, "agency_approver", "agency", now)
    day = date.fromisoformat(_kept(db, act, chat, "agency_approver", "date", now))
    people.clear_draft(db, chat)
    passing.await_agency(db, cfg, act, agency, day, PersonId(person_id), now)
    telling.tell_chat(db, chat, NoticeKind.DONE, now, TicketId(act.ticket_id), action="agency")


def _check(db: Connection, act: Act) -> Ticket:
    ticket = tickets.load(db, act.ticket_id)
    if ticket is None or not access.may_work_on(act.person, ticket):
        raise Refused("not_allowed")
    if not ticket.is_open:
        raise Refused("ticket_closed", code=ticket.code)
    return ticket


def _approvers(db: Connection) -> list[Person]:
    known = people.staff(db, Role.LEADER, Role.OFFICE, Role.OFFICER, Role.DUTY)
    return [person for person in known if person.role in casework.LEADING or person.is_head]


def _kept(db: Connection, act: Act, chat: IdentityId, kind: str, name: str, now: datetime) -> str:
    draft = people.draft(db, chat, now)
    if draft is None or draft.kind != kind or draft.ticket_id != act.ticket_id:
        raise Refused("dialogue_expired")
    return str(draft.data[name])
