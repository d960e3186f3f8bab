"""Files that came with messages, seen from close by: what is kept once for many stays as long as one of them needs it."""

import errno
import hashlib
import os
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.attachments import TRIES, Files
from services.housekeeping import Housekeeper
from storage.database import Unavailable
from storage.messages import Attachment
from storage.schema import attachments
from tests.town import Town

CONTENT = b"%PDF-1.4 the same paper, sent by two people"


async def fetch_and_be_erased(town: Town, provider_id: str) -> bytes:
    mine = sa.update(attachments).where(attachments.c.provider_id == provider_id)
    await town.db.write(lambda db: db.execute(mine.values(status="erased", provider_id="")))
    return CONTENT


def keeper_in_an_hour(town: Town) -> Housekeeper:
    return Housekeeper(town.db, town.cfg, town.clock.now, lambda: datetime.now(UTC) + timedelta(hours=1))


async def test_a_file_erased_while_it_was_fetched_leaves_the_same_file_of_somebody_else(town: Town) -> None:
    lan, minh = town.citizen("Lan"), town.citizen("Minh")
    await lan.sends_photo(CONTENT, "Hữu Nghị: tờ khai bị giữ")
    sealed = town.cfg.files / "sealed" / hashlib.sha256(CONTENT).hexdigest()
    assert sealed.exists()
    town.fetcher.fetchers = {"town": partial(fetch_and_be_erased, town)}
    await minh.sends_photo(CONTENT, "Hữu Nghị: cũng tờ khai ấy")
    await keeper_in_an_hour(town).drop_erased()
    assert sealed.exists()


async def test_a_file_erased_while_it_was_fetched_leaves_nothing(town: Town) -> None:
    minh = town.citizen("Minh")
    town.fetcher.fetchers = {"town": partial(fetch_and_be_erased, town)}
    await minh.sends_photo(CONTENT, "Hữu Nghị: tờ khai bị giữ")
    assert await keeper_in_an_hour(town).drop_erased() == 1
    assert not (town.cfg.files / "sealed" / hashlib.sha256(CONTENT).hexdigest()).exists()


async def test_a_file_erased_while_it_was_fetched_takes_nothing_from_who_is_just_sending_the_same(
    town: Town,
) -> None:
    """Theirs is on the disk, its row not yet committed: whoever deleted now would leave them a row without a file."""
    minh, lan = town.citizen("Minh"), town.citizen("Lan")
    sealed = town.cfg.files / "sealed" / hashlib.sha256(CONTENT).hexdigest()
    town.fetcher.fetchers = {"town": partial(fetch_and_be_erased, town)}
    await minh.sends_photo(CONTENT, "Hữu Nghị: tờ khai bị giữ")
    Files(town.cfg).keep(CONTENT, is_picture=False)
    await Housekeeper(town.db, town.cfg, town.clock.now, lambda: datetime.now(UTC)).drop_erased()
    assert sealed.exists()
    town.fetcher.fetchers = {"town": town.channel.fetch}
    await lan.sends_photo(CONTENT, "Hữu Nghị: cũng tờ khai ấy")
    await keeper_in_an_hour(town).drop_erased()
    assert sealed.exists()


async def test_a_full_disk_is_counted_against_no_file(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    minh = town.citizen("Minh")

    def full(files: Files, content: bytes, is_picture: bool) -> tuple[str, str | None]:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(Files, "keep", full)
        with pytest.raises(Unavailable, match="ENOSPC"):
            await minh.sends_photo(CONTENT, "Hữu Nghị: tờ khai bị giữ")
        for _ in range(TRIES):
            with pytest.raises(Unavailable):
                await town.fetcher.fetch_waiting()
    await town.settles()
    assert (town.cfg.files / "sealed" / hashlib.sha256(CONTENT).hexdigest()).exists()
    assert not minh.sees("không còn tải về được")


async def test_a_copy_that_cannot_be_tidied_ends_nothing_and_is_counted_against_no_file(town: Town) -> None:
    minh = town.citizen("Minh")

    async def full(file: Attachment, copy: Path | None) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    town.fetcher.tidiers = {"town": full}
    await minh.sends_photo(CONTENT, "Hữu Nghị: tờ khai bị giữ")
    assert await _files(town) == [("stored", 0)]


async def test_a_bug_while_a_file_is_stored_is_tried_again_and_ends_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    minh = town.citizen("Minh")
    with monkeypatch.context() as broken:
        broken.setattr("services.attachments.messages.attachment_stored", lambda *_: 1 // 0)
        await minh.sends_photo(CONTENT, "Hữu Nghị: tờ khai bị giữ")
        assert await _files(town) == [("waiting", 1)]
    await town.passes(minutes=1)
    assert await _files(town) == [("stored", 1)]


async def _files(town: Town) -> list[tuple[str, int]]:
    query = sa.select(attachments.c.status, attachments.c.attempts)
    return [(row.status, row.attempts) for row in await town.db.read(lambda db: db.execute(query).all())]


def test_the_same_picture_may_come_twice_in_one_moment(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    files, sync, others = Files(town.cfg), os.fsync, list[tuple[str, str | None]]()

    def interrupted(handle: int) -> None:
        monkeypatch.setattr(os, "fsync", sync)
        others.append(files.keep(CONTENT, False))
        sync(handle)

    monkeypatch.setattr(os, "fsync", interrupted)
    assert [files.keep(CONTENT, False)] == others
    assert files.original(others[0][0]) == CONTENT
    assert [path.name for path in (town.cfg.files / "sealed").iterdir()] == [others[0][0]]
