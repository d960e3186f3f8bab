"""What staff read about one task of a plan: reminders, evidence, obstacles, requests for a later date."""

from datetime import date, datetime, timedelta

from bot.cards_buttons import Buttons
from bot.cards_page import Card, Facts, Page, lines, one_line, paragraphs, press, rows, short_day, short_time
from bot.outgoing import Button
from bot.payloads import Action
from core.calendar import TZ
from core.reminders import CHECKIN, FIRST, NAG, Level
from core.task import Relevance, TaskStatus

PERCENTAGES = (25, 50, 75, 100)
MARKS = {"red": "🔴", "orange": "🟠", "green": "🟢"}
WHOLE, SHORT = 600, 160  # characters of a long title before it is cut


def task_of(page: Page) -> Facts:
    return page.facts.inner("task")


def reminder(page: Page) -> Card:
    """One rung: what, by when, and – from the second level on – that nobody of the unit has taken note of it."""
    task = task_of(page)
    late = page.facts.time("was_due_at")
    is_open = task.line("status") in {"", TaskStatus.OPEN, TaskStatus.SUBMITTED}
    text = paragraphs(
        lines(
            stage_words(page, task, page.facts.line("stage")) if is_open else "",
            page.say("staff.task.unheard", unit=task.line("unit_name")) if _climbed(page.facts, task) else "",
            page.say("staff.task.was_due", at=short_time(late)) if late else "",
        ),
        asked(page, task),
        details(page, task),
    )
    return Card(text, rows(work_buttons(page, task)))


def card(page: Page) -> Card:
    """The task as it stands, on request."""
    task = task_of(page)
    if task.line("relevance") == Relevance.OTHER:
        return _not_ours(page, task)
    text = paragraphs(
        page.say("staff.task.title", mark=mark(task), number=task.line("number")),
        asked(page, task),
        details(page, task),
        _evidence(page, task),
    )
    buttons = [*_decision(page, task), *work_buttons(page, task), *_blanks(page, task)]
    return Card(text, rows(buttons))


def prompt(page: Page) -> Card:
    """ "Write it now", one step of a dialogue; progress can be pressed instead."""
    task, action = task_of(page), page.facts.line("action")
    percent = page.facts.number("percent")
    key = "staff.task.prompt.said" if action == "progress" and percent else f"staff.task.prompt.{action}"
    text = page.say_known(key, "staff.prompt.other", percent=percent, number=task.line("number"))
    steps = PERCENTAGES if action == "progress" and not percent else ()
    pressed = [press(f"{step}%", Action.TASK_PROGRESS, task, step) for step in steps]
    finished = press(page.say("button.task_done"), Action.TASK_SUBMIT, task) if percent == 100 else None
    last = [finished, press(page.say("button.cancel"), Action.CANCEL)]
    return Card(paragraphs(text, heading(page, task)), rows(pressed, per_row=4) + rows(last))


def done(page: Page) -> Card:
    task, action = task_of(page), page.facts.line("action")
    words = page.say_known(
        f"staff.task.done.{action}",
        "done.other",
        percent=page.facts.number("percent") or task.number("progress"),
        count=page.facts.number("count"),
        number=task.line("number"),
    )
    return Card(words)


def submitted(page: Page) -> Card:
    """To the head: the evidence, and the decision. The pictures follow."""
    task = task_of(page)
    key = "staff.task.submitted.again" if page.facts.flag("again") else "staff.task.submitted.title"
    at = task.time("submitted_at")
    text = paragraphs(
        page.say(
            key,
            unit=task.line("unit_name"),
            name=task.line("submitted_by_name"),
            at=at and short_time(at),
        ),
        heading(page, task),
        told_words(page),
        _evidence(page, task),
    )
    return Card(text, rows([*_decision(page, task), opening(page, task)]))


def accepted(page: Page) -> Card:
    task = task_of(page)
    by = task.line("accepted_by_name")
    return Card(paragraphs(page.say("staff.task.accepted", by=by), heading(page, task)))


def returned(page: Page) -> Card:
    task = task_of(page)
    text = paragraphs(
        page.say("staff.task.returned", by=page.message.line("author_name")),
        told_words(page),
        heading(page, task),
    )
    return Card(text, rows(work_buttons(page, task)))


