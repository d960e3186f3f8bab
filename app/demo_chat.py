"""Somebody's web chat without a browser: what they write and press goes through the inbox like everybody's."""

import io
import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from PIL import Image, ImageDraw

from app.program import Program
from bot.payloads import Action, write
from bot.web import frames, sessions
from bot.web.files import save_file
from bot.web.settings import BOT, CHANNEL, Side
from core.ids import PersonId
from core.ticket import Ticket
from storage import people, tickets, web_feed
from storage.database import Connection


@dataclass(slots=True)
class Chat:
    """One chat of one person; `ticket_id` is what a sender's chat is about, once it is known."""

    program: Program
    visitor: sessions.Visitor
    language: str
    ticket_id: int | None = None
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    @classmethod
    async def opens(
        cls, program: Program, side: Side, language: str = "vi", gate: str = "", link: str = ""
    ) -> "Chat":
        """A page that is opened for the first time: by a gate's QR code, or by a link that signs a member of staff in."""
        now = program.clock.now()
        chat = cls(program, sessions.new_visitor(side, now), language)
        words = f"/start link_{link}" if link else f"/start gate_{gate}" if gate else "/start"
        frame = frames.command(chat.chat_id, "start", words, language, now)

        def errand(db: Connection) -> None:
            web_feed.open_session(db, chat.visitor.session, now)
            if link:
                web_feed.post(db, chat.chat_id, frame, now)
            else:
                web_feed.start(db, chat.chat_id, gate, frame, now)

        await program.db.write(errand)
        return chat

    @property
    def chat_id(self) -> str:
        return self.visitor.chat_id

    async def says(
        self, text: str, files: tuple[frames.StoredFile, ...] = (), late: timedelta = timedelta()
    ) -> None:
        """`late`: how long the message was under way."""
        written = frames.Written(self._name(), text, files)
        await self._post(frames.message(self.chat_id, written, self.language, self._now() - late))

    async def shows(self, text: str) -> None:
        """A message with a picture."""
        content = _picture()
        sha256 = save_file(self.program.settings.data_dir, content)
        await self.says(
            text, (frames.StoredFile(sha256, "photo", "cong-vao.jpg", "image/jpeg", len(content)),)
        )

    async def presses(self, action: Action, ticket_id: int = 0, argument: str = "") -> None:
        payload = write(action, ticket_id, argument)
        await self._post(frames.press(self.chat_id, self._name(), payload, None, self.language, self._now()))

    async def leaves(self) -> None:
        """The page is gone for good: nobody reads this chat any more."""
        await self._post(frames.reachable(self.chat_id, False, self._now()))
        await self.program.db.write(lambda db: web_feed.end_session(db, self.visitor.session.secret_hash))

    async def person(self) -> PersonId | None:
        """Who this chat belongs to; None until its first update was handled."""
        found = await self.program.db.read(lambda db: people.identity(db, CHANNEL, BOT, self.chat_id))
        return found.person_id if found else None

    async def ticket(self) -> Ticket | None:
        """The ticket as it is now that the first message opened; None until then."""
        if self.ticket_id is None:
            person = await self.person()
            own = await self.program.db.read(lambda db: tickets.of_sender(db, person)) if person else ()
            self.ticket_id = own[-1].id if own else None
        number = self.ticket_id
        return await self.program.db.read(lambda db: tickets.find(db, number)) if number else None

    async def _post(self, frame: web_feed.Post) -> None:
        now = self._now()
        await self.program.db.write(lambda db: web_feed.post(db, self.chat_id, frame, now))

    def _now(self) -> datetime:
        return self.program.clock.now()

    def _name(self) -> str:
        return f"d{next(self._numbers)}"


def _picture() -> bytes:
    """Lorries before a gate, drawn: a photograph would show somebody's."""
    image = Image.new("RGB", (960, 640), "#b9cfe0")
    draw = ImageDraw.Draw(image)
    draw.polygon([(0, 360), (260, 170), (480, 330), (700, 150), (960, 340), (960, 400), (0, 400)], "#6f8f72")
    draw.rectangle((0, 390, 960, 640), "#7b7b7d")
    for left in range(20, 960, 110):
        draw.rectangle((left, 512, left + 60, 520), "#e8e8e8")
    for left, colour in ((40, "#a33a2c"), (340, "#2c5fa3"), (640, "#d0a12f")):
        draw.rectangle((left, 300, left + 190, 440), colour)
        draw.rectangle((left + 196, 345, left + 262, 440), "#efefef")
        draw.rectangle((left + 222, 358, left + 256, 392), "#5b7f9c")
        for wheel in (left + 30, left + 130, left + 215):
            draw.ellipse((wheel, 422, wheel + 44, 466), "#222222")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()
