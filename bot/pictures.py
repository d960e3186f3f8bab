"""Addresses for pictures that the platform fetches itself: made for one sending, unguessable, valid for ten minutes.

The address carries what it shows, sealed: any process with the key can serve it, and nothing has to be kept.
"""

import asyncio
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from fastapi import APIRouter, Response

from services.config import PUBLIC, Config

LIFE = timedelta(minutes=10)
PATH = "/once"
_NAME = re.compile(r"[0-9a-f]{64}\.jpg")


class Pictures:
    """The public copies (never an original) of `cfg.files`. `wall` is the real time: the platform does not rehearse."""

    def __init__(self, cfg: Config, public_url: str, wall: Callable[[], datetime]) -> None:
        self._cfg, self._url, self._wall = cfg, public_url.rstrip("/"), wall

    def address(self, picture: Path) -> str | None:
        """Where `picture` can be fetched for the next ten minutes; None for what is no public copy, or is not there."""
        if not _NAME.fullmatch(picture.name) or not (self._cfg.files / PUBLIC / picture.name).is_file():
            return None
        until = (self._wall() + LIFE).timestamp()
        sealed = self._cfg.seal.close(json.dumps(["picture", picture.name, until])).decode()
        return f"{self._url}{PATH}/{sealed}.jpg"

    def router(self) -> APIRouter:
        """GET /once/….jpg: the picture; 404 for everything else, a late one too."""
        router = APIRouter()

        @router.get(PATH + "/{sealed}.jpg", include_in_schema=False)
        async def once(sealed: str) -> Response:
            content = await asyncio.to_thread(self._content, sealed)
            if content is None:
                return Response(status_code=404)
            return Response(content, media_type="image/jpeg", headers={"cache-control": "no-store"})

        return router

    def _content(self, sealed: str) -> bytes | None:
        try:
            what, name, until = json.loads(self._cfg.seal.open(sealed.encode()))
            if what != "picture" or self._wall().timestamp() > until or not _NAME.fullmatch(name):
                return None
            content: bytes = (self._cfg.files / PUBLIC / name).read_bytes()
        except Exception:  # a forged address, another key, a file that was erased: there is nothing here
            return None
        return content
