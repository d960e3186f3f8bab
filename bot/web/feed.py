"""News for the open pages of this process: a commit that touched a chat rings, its pages wake up and read the table."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Listener:
    """One open page. `rung` is set by news; `over` says that the page must go and come back later."""

    def __init__(self) -> None:
        self.rung = asyncio.Event()
        self.over = False

    def end(self) -> None:
        self.over = True
        self.rung.set()


class Feed:
    """Rings are hints, the table is the truth: a ring lost between processes only delays a page until its next heartbeat."""

    def __init__(self, pages_per_chat: int = 2) -> None:
        self.closed = False
        self._pages_per_chat = pages_per_chat
        self._listeners: dict[str, list[Listener]] = {}

    def ring(self, chat_id: str) -> None:
        """Something is new or changed in `chat_id`. Call it after the commit, in the event loop."""
        for listener in self._listeners.get(chat_id, ()):
            listener.rung.set()

    @contextmanager
    def listen(self, chat_id: str) -> Iterator[Listener]:
        """An open page. Past the limit of pages the oldest ends (it polls): a browser has only six connections for us."""
        pages = self._listeners.setdefault(chat_id, [])
        listener = Listener()
        pages.append(listener)
        for oldest in pages[: -self._pages_per_chat]:
            oldest.end()
        try:
            yield listener
        finally:
            pages.remove(listener)
            if not pages:
                self._listeners.pop(chat_id, None)

    def hear(self, news: str) -> None:
        """What a commit, of this process or of another one, told: "feed <chat>" or "gone <chat>"; anything else is not ours."""
        kind, _, chat_id = news.partition(" ")
        if kind == "feed":
            self.ring(chat_id)
        elif kind == "gone":
            self.end_chat(chat_id)

    def end_chat(self, chat_id: str) -> None:
        """Its session is over: open pages must not go on reading."""
        for listener in self._listeners.get(chat_id, ()):
            listener.end()

    def close(self) -> None:
        """The server stops: every stream ends now, or it would wait for people to close their pages."""
        self.closed = True
        for pages in self._listeners.values():
            for listener in pages:
                listener.end()
