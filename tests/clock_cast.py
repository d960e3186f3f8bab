"""A gate with everybody whom the clock may call on, and what the tests of the clock ask about a ticket."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from core.calendar import TZ
from core.events import Event, EventKind
from core.notices import NoticeKind
from core.people import Role
from services import editing
from storage import tickets, timers
from storage.schema import outbox, ratings, ticket_cycles
from tests.town import Citizen, Town

CALM = "Hữu Nghị: xe chờ lâu, không ai điều tiết"
BURNING = "Hữu Nghị: xe container đang bốc cháy, có người bị thương"
DONE = "Đã điều tiết xong làn xe, các xe chờ đã thông quan hết."


@dataclass(slots=True)
class Cast:
    """A driver; two officers on duty at Hữu Nghị; the head of the gate; Văn phòng; a leader; the administrator."""

    driver: Citizen
    an: Citizen
    binh: Citizen
    head: Citizen
    office: Citizen
    leader: Citizen
    admin: Citizen

    async def takes(self, officer: Citizen | None = None) -> None:
        await (officer or self.an).presses("Nhận xử lý")

    async def answers(self, words: str = "Trung tâm đã cử người tới làn xe của Anh/Chị.") -> None:
        await self.an.presses("Trả lời")
        await self.an.says(words)

    async def asks(self, words: str = "Xe của Anh/Chị đang ở làn nào?") -> None:
        await self.an.presses("Hỏi thêm")
        await self.an.says(words)

    async def resolves(self, words: str = DONE) -> None:
        await self.an.presses("Đóng phiếu")
        await self.an.says(words)

    async def awaits_agency(self, day: str, agency: str = "Chi cục Hải quan cửa khẩu") -> None:
        await self.an.presses("Chờ cơ quan khác")
        await self.an.says(agency)
        await self.an.says(day)
        await self.an.presses(self.leader.name)


async def cast(town: Town) -> Cast:
    return Cast(
        town.citizen("Lái xe Nam"),
        await town.staff("Cán bộ An", gate="HN"),
        await town.staff("Cán bộ Bình", gate="HN"),
        await town.staff("Trưởng Cường", Role.OFFICER, gate="HN", unit="TTQLCK", is_head=True),
        await town.staff("Chị Dung Văn phòng", Role.OFFICE),
        await town.staff("Lãnh đạo Giang", Role.LEADER),
        await town.staff("Quản trị Hải", Role.ADMIN),
    )


def hanoi(at: datetime | None) -> str:
    """ "22/11 19:00" as Hanoi's clocks show it."""
    return at.astimezone(TZ).strftime("%d/%m %H:%M") if at else ""


async def happened(town: Town, kind: EventKind) -> list[Event]:
    """What of this kind happened to the only ticket, oldest first."""
    ticket = await town.ticket()
    stored = await town.db.read(lambda db: tickets.history(db, ticket.id))
    return [one.event for one in stored if one.event.kind is kind]


async def rungs(town: Town) -> list[str]:
    """The receipts of the ladder: "2 22/11 09:20" is rung 2, due then."""
    return [f"{event.data['rung']} {hanoi(event.at)}" for event in await happened(town, EventKind.RUNG)]


async def to_come(town: Town) -> dict[str, str]:
    """The timers of the only ticket that still wait, by stage."""
    ticket = await town.ticket()
    known = await town.db.read(lambda db: timers.of_subject(db, "ticket", ticket.id))
    return {stage: hanoi(due_at) for stage, _, due_at, status in known if status == "waiting"}


async def cycles(town: Town) -> Sequence[sa.Row[tuple[object, ...]]]:
    """The stored cycles, oldest first."""
    return await town.db.read(
        lambda db: db.execute(sa.select(ticket_cycles).order_by(ticket_cycles.c.cycle)).all()
    )


async def scores(town: Town) -> list[tuple[int, str]]:
    """Every rating ever given: (cycle, score)."""
    query = sa.select(ratings.c.cycle, ratings.c.score).order_by(ratings.c.id)
    return await town.db.read(lambda db: [(row.cycle, row.score) for row in db.execute(query)])


async def edits_gate(town: Town, code: str, rows: str) -> None:
    """Somebody adds these TOML rows to one gate of the data file."""

    def errand(db: sa.Connection) -> None:
        text = editing.text_of(db, "gates")
        start = text.index(f'code = "{code}"')
        end = text.find("[[gate]]", start)
        whole = f"{text[:end]}{rows}\n\n{text[end:]}" if end > 0 else f"{text}\n{rows}\n"
        editing.store_text(db, "gates", whole, town.clock.now())

    await town.db.write(errand)


def count(citizen: Citizen, words: str) -> int:
    """How many messages with these words this person sees."""
    return sum(words in text for text in citizen.reads())


async def reminded(town: Town, citizen: Citizen, kind: NoticeKind) -> int:
    """How often this person was reminded in this way. In the chat only the newest stays; drawn anew it counts once."""
    query = sa.select(outbox.c.data).where(
        outbox.c.chat_id == citizen.chat_id, outbox.c.kind == str(kind), outbox.c.status == "sent"
    )
    return await town.db.read(lambda db: sum("edits" not in row.data for row in db.execute(query)))
