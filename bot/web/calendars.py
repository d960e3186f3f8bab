"""GET /lich/{secret}.ics: a calendar that a telephone subscribes to (RFC 5545).

Deadlines are VEVENTs, not VTODOs: the calendars of telephones, Google and Outlook show no to-dos of a subscription.
"""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from functools import partial

import icalendar
from starlette.requests import Request
from starlette.responses import Response

from bot.texts import HANOI, say
from bot.web import guard, rates
from bot.web.problems import Problem
from bot.web.settings import Web
from core.feeds import FeedScope, Occasion, Rule
from core.folding import clean
from core.task import Task, TaskStatus
from services import feeds

LANGUAGE = "vi"  # only staff subscribe
REFRESH = timedelta(hours=6)
LONGEST_SECRET = 64
LONGEST_TITLE = 100  # what a telephone shows; the whole of it stands in the description
# Part of each ETag: raise it when the words or the shape of the file change.
FORMAT = 1


async def calendar(web: Web, request: Request) -> Response:
    """The calendar behind the secret; 304 when the reader has it already. Raises Problem 404, and 429 to whoever guesses."""
    address, now = f"calendar {guard.address_of(request)}", web.clock()
    _slow_down(web, address, rates.CALENDARS, now)
    _slow_down(web, address, rates.CALENDAR_GUESSES, now, take=False)
    secret = request.path_params["secret"]
    found = await web.db.read(partial(feeds.calendar, secret=secret[:LONGEST_SECRET], now=now))
    if found is None:
        _slow_down(web, address, rates.CALENDAR_GUESSES, now)
        raise Problem(404, "web.error.not_found")
    tag = f'"{FORMAT}-{hashlib.sha256(repr(found).encode()).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "private, no-cache"}
    if tag in (
        part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")
    ):
        return Response(status_code=304, headers=headers)
    body = await asyncio.to_thread(written, found)
    headers["content-disposition"] = 'inline; filename="nhiem-vu.ics"'
    return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)


def written(found: feeds.Calendar) -> bytes:
    """The calendar as a file. Nothing in it but what the tasks say themselves: no names, no words of people."""
    file = icalendar.Calendar()
    file.add("prodid", "-//hotline//plan deadlines//VI")
    file.add("version", "2.0")
    name = say(LANGUAGE, f"staff.calendar.name.{found.scope}", unit=found.unit)
    file.add("name", name)
    file.add("x-wr-calname", name)
    file.add("x-wr-timezone", str(HANOI))
    file.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    file.add("x-published-ttl", "PT6H")
    for occasion in found.occasions:
        file.add_component(_event(occasion, found))
    file.add_missing_timezones()
    body: bytes = file.to_ical()
    return body


def _event(occasion: Occasion, found: feeds.Calendar) -> icalendar.Event:
    task, event = occasion.task, icalendar.Event()
    event.add("uid", occasion.uid)
    event.add("sequence", occasion.changes)
    # In a file without METHOD both say when its words were last revised (RFC 5545, 3.8.7.2).
    event.add("dtstamp", occasion.changed_at)
    event.add("last-modified", occasion.changed_at)
    event.add("dtstart", occasion.at.astimezone(HANOI))
    if occasion.stands_for is not None:
        event.add("recurrence-id", occasion.stands_for.astimezone(HANOI))
    if occasion.rule is not None:
        event.add("rrule", _recurrence(occasion.rule))
        if occasion.left_out:
            event.add("exdate", [at.astimezone(HANOI) for at in occasion.left_out])
    event.add("summary", _summary(occasion))
    event.add("description", _description(task, found))
    event.add("status", "CANCELLED" if task.status is TaskStatus.REMOVED else "CONFIRMED")
    # A deadline takes nobody's time: the hour before it stays free for meetings.
    event.add("transp", "TRANSPARENT")
    event.add("class", "PRIVATE")
    if found.scope is FeedScope.ALL:
        event.add("categories", [found.units[task.id]])
    for before in occasion.alarms:
        event.add_component(_alarm(before, _summary(occasion)))
    return event


def _alarm(before: timedelta, words: str) -> icalendar.Alarm:
    alarm = icalendar.Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", words)
    alarm.add("trigger", -before)
    return alarm


def _recurrence(rule: Rule) -> icalendar.vRecur:
    parts: dict[str, object] = {"FREQ": rule.every}
    if rule.interval > 1:
        parts["INTERVAL"] = rule.interval
    if rule.month_days:
        parts["BYMONTHDAY"] = list(rule.month_days)
    if len(rule.month_days) > 1:
        parts["BYSETPOS"] = -1
    if rule.until is not None:
        parts["UNTIL"] = rule.until.astimezone(UTC)
    return icalendar.vRecur(parts)


def _summary(occasion: Occasion) -> str:
    task = occasion.task
    done = task.status is TaskStatus.DONE and occasion.rule is None
    key = "staff.calendar.done" if done else "staff.calendar.summary"
    return clean(say(LANGUAGE, key, number=task.number, title=_title(task, LONGEST_TITLE))).replace("\n", " ")


def _title(task: Task, most: int | None = None) -> str:
    title = task.title if most is None or len(task.title) <= most else f"{task.title[: most - 1].rstrip()}…"
    return f"{title} – {task.part}" if task.part else title


def _description(task: Task, found: feeds.Calendar) -> str:
    """Who, the legal deadline, what has to come of it, how far it is, and which document says so."""
    due = f"{task.due_at.astimezone(HANOI):%H:%M %d/%m/%Y}" if task.due_at else ""
    told = [
        _title(task) if len(task.title) > LONGEST_TITLE else "",
        say(LANGUAGE, "staff.calendar.unit", unit=found.units[task.id]),
        say(LANGUAGE, "staff.calendar.due", at=due),
        say(LANGUAGE, "staff.calendar.output", text=task.expected_output) if task.expected_output else "",
        say(LANGUAGE, "staff.calendar.progress", percent=task.progress),
        say(LANGUAGE, "staff.calendar.document", name=found.documents.get(task.document_id, "")),
    ]
    return "\n".join(clean(line) for line in told if line)


def _slow_down(web: Web, address: str, rate: rates.Rate, now: datetime, take: bool = True) -> None:
    seconds = web.rates.wait([(address, rate, 1)], now.timestamp(), take=take)
    if seconds:
        raise Problem(429, "web.error.too_fast", retry_after=seconds, seconds=seconds)
