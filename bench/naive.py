"""The bot that one writes first: PTB's Updater, one ORM session an update, reply_text. The reference of `make bench`.

Started as a process: `python -m bench.naive URL FILE` (the address of the Bot API, the SQLite file).
"""

import sys
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from telegram import Update
from telegram.ext import Application, ContextTypes, MessageHandler, filters

from bench.stub import TOKEN


class Base(DeclarativeBase):
    pass


class Ticket(Base):
    __tablename__ = "tickets"
    id: Mapped[int] = mapped_column(primary_key=True)
    chat_id: Mapped[int] = mapped_column(sa.BigInteger)
    text: Mapped[str]
    created_at: Mapped[datetime]


class Event(Base):
    __tablename__ = "events"
    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id"))
    kind: Mapped[str]


def main(url: str, file: str) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{file}")
    sa.event.listen(engine.sync_engine, "connect", _durable)
    sessions = async_sessionmaker(engine, expire_on_commit=False)

    async def prepare(_: object) -> None:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)

    async def answer(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.effective_message
        assert message is not None
        async with sessions() as session:
            number = await _store(session, message.chat_id, message.text or "")
        await message.reply_text(f"Đã nhận phản ánh của Anh/Chị. Mã phiếu: {number}")

    built = Application.builder().token(TOKEN).base_url(f"{url}/bot").post_init(prepare).build()
    built.add_handler(MessageHandler(filters.TEXT, answer))
    built.run_polling(drop_pending_updates=False)


async def _store(session: AsyncSession, chat_id: int, text: str) -> int:
    ticket = Ticket(chat_id=chat_id, text=text, created_at=datetime.now(UTC).replace(tzinfo=None))
    session.add(ticket)
    await session.flush()
    session.add(Event(ticket_id=ticket.id, kind="opened"))
    await session.commit()
    return ticket.id


def _durable(connection: object, _: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
