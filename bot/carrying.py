"""What a channel without files makes of a message: its words, a picture by its address, and a note for what cannot go along."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

from bot.outgoing import Outgoing
from bot.texts import say
from core.errors import Refused

Post = Callable[[str], Awaitable[str]]
"""Sends these words; the id of the new message."""


async def carried(
    outgoing: Outgoing, language: str, limit: int, words: Post, picture: Post | None, refused: type[Exception]
) -> str:
    """Sends one part; the id of the message. `picture` sends the words below the picture, None when it has no address.

    Where the platform has `refused` the picture for good, the words go without it. Raises what `words` and `picture` raise else.
    """
    text = outgoing.text.strip()
    if outgoing.document is not None:
        text = with_note(text, say(language, "channel.no_file"), limit)
    if outgoing.photo is not None:
        # A picture that the platform cannot fetch or show must not take the words with it.
        with suppress(refused):
            if picture is not None:
                return await picture(text)
        text = with_note(text, say(language, "channel.no_picture"), limit)
    return await words(text)


def with_note(text: str, note: str, limit: int) -> str:
    """The note in front: choices stay at the end. Where there is no room the text goes alone."""
    noted = f"{note}\n{text}".strip()
    return noted if len(noted) <= limit else text


async def fetched_once(fetch: Callable[[str], Awaitable[bytes | None]], address: str) -> bytes:
    """What a person sent. Raises Refused("file_gone"), or ConnectionError (try again later)."""
    content = await fetch(address)
    if content is None:
        raise Refused("file_gone")
    return content
