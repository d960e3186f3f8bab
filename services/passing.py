"""Passing a ticket on: to another gate, unit or person, or waiting for another agency. The due time never moves."""

from collections.abc import Sequence
from datetime import date, datetime

from core import lifecycle
from core.errors import Refused
from core.ids import PersonId
from core.notices import NoticeKind
from core.people import Person, Role
from core.ticket import Ticket
from services import casework, duty, promises, telling
from services.casework import LEADING, Act
from services.config import Config
from storage import people, tickets
from storage.database import Connection


def transfer(
    db: Connection, cfg: Config, act: Act, now: datetime, gate: str | None = None, unit: str | None = None
) -> Ticket:
    """Chuyển to a gate or unit: into its pool; the due time never moves. Raises `unknown_gate`, `unknown_unit`."""
    casework.check_transfer(db, cfg, act)
    case = casework.load(db, cfg, act)
    if unit is not None and unit not in case.ref.units:
        raise Refused("unknown_unit", value=unit[:20])
    code = case.ref.known_gate(gate).code if gate else None
    moved, events = lifecycle.transfer(case.ticket, act.person.id, now, code, unit)
    tickets.record(db, case.ticket, moved, events)
    promises.resume_clock(db, case.ticket, moved, now)
    telling.refresh_cards(db, moved, now, before=case.ticket)
    promises.first_cards(db, cfg, case.ref, moved, now)
    return moved


def assign(db: Connection, cfg: Config, act: Act, to: PersonId, now: datetime) -> Ticket:
    """Chuyển to a person, or Giao người khác: they hold it at once; both hear of it."""
    casework.check_transfer(db, cfg, act)
    case = casework.load(db, cfg, act)
    person = people.person(db, to)
    if person is None or not person.is_staff:
        raise Refused("unknown_person")
    casework.check_not_own(db, case.ticket, person.id)
    former = case.ticket.holder_id
    held, events = lifecycle.assign(case.ticket, person.id, act.person.id, now)
    tickets.record(db, case.ticket, held, events)
    telling.refresh_cards(db, held, now, before=case.ticket)
    if telling.tell_people(db, [person.id], NoticeKind.HANDED_TO_YOU, now, held, by=act.person.name) == 0:
        raise Refused("person_unreachable", name=person.name)
    casework.card_to_holder(db, held, now)
    if former not in {None, person.id, act.person.id}:
        telling.tell_people(db, [PersonId(former or 0)], NoticeKind.HANDED_AWAY, now, held, to=person.name)
    return held


def await_agency(
    db: Connection, cfg: Config, act: Act, agency: str, promise_on: date, approver: PersonId, now: datetime
) -> Ticket:
    """Chờ cơ quan khác: an interim answer that names the agency and the date; amber, with its own reminders.

    Raises `agency_date_past`, and `unknown_person` when the approver is not a leader or head.
    """
    case = casework.load_held(db, cfg, act)
    named = people.person(db, approver)
    if named is None or not (named.is_staff and (named.role in LEADING or named.is_head)):
        raise Refused("unknown_person")
    if promise_on < now.astimezone(telling.TZ).date():
        raise Refused("agency_date_past")
    waiting, events = lifecycle.await_agency(case.ticket, act.person.id, now, agency, promise_on, named.name)
    tickets.record(db, case.ticket, waiting, events)
    promises.set_agency_looks(db, case.ref, waiting, promise_on, now)
    day = promise_on.isoformat()
    casework.send(db, waiting, NoticeKind.INTERIM, None, now, agency=agency, promise_on=day)
    telling.refresh_cards(db, waiting, now)
    return waiting


def candidates(db: Connection, cfg: Config, act: Act, now: datetime) -> Sequence[Person]:
    """To whom this ticket can be handed: those on shift at its gate first, then all others; neither its holder nor its sender."""
    case = casework.load(db, cfg, act)
    near = duty.on_shift(db, case.ref, case.ticket.gate, now)
    others = people.staff(db, Role.DUTY, Role.OFFICER, Role.OFFICE)
    out_of_question = {case.ticket.holder_id, case.ticket.sender_id}
    return [p for p in {p.id: p for p in (*near, *others)}.values() if p.id not in out_of_question]