def obstructed(page: Page) -> Card:
    """Vướng mắc, to the leaders: who, what, how far, by when."""
    task = task_of(page)
    text = paragraphs(
        page.say("staff.task.obstructed", unit=task.line("unit_name"), name=page.message.line("author_name")),
        told_words(page),
        heading(page, task),
        details(page, task),
    )
    return Card(text, rows([opening(page, task)]))


def photo(page: Page) -> Card:
    files = page.delivery.files
    number = task_of(page).line("number")
    return Card(page.say("staff.task.photo", number=number), photo=files[0] if files else None)


def evidence_file(page: Page) -> Card:
    """What is no picture travels as the file that it is."""
    known, number = page.delivery.document, task_of(page).line("number")
    if known is None:
        return Card(page.say("staff.task.file.unread", number=number))
    return Card(page.say("staff.task.file.sent", number=number, name=one_line(known.name)), document=known)


def file_lost(page: Page) -> Card:
    reason = "too_large" if page.facts.line("reason") == "too_large" else "gone"
    return Card(
        page.say(
            f"staff.task.file.{reason}",
            number=task_of(page).line("number"),
            limit_mb=page.facts.number("limit_mb"),
        )
    )


def mark(task: Facts) -> str:
    return MARKS.get(task.line("colour"), "▫️")


def heading(page: Page, task: Facts, most: int = SHORT) -> str:
    """ "10. Triển khai các giải pháp …" """
    title = task.words("title")
    short = title if len(title) <= most else title[: most - 1].rstrip() + "…"
    part = task.line("part")
    return page.say("staff.task.heading", number=task.line("number"), title=short) + (
        f" – {part}" if part else ""
    )


def asked(page: Page, task: Facts) -> str:
    """ "Đề nghị Văn phòng … trước ngày 30/11/2026" (domain.md, Language): before the day after the legal one."""
    due = task.day("due_on")
    written = one_line(task.values.get("period_text"))
    key = "staff.task.asked" if due else "staff.task.asked_period" if written else "staff.task.asked_undated"
    before = short_day(due + timedelta(days=1)) if due and due < date.max else None
    words = page.say(key, unit=task.line("unit_name"), day=before, written=written)
    return lines(words, heading(page, task, WHOLE))


def _not_ours(page: Page, task: Facts) -> Card:
    """A row of somebody else's: whose it is, and nothing to press."""
    whose = ", ".join(str(name) for name in task.values.get("lead_units") or ())
    title = page.say("staff.task.title", mark="▫️", number=task.line("number"))
    told = lines(page.say("staff.task.not_ours", unit=whose), heading(page, task, WHOLE))
    plan = task.line("document_number") or task.line("document_title")
    return Card(paragraphs(title, told, page.say("staff.task.from", number=plan)))


def details(page: Page, task: Facts) -> str:
    """Dates, product, who helps, how far it is; what is not known is left out."""
    due, working = task.day("due_on"), task.time("working_due_at")
    others = ", ".join(str(name) for name in task.values.get("cooperating_units") or ())
    stands = task.line("status") or TaskStatus.OPEN
    acknowledged = task.time("acknowledged_at")
    return lines(
        page.say("staff.task.due", day=_weekday(page, due), at=_office(page, working)) if due else "",
        page.say("staff.task.late_at_import") if task.flag("overdue_at_import") and due else "",
        page.say("staff.task.asked_day", day=short_day(task.day("asked_due_on")))
        if task.day("asked_due_on")
        else "",
        page.say("staff.task.output", text=task.words("expected_output"))
        if task.line("expected_output")
        else "",
        page.say("staff.task.with", units=others) if others else "",
        page.say("staff.task.progress", percent=task.number("progress")),
        page.say("staff.task.heard", name=task.line("acknowledged_by_name"), at=short_time(acknowledged))
        if acknowledged
        else page.say("staff.task.not_heard"),
        "" if stands == TaskStatus.OPEN else page.say_known(f"staff.task.status.{stands}", "common.unknown"),
        page.say("staff.task.from", number=task.line("document_number") or task.line("document_title")),
    )


