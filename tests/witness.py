"""What the flow tests look at beside the chats: pictures with a place in them, everything that the database holds in the clear."""

import io
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from PIL import Image

from core.ticket import Ticket
from storage.database import Connection
from storage.messages import StoredMessage, of_ticket
from storage.schema import metadata
from tests.town import Citizen, Town

GPS = 0x8825


def picture_with_place() -> bytes:
    """A JPEG as a telephone makes it: with the camera's name and where it was taken."""
    exif = Image.Exif()
    exif[0x0110] = "Camera of the driver"
    exif.get_ifd(GPS).update({1: "N", 2: (21.0, 58.0, 30.0), 3: "E", 4: (106.0, 42.0, 15.0)})
    content = io.BytesIO()
    Image.new("RGB", (640, 480), "red").save(content, "JPEG", exif=exif)
    return content.getvalue()


def has_place(content: bytes) -> bool:
    with Image.open(io.BytesIO(content)) as picture:
        return bool(picture.getexif().get_ifd(GPS))


async def words_of(town: Town, ticket: Ticket, direction: str = "in") -> list[str]:
    """The texts kept on a ticket, oldest first."""

    def read(db: Connection) -> list[StoredMessage]:
        return list(of_ticket(db, ticket.id, direction))

    return [message.text for message in await town.db.read(read)]


async def in_the_clear(town: Town) -> str:
    """Every value of every row of every table, as one text: what somebody with the file would read."""

    def read(db: Connection) -> Iterator[Any]:
        for table in metadata.sorted_tables:
            for row in db.execute(sa.select(table)).all():
                yield from row

    def all_of_it(db: Connection) -> str:
        return "\n".join(
            value.decode(errors="replace") if isinstance(value, bytes) else str(value) for value in read(db)
        )

    return await town.db.read(all_of_it)


def everything_read(*readers: Citizen) -> str:
    """All that these people see now in their private chats, words and buttons."""
    return "\n".join(
        "\n".join([bubble.text, *(button.label for row in bubble.buttons for button in row)])
        for reader in readers
        for bubble in reader.bubbles()
    )


def group_reads(town: Town, group: str) -> str:
    return "\n".join(bubble.text for bubble in town.channel.chats.get(group, []))
