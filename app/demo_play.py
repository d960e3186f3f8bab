"""Plays the script: by hand through the hours before the demonstration begins, and then at its own pace."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count

import structlog

from app.demo_chat import Chat
from app.demo_scene import Cast, Told
from app.demo_script import ALL_DAY, Member, Scene
from bot.payloads import Action
from bot.web.settings import STAFF
from core.calendar import TZ
from services import directory, duty, handover
from services.reference import reference
from services.timers import fire_due
from storage.database import Connection
from storage.timers import next_due_at

log = structlog.get_logger()
DAYS_ROSTERED = 14
CONFIRMS_AFTER = timedelta(minutes=3)
# Nobody says "Đã nhận ca" there in the afternoon: the head of the centre hears of it.
SLEEPY = ("CM", "afternoon")


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happens at `at`."""

    at: datetime
    act: Callable[[], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class Player(Cast):
    """The cast on its way through the days. `begins` is when the earliest scene is played."""

    begins: datetime
    _coming: Iterator[Moment] | None = None
    _ahead: list[Moment] = field(default_factory=list)

    async def casts(self) -> None:
        """Makes the people, signs them in, and enters the shifts of a fortnight."""
        codes = await self.program.db.write(self._make_people)
        for member in self.script.members:
            self.chats[member.key] = await Chat.opens(self.program, STAFF, link=codes[member.key])
        await self.program.db.write(self._enter_shifts)
        await self._settles()

    async def plays_until(self, end: datetime, moves_to: Callable[[datetime], None]) -> None:
        """Everything before `end`, the timers on the way in their order; `moves_to` moves the clock."""
        while self._next().at < end and not self.program.stop.is_set():
            moment = self._ahead.pop()
            await self._time_passes(moment.at, moves_to)
            await moment.act()
            await self._settles()
        await self._time_passes(end, moves_to)

    async def plays_on(self) -> None:
        """Everything from there on, each when its time comes, until the program stops."""
        while await self._awaits(self._next().at):
            try:
                await self._ahead.pop().act()
            except Exception as error:  # one scene that fails must not end the day
                log.error("a scene failed", error=type(error).__name__, exc_info=error)

    def _next(self) -> Moment:
        """The moment that comes next, left where it is: scenes that have begun go on after the hour when people may join."""
        if self._coming is None:
            self._coming = self.moments()
        if not self._ahead:
            self._ahead.append(next(self._coming))
        return self._ahead[0]

    def moments(self) -> Iterator[Moment]:
        """Day after day without an end, in order. The matters of a day may reach into the next ones."""
        waiting: list[Moment] = []
        first = self.begins.astimezone(TZ).date()
        for day in (first + timedelta(days=number) for number in count()):
            waiting = sorted([*waiting, *self._of_day(day)], key=lambda moment: moment.at)
            tomorrow = datetime.combine(day + timedelta(days=1), datetime.min.time(), TZ)
            yield from (moment for moment in waiting if moment.at < tomorrow)
            waiting = [moment for moment in waiting if moment.at >= tomorrow]

    def _of_day(self, day: date) -> list[Moment]:
        found = [
            self._confirmation(day, gate, turn.name) for gate in self._gates() for turn in self.script.turns
        ]
        for number, scene in enumerate(self.script.scenes):
            if scene.begins(day) >= self.begins:
                found += self._of_scene(scene, scene.begins(day), number)
        return [moment for moment in found if moment.at >= self.begins]

    def _of_scene(self, scene: Scene, begins: datetime, number: int) -> Iterator[Moment]:
        told = Told(self, scene, number)
        yield Moment(begins, told.opens)
        for step in scene.steps:
            yield Moment(begins + step.after, partial(told.goes_on, step))

    def _confirmation(self, day: date, gate: str, turn: str) -> Moment:
        begins = next(one.begins for one in self.script.turns if one.name == turn)
        # The shift that runs when everything begins is confirmed then.
        at = max(datetime.combine(day, begins, TZ), self.begins) + CONFIRMS_AFTER
        return Moment(at, lambda: self._confirms(gate, turn))

    async def _confirms(self, gate: str, turn: str) -> None:
        """The first of the shift says "Đã nhận ca"."""
        on_it = [one for one in self._shift(gate, turn) if not one.yours]
        if (gate, turn) == SLEEPY or not on_it:
            return
        now, person = self.program.clock.now(), self.persons[on_it[0].key]
        shift = await self.program.db.read(lambda db: duty.shift_of(db, person, now))
        if shift is not None:
            await self.chats[on_it[0].key].presses(Action.CONFIRM_SHIFT, argument=str(shift.id))

    async def _time_passes(self, at: datetime, moves_to: Callable[[datetime], None]) -> None:
        program = self.program
        while (
            not program.stop.is_set()
            and (due := await program.db.read(next_due_at)) is not None
            and due <= at
        ):
            moves_to(due)
            await program.db.write(lambda db: fire_due(db, program.cfg, program.clock.now()))
            await self._settles()
        moves_to(at)

    async def _settles(self) -> None:
        """Until nothing is left to do: as Program.settle, but it looks only where a commit has rung."""
        program = self.program
        parts = (
            (program.worker.woken, program.worker.handle_waiting),
            (program.fetcher.woken, program.fetcher.fetch_waiting),
            (program.post.woken, program.post.send_all),
        )
        while any(rung.is_set() for rung, _ in parts):
            for rung, work in parts:
                if rung.is_set():
                    rung.clear()
                    await work()

    async def _awaits(self, at: datetime) -> bool:
        """False when the program stops meanwhile."""
        pause = self.program.clock.shrink(at - self.program.clock.now()).total_seconds()
        try:
            await asyncio.wait_for(self.program.stop.wait(), max(pause, 0.001))
        except TimeoutError:
            return True
        return False

    def _make_people(self, db: Connection) -> dict[str, str]:
        ref, now, codes = reference(db), self.program.clock.now(), {}
        for one in self.script.members:
            person, code, _ = directory.add_person(
                db, ref, one.name, one.role, now, unit=one.unit, gate=one.gate, is_head=one.is_head
            )
            self.persons[one.key], codes[one.key] = person, code
        return codes

    def _enter_shifts(self, db: Connection) -> None:
        ref, now, first = reference(db), self.program.clock.now(), self.begins.astimezone(TZ).date()
        for day in (first + timedelta(days=number) for number in range(DAYS_ROSTERED)):
            for gate in self._gates():
                for turn in self.script.turns:
                    ends = datetime.combine(day, turn.ends, TZ)
                    people = [self.persons[one.key] for one in self._shift(gate, turn.name)]
                    if ref.calendar(gate).windows_on(day) and ends > now:
                        begins = datetime.combine(day, turn.begins, TZ)
                        handover.enter_shift(db, ref, gate, begins, ends, people, now)

    def _gates(self) -> Sequence[str]:
        return list(dict.fromkeys(one.gate for one in self.script.members if one.gate))

    def _shift(self, gate: str, turn: str) -> list[Member]:
        return [one for one in self.script.members if one.gate == gate and one.shift in (turn, ALL_DAY)]
