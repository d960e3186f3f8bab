"""Files that came with messages, seen from close by: what is kept once for many stays as long as one of them needs it."""

import hashlib
from functools import partial

import sqlalchemy as sa

from storage.schema import attachments
from tests.town import Town

CONTENT = b"%PDF-1.4 the same paper, sent by two people"


async def fetch_and_be_erased(town: Town, provider_id: str) -> bytes:
    mine = sa.update(attachments).where(attachments.c.provider_id == provider_id)
    await town.db.write(lambda db: db.execute(mine.values(status="erased", provider_id="")))
    return CONTENT


async def test_a_file_erased_while_it_was_fetched_leaves_the_same_file_of_somebody_else(town: Town) -> None:
    lan, minh = town.citizen("Lan"), town.citizen("Minh")
    await lan.sends_photo(CONTENT, "Hữu Nghị: tờ khai bị giữ")
    sealed = town.cfg.files / "sealed" / hashlib.sha256(CONTENT).hexdigest()
    assert sealed.exists()
    town.fetcher.fetchers = {"town": partial(fetch_and_be_erased, town)}
    await minh.sends_photo(CONTENT, "Hữu Nghị: cũng tờ khai ấy")
    assert sealed.exists()


async def test_a_file_erased_while_it_was_fetched_leaves_nothing(town: Town) -> None:
    minh = town.citizen("Minh")
    town.fetcher.fetchers = {"town": partial(fetch_and_be_erased, town)}
    await minh.sends_photo(CONTENT, "Hữu Nghị: tờ khai bị giữ")
    assert not (town.cfg.files / "sealed" / hashlib.sha256(CONTENT).hexdigest()).exists()
