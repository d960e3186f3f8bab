"""Writing and pressing: accepted only when stored, once for each sending, refused in a sentence."""

import asyncio
import hashlib
import sqlite3
from uuid import uuid4

import pytest

from tests.web_page import House

PDF = ("phieu.pdf", b"%PDF-1.7 a document", "application/pdf")
MEGABYTE = 1024 * 1024


async def stored_texts(house: House) -> list[str]:
    return [frame["text"] for frame in await house.waiting() if frame["kind"] == "message"][1:]


async def test_it_is_accepted_only_after_the_commit(house: House) -> None:
    window = await house.window()
    path = house.program.settings.data_dir / "hotline.db"
    other = sqlite3.connect(path, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        sending = asyncio.create_task(window.says("Xe chờ từ sáng"))
        done, _ = await asyncio.wait({sending}, timeout=0.4)
        assert not done, "nothing can be committed yet"
        other.execute("ROLLBACK")
        assert (await sending).status_code == 200
        (found,) = other.execute(
            "SELECT count(*) FROM inbox WHERE raw LIKE '%sáng%' OR raw LIKE '%s\\u00e1ng%'"
        ).fetchone()
        assert found == 1
    finally:
        other.close()


async def test_what_cannot_be_stored_is_refused_in_words_and_not_promised(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = await house.window()

    async def fails(*_: object) -> None:
        raise RuntimeError("secret words")

    with monkeypatch.context() as broken:
        broken.setattr(type(house.program.db), "write", fails)
        answer = await window.says("Xe chờ từ sáng")
    assert answer.status_code == 500
    assert "trục trặc" in answer.json()["error"]
    assert "secret words" not in answer.text
    assert await stored_texts(house) == []


async def test_the_same_sending_twice_is_one_message(house: House) -> None:
    window, name = await house.window(), str(uuid4())
    first = await window.says("Xe chờ từ sáng", client_id=name)
    second = await window.says("Xe chờ từ sáng", client_id=name)
    assert first.json() == second.json()
    assert first.json()["row"]["client_id"] == name
    assert await stored_texts(house) == ["Xe chờ từ sáng"]
    assert [row["text"] for row in await window.rows()].count("Xe chờ từ sáng") == 1


async def test_two_tries_at_once_are_one_message(house: House) -> None:
    window, name = await house.window(), str(uuid4())
    both = await asyncio.gather(*(window.says("Một lần", [PDF], name) for _ in range(2)))
    assert [answer.status_code for answer in both] == [200, 200]
    assert await stored_texts(house) == ["Một lần"]
    assert len(house.incoming()) == 1


async def test_two_browsers_may_use_the_same_name_for_a_sending(house: House) -> None:
    name = str(uuid4())
    await (await house.window()).says("Của tôi", client_id=name)
    await (await house.window()).says("Của anh", client_id=name)
    assert {"Của tôi", "Của anh"} <= {frame["text"] for frame in await house.waiting()}


async def test_a_file_is_kept_by_its_sha256(house: House) -> None:
    window = await house.window()
    answer = await window.says("Kèm phiếu", [PDF])
    digest = hashlib.sha256(PDF[1]).hexdigest()
    assert answer.status_code == 200
    assert house.incoming() == [digest]
    (file,) = answer.json()["row"]["files"]
    assert file == {"sha256": digest, "kind": "document", "name": "phieu.pdf", "size": len(PDF[1])}


async def test_a_file_alone_is_a_message(house: House) -> None:
    assert (await (await house.window()).says("", [PDF])).status_code == 200


async def test_a_file_of_25_mb_is_refused_in_a_sentence_and_nothing_is_kept(house: House) -> None:
    window = await house.window()
    answer = await window.says("Kèm phim", [PDF, ("phim.mp4", bytes(25 * MEGABYTE), "video/mp4")])
    assert answer.status_code == 413
    assert "phim.mp4" in answer.json()["error"]
    assert "20 MB" in answer.json()["error"]
    assert house.incoming() == []
    assert await stored_texts(house) == []


async def test_a_file_of_exactly_20_mb_is_taken(house: House) -> None:
    answer = await (await house.window()).says(
        "", [("a.bin", bytes(20 * MEGABYTE), "application/octet-stream")]
    )
    assert answer.status_code == 200


async def test_eleven_files_are_too_many(house: House) -> None:
    answer = await (await house.window()).says("Nhiều tệp", [PDF] * 11)
    assert answer.status_code == 413
    assert "10" in answer.json()["error"]
    assert house.incoming() == []


async def test_a_disk_that_refuses_is_told_and_the_page_may_try_again(house: House) -> None:
    window = await house.window()
    folder = house.program.settings.files
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "incoming").write_text("a file where a folder should be")
    answer = await window.says("Kèm phiếu", [PDF])
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert await stored_texts(house) == []


@pytest.mark.parametrize(("size", "status"), [(100 * 1024, 200), (100 * 1024 + 1, 413)])
async def test_a_text_may_have_100_kb(house: House, size: int, status: int) -> None:
    window = await house.window()
    answer = await window.says("a" * size)
    assert answer.status_code == status
    assert await stored_texts(house) == (["a" * size] if status == 200 else [])
    if status == 413:
        assert "100 KB" in answer.json()["error"]


@pytest.mark.parametrize("text", ["", "  \n\t "])
async def test_an_empty_message_is_refused(house: House, text: str) -> None:
    answer = await (await house.window()).says(text)
    assert answer.status_code == 422
    assert answer.json()["error"]
    assert await stored_texts(house) == []


async def test_markup_is_text(house: House) -> None:
    window, words = await house.window(), '<b>xe</b> & "<script>alert(1)</script>"'
    assert (await window.says(words)).json()["row"]["text"] == words
    assert await stored_texts(house) == [words]


async def test_line_ends_are_ours_and_nul_goes(house: House) -> None:
    await (await house.window()).says("một\r\nhai\x00ba")
    assert await stored_texts(house) == ["một\nhaiba"]


@pytest.mark.parametrize("name", ["1", "not-a-uuid", "../x"])
async def test_a_sending_without_a_proper_name_keeps_no_file(house: House, name: str) -> None:
    answer = await (await house.window()).says("Kèm phiếu", [PDF], client_id=name)
    assert answer.status_code == 400
    assert house.incoming() == []


async def test_a_press_is_stored_once_and_echoes_nothing(house: House) -> None:
    window, name = await house.window(), str(uuid4())
    before = await window.rows()
    for _ in range(2):
        assert (await window.presses("x:1", "77", name)).status_code == 200
    (press,) = [frame for frame in await house.waiting() if frame["kind"] == "press"]
    assert (press["payload"], press["message_id"]) == ("x:1", "77")
    assert await window.rows() == before


@pytest.mark.parametrize("payload", ["", "a" * 65, "nút", "a b", None, 7])
async def test_a_press_that_no_button_carries_is_refused(house: House, payload: object) -> None:
    body = {"client_id": str(uuid4()), "payload": payload}
    assert (await (await house.window()).posts_json("presses", body)).status_code == 400


@pytest.mark.parametrize("body", [[], "x", 3, None])
async def test_a_body_that_is_no_object_is_refused(house: House, body: object) -> None:
    assert (await (await house.window()).posts_json("presses", body)).status_code == 400
