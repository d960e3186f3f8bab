"""Pictures and documents after they came: the original sealed, a copy without a place shown, and only where it belongs."""

import hashlib
from uuid import uuid4

from bot.web.files import path_of, photo_mime, save_file
from tests.web_page import House, Window
from tests.witness import has_place, picture_with_place

PETITION = "Cán bộ bãi Xuân Cương ở Hữu Nghị vòi tiền bồi dưỡng 500 nghìn mới cho xe qua"
COMPLAINT = "Xe chờ 4 tiếng ở cửa khẩu Hữu Nghị, không ai hướng dẫn"


def photo() -> tuple[str, bytes, str]:
    return "anh.jpg", picture_with_place(), "image/jpeg"


async def bubble(window: Window, text: str) -> dict[str, object]:
    return next(row for row in await window.rows() if row["text"] == text)


async def test_the_raw_upload_goes_and_the_page_shows_the_copy_without_a_place(house: House) -> None:
    window = await house.window()
    sent = (await window.says(COMPLAINT, [photo()])).json()["row"]
    assert house.incoming() == [sent["files"][0]["sha256"]]
    await house.program.settle()
    assert house.incoming() == []
    now = await bubble(window, COMPLAINT)
    assert int(now["seq"]) > int(sent["seq"]), "open pages hear of it"
    shown = await window.browser.get(f"/chat/files/{now['files'][0]['sha256']}")
    assert shown.status_code == 200
    assert shown.headers["content-type"] == "image/jpeg"
    assert "inline" in shown.headers["content-disposition"]
    assert not has_place(shown.content)


async def test_a_sealed_ticket_shows_a_lock_and_no_file(house: House) -> None:
    window = await house.window()
    await window.says(PETITION, [photo()])
    await house.program.settle()
    rows = await window.rows()
    assert "🔒" in [row["text"] for row in rows]
    assert PETITION not in str(rows)
    assert not any(row["files"] for row in rows)
    assert house.incoming() == []
    digest = hashlib.sha256(photo()[1]).hexdigest()
    assert (await window.browser.get(f"/chat/files/{digest}")).status_code == 404


async def test_a_retry_after_sealing_brings_no_raw_copy_back(house: House) -> None:
    window, name = await house.window(), str(uuid4())
    await window.says(PETITION, [photo()], name)
    await house.program.settle()
    answer = await window.says(PETITION, [photo()], name)
    await house.program.settle()
    assert answer.status_code == 200
    assert answer.json()["row"]["text"] == "🔒"
    assert house.incoming() == []


async def test_a_file_is_shown_in_no_other_chat(house: House) -> None:
    window = await house.window()
    await window.says(COMPLAINT, [photo()])
    await house.program.settle()
    digest = (await bubble(window, COMPLAINT))["files"][0]["sha256"]
    other = await house.window()
    assert (await other.browser.get(f"/chat/files/{digest}")).status_code == 404
    assert (await house.browser().get(f"/chat/files/{digest}")).status_code == 404


async def test_what_is_no_picture_is_saved_and_never_opened(house: House) -> None:
    window = await house.window()
    page = ("anh.jpg", b"<html><script>alert(1)</script>", "image/jpeg")
    (file,) = (await window.says("Kèm ảnh", [page])).json()["row"]["files"]
    assert file["kind"] == "document"
    answer = await window.browser.get(f"/chat/files/{file['sha256']}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_a_name_is_no_path(house: House) -> None:
    window = await house.window()
    for name in ("../../phieu.pdf", "C:\\giấy tờ\\phieu.pdf"):
        (file,) = (await window.says("Kèm", [(name, b"%PDF", "application/pdf")])).json()["row"]["files"]
        assert file["name"] == "phieu.pdf"


async def test_other_addresses_under_files_are_not_found(house: House) -> None:
    window = await house.window()
    for name in ("x", "0" * 64, "%25" * 22, "..%2f..%2fhotline.db"):
        assert (await window.browser.get(f"/chat/files/{name}")).status_code == 404


async def test_older_bubbles_come_page_by_page(house: House) -> None:
    window = await house.window()
    for number in range(60):
        house.seconds += 2  # not faster than one browser may write
        assert (await window.says(f"tin {number}")).status_code == 200
    newest = await window.history()
    older = await window.history(before=newest["rows"][0]["id"])
    assert newest["older"]
    assert not older["older"]
    said = [row["text"] for row in [*older["rows"], *newest["rows"]] if row["kind"] == "message"]
    assert said == [f"tin {number}" for number in range(60)]


async def test_asking_for_changes_goes_on_from_the_last_one(house: House) -> None:
    window = await house.window()
    seq = (await window.history())["seq"]
    await window.says("Xe chờ từ sáng")
    changed = await window.history(after=seq)
    assert [row["text"] for row in changed["rows"]] == ["Xe chờ từ sáng"]
    assert (await window.history(after=changed["seq"]))["rows"] == []


async def test_a_page_ahead_of_the_server_begins_anew(house: House) -> None:
    window = await house.window()
    for ahead in ("500", "9" * 19):
        assert (await window.history(after=ahead))["reset"]
    assert (await window.history(before="9" * 19))["rows"]
    assert (await window.history(before="x"))["rows"]


def test_the_same_content_is_one_file_and_nothing_is_left_half_written(tmp_path) -> None:
    first, second = save_file(tmp_path, b"phieu"), save_file(tmp_path, b"phieu")
    assert first == second == hashlib.sha256(b"phieu").hexdigest()
    stored = path_of(tmp_path, "incoming", first)
    assert [path.name for path in stored.parent.iterdir()] == [first]
    assert stored.stat().st_mode & 0o077 == 0


def test_a_picture_is_told_by_its_first_bytes() -> None:
    assert photo_mime(b"\x89PNG\r\n\x1a\n....") == "image/png"
    assert photo_mime(b"RIFF....WEBPVP8 ") == "image/webp"
    assert photo_mime(b"GIF89a") == "image/gif"
    assert photo_mime(b"<svg onload=") is None
    assert photo_mime(b"") is None
