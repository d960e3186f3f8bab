"""After a browser's file was sealed: nothing unsealed of it stays, and its bubble shows the copy without position data."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from bot.web.files import INCOMING, OUTGOING, path_of, save_file
from storage import web_feed
from storage.database import Database
from storage.messages import Attachment


async def tidy_file(
    db: Database,
    data_dir: Path,
    clock: Callable[[], datetime],
    file: Attachment,
    copy: Path | None,
) -> None:
    """Takes the file as it came off the disk. Without a copy (a document, a sealed ticket) the bubble keeps its name only."""
    if copy is not None:
        shown = await asyncio.to_thread(_kept, data_dir, copy)
        now = clock()
        swap = partial(
            web_feed.swap_file, message_id=file.message_id, sha256=file.provider_id, shown=shown, now=now
        )
        await db.write(swap)
    await asyncio.to_thread(path_of(data_dir, INCOMING, file.provider_id).unlink, missing_ok=True)


def _kept(data_dir: Path, copy: Path) -> dict[str, Any]:
    content = copy.read_bytes()
    sha256 = save_file(data_dir, content, OUTGOING)
    return {"sha256": sha256, "place": OUTGOING, "mime": "image/jpeg", "size": len(content)}