def stage_words(page: Page, task: Facts, stage: str) -> str:
    """Which rung this is, reckoned at the moment when it is read."""
    if task.flag("is_overdue") or stage == NAG:
        return page.say("staff.task.stage.overdue", days=max(1, _days_over(page, task)))
    if stage == FIRST:
        return page.say("staff.task.stage.first")
    if stage.startswith(CHECKIN):
        return page.say("staff.task.stage.checkin")
    left = task.number("days_left")
    return page.say("staff.task.stage.today") if left <= 0 else page.say("staff.task.stage.before", left=left)


def work_buttons(page: Page, task: Facts) -> Buttons:
    """What this reader may do with an open task; in a group nothing."""
    if page.in_group or task.line("status") not in {TaskStatus.OPEN, TaskStatus.SUBMITTED}:
        return []
    buttons: Buttons = []
    if task.flag("may_acknowledge"):
        buttons.append(press(page.say("button.task_received"), Action.TASK_ACK, task))
    if not task.flag("may_report"):
        return [*buttons, opening(page, task)]
    buttons.append(press(page.say("button.task_progress"), Action.TASK_PROGRESS, task))
    if task.line("status") == TaskStatus.OPEN:
        buttons.append(press(page.say("button.task_done"), Action.TASK_SUBMIT, task))
    buttons.append(press(page.say("button.task_obstacle"), Action.TASK_OBSTRUCT, task))
    if task.day("due_on"):
        buttons.append(press(page.say("button.task_postpone"), Action.TASK_EXTEND, task))
    return buttons


def opening(page: Page, task: Facts, dated: bool = False) -> Button | None:
    """ "Mở 3"; `dated`, or of a series: "Mở 3 (30/11)", with the year when it is another one."""
    number, due = task.line("number"), task.day("due_on")
    if due is None or not (dated or task.line("occurrence")):
        return press(page.say("staff.button.task_show", number=number), Action.TASK_SHOW, task)
    day = f"{due:%d/%m}" if due.year == page.now.astimezone(TZ).year else short_day(due)
    return press(page.say("staff.button.task_show_dated", number=number, day=day), Action.TASK_SHOW, task)


def _decision(page: Page, task: Facts) -> Buttons:
    if page.in_group or not task.flag("may_accept"):
        return []
    return [
        press(page.say("staff.button.task_accept"), Action.TASK_ACCEPT, task),
        press(page.say("staff.button.task_return"), Action.TASK_RETURN, task),
    ]


def _blanks(page: Page, task: Facts) -> Buttons:
    """What the plan left open and this reader may say."""
    if page.in_group or not task.flag("may_fill_in") or task.line("status") != TaskStatus.OPEN:
        return []
    return [
        None if task.day("due_on") else press(page.say("staff.button.task_day"), Action.TASK_DAY, task),
        None
        if task.line("expected_output")
        else press(page.say("staff.button.task_output"), Action.TASK_OUTPUT, task),
    ]


def _evidence(page: Page, task: Facts) -> str:
    """What was sent, by name; pictures and files follow."""
    files = task.items("evidence")
    if not files:
        return ""
    names = [
        file.line("name") or page.say_known(f"kind.{file.line('kind')}", "staff.task.a_file")
        for file in files
    ]
    return page.say("staff.task.evidence", count=len(files), names=", ".join(names))


def told_words(page: Page) -> str:
    """What was written on the task. A notice about a sealed matter shows no words at all, whatever it is."""
    return "" if page.sealed else page.message.words("text")


def _climbed(facts: Facts, task: Facts) -> bool:
    return facts.number("level") > Level.OFFICERS and task.time("acknowledged_at") is None


def _days_over(page: Page, task: Facts) -> int:
    due = task.time("due_at")
    return (page.now - due).days if due else 0


def _weekday(page: Page, day: date | None) -> str:
    return f"{page.say(f'time.weekday_{day.isoweekday()}')} {short_day(day)}" if day else ""


def _office(page: Page, at: datetime | None) -> str | None:
    if not isinstance(at, datetime):
        return None
    return f"{at:%H:%M} {_weekday(page, at.date())}"
