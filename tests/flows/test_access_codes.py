"""One-time link codes and lookups by key: who may, how often, and what is shown – never a name."""

from dataclasses import replace

import pytest

from core.people import Role
from services import directory, linking
from services.reference import reference
from storage import people, tickets
from tests.town import Citizen, Town
from tests.witness import everything_read


async def code_for(town: Town, name: str = "An", role: Role = Role.DUTY) -> tuple[int, str]:
    now = town.clock.now()
    added = await town.db.write(
        lambda db: directory.add_person(db, reference(db), name, role, now, gate="HN")
    )
    return added[0], added[1]


async def person_of(town: Town, citizen: Citizen) -> people.Person:
    identity = await town.identity_of(citizen)
    found = await town.db.read(lambda db: people.person(db, identity.person_id or 0))
    assert found is not None
    return found


@pytest.mark.parametrize(
    "typed",
    [
        "/start link_{code}",
        "/link {code}",
        "/lienket {code}",
        "/start link_{lower}",
        "/link   {spaced} ",
        "/LINK {lower}",
    ],
)
async def test_a_code_links_however_it_is_typed(town: Town, typed: str) -> None:
    person_id, code = await code_for(town)
    an = town.citizen("Máy của An")
    await an.says(typed.format(code=code, lower=code.lower(), spaced=f"{code[:5]} {code[5:]}"))
    assert (await person_of(town, an)).id == person_id
    assert an.sees("An")


async def test_a_code_works_once_and_for_its_own_chat_again(town: Town) -> None:
    _, code = await code_for(town)
    an, thief = town.citizen("An"), town.citizen("Kẻ nhặt được")
    await an.says(f"/start link_{code}")
    await thief.says(f"/start link_{code}")
    assert thief.sees("đã được dùng")
    assert not (await person_of(town, thief)).is_staff
    await an.says(f"/start link_{code}")
    assert not an.sees("đã được dùng"), "the same link tapped twice is no fault"


async def test_a_code_lives_for_a_day(town: Town) -> None:
    _, code = await code_for(town)
    an = town.citizen("An")
    await town.passes(hours=24)
    await an.says(f"/start link_{code}")
    assert an.sees("đã quá 24 giờ")
    assert not (await person_of(town, an)).is_staff


async def test_a_code_of_somebody_who_left_meanwhile_links_nobody(town: Town) -> None:
    person_id, code = await code_for(town)
    await town.db.write(lambda db: people.update_person(db, person_id, active=False))  # type: ignore[arg-type]
    an = town.citizen("An")
    await an.says(f"/start link_{code}")
    assert not (await person_of(town, an)).is_staff


async def test_guessing_stops_after_five_and_begins_again_later(town: Town) -> None:
    _, code = await code_for(town)
    guesser = town.citizen("Kẻ đoán mò")
    for number in range(5):
        await guesser.says(f"/start link_BBBBBBBBB{number}")
    assert guesser.reads() == ["Mã liên kết không đúng. Anh/Chị kiểm tra lại từng ký tự."] * 5
    await guesser.says(f"/start link_{code}")
    assert guesser.sees("Thử sai quá nhiều lần")
    assert not (await person_of(town, guesser)).is_staff
    await town.passes(minutes=16)
    await guesser.says(f"/start link_{code}")
    assert (await person_of(town, guesser)).is_staff


async def test_one_guesser_shuts_nobody_else_out(town: Town) -> None:
    _, code = await code_for(town)
    guesser, an = town.citizen("Kẻ đoán mò"), town.citizen("An")
    for _ in range(8):
        await guesser.says("/start link_BBBBBBBBBB")
    await an.says(f"/start link_{code}")
    assert (await person_of(town, an)).is_staff


@pytest.mark.parametrize(
    "typed", ["/start link_", "/link", "/link 💥", "/start link_\ud83d", "/link " + "B" * 3000]
)
async def test_codes_that_are_none_are_answered(town: Town, typed: str) -> None:
    an = town.citizen("An")
    await an.says(typed)
    assert an.sees("Mã liên kết không đúng")


async def test_a_code_written_into_a_group_links_nobody(town: Town) -> None:
    _, code = await code_for(town)
    an = town.citizen("An")
    await an.says(f"/start link_{code}", group="-100")
    other = town.citizen("An thật")
    await other.says(f"/start link_{code}")
    assert (await person_of(town, other)).is_staff


async def test_a_linked_officer_sees_the_queue_at_once(town: Town) -> None:
    await town.citizen("Lái xe").says("Hữu Nghị: xe chờ lâu")
    an = await town.staff("An", gate="HN")
    assert an.newest().button("Nhận xử lý") is not None


async def test_whoever_has_code_and_key_follows_a_ticket_from_any_channel(town: Town) -> None:
    driver, an, boss = (
        town.citizen("Nguyễn Văn Lái"),
        await town.staff("An", gate="HN"),
        town.citizen("Chủ xe"),
    )
    await driver.says("Hữu Nghị: xe 12C-123.45 chờ lâu")
    await an.presses("Nhận xử lý")
    await an.presses("Trả lời")
    await an.says("Xe sẽ qua trong 30 phút.")
    ticket = await town.ticket()
    await boss.says(f"/tracuu {ticket.code.lower()}   {ticket.key.lower()} ")
    shown = boss.newest(ticket.code).text
    assert "đang xử lý" in shown
    assert "Xe sẽ qua trong 30 phút." in shown
    assert "19:00" in shown
    assert not any(word in shown for word in ("Nguyễn", "An\n", "12C", "chờ lâu"))


async def test_the_own_ticket_needs_no_key(town: Town) -> None:
    driver = town.citizen("Lái xe")
    await driver.says("Hữu Nghị: xe chờ lâu")
    await driver.says(f"/tracuu {(await town.ticket()).code}")
    assert driver.sees("Tình trạng: đã tiếp nhận")


async def test_wrong_keys_and_unknown_codes_are_told_apart_by_nobody_and_counted(town: Town) -> None:
    driver, guesser = town.citizen("Lái xe"), town.citizen("Kẻ đoán mò")
    await driver.says("Hữu Nghị: xe chờ lâu")
    ticket = await town.ticket()
    for typed in (
        f"{ticket.code} 2222",
        "DDLS-261122-0999 2222",
        f"{ticket.code}",
        "abc 1",
        f"{ticket.code} \ud83d",
    ):
        await guesser.says(f"/tracuu {typed}")
    assert len(set(guesser.reads())) == 1
    await guesser.says(f"/tracuu {ticket.code} {ticket.key}")
    assert guesser.sees("Thử sai quá nhiều lần")
    assert not guesser.sees("Tình trạng")
    await driver.says(f"/tracuu {ticket.code}")
    assert driver.sees("Tình trạng"), "who wrote it is not shut out"


async def test_fresh_chats_do_not_buy_more_guesses_at_one_ticket(town: Town) -> None:
    driver = town.citizen("Lái xe")
    await driver.says("Hữu Nghị: xe chờ lâu")
    ticket = await town.ticket()
    for _ in range(10):
        guesser = town.citizen("Kẻ đoán mò")
        for _ in range(3):
            await guesser.says(f"/tracuu {ticket.code} 2222")
    late = town.citizen("Kẻ đến sau")
    await late.says(f"/tracuu {ticket.code} {ticket.key}")
    assert late.sees("Thử sai quá nhiều lần")
    await driver.says(f"/tracuu {ticket.code}")
    assert driver.sees("Tình trạng"), "who wrote it is not shut out"
    town.clock.passes(minutes=16)
    await late.says(f"/tracuu {ticket.code} {ticket.key}")
    assert late.sees("Tình trạng")


async def test_the_senders_list_shows_stages_and_opens_each(town: Town) -> None:
    driver, _an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says("/phieu")
    assert driver.sees("chưa có phiếu nào")
    await driver.says("Hữu Nghị: xe chờ lâu")
    await driver.says("/phieu")
    await driver.presses("Xem …261122-0001")
    assert driver.newest().text.startswith("Phiếu DDLS-261122-0001")
    assert "An" not in driver.newest().text


async def test_ones_own_data_is_told_in_words_and_not_in_codes(town: Town) -> None:
    driver = town.citizen("Lái xe", "zh-hans")
    head = await town.staff("An", Role.DUTY, gate="HN", unit="TTQLCK")
    await driver.says("友谊关堵车")
    await driver.says("/dulieucuatoi")
    await head.says("/dulieucuatoi")
    said = head.newest("Dữ liệu Ban Quản lý").text
    for words in (
        "Vai trò: cán bộ trực",
        "Đơn vị: Trung tâm Quản lý cửa khẩu",
        "Cửa khẩu: Cửa khẩu quốc tế Hữu Nghị",
        "Ngôn ngữ: Tiếng Việt",
    ):
        assert words in said
    assert not any(code in said for code in ("duty", "TTQLCK", ": vi", ": town"))
    assert "中文" in driver.newest().text
    assert "zh" not in driver.newest().text


async def test_help_says_to_each_what_is_theirs(town: Town) -> None:
    driver, an = town.citizen("Lái xe"), await town.staff("An", gate="HN")
    await driver.says("/trogiup")
    await an.says("/trogiup")
    assert "/viec" not in driver.newest().text
    assert "/viec" in an.newest().text


async def test_a_new_telephone_of_an_officer_is_linked_beside_the_old_one(town: Town) -> None:
    an = await town.staff("An", gate="HN")
    now = town.clock.now()
    code, _ = await town.db.write(lambda db: linking.new_link_code(db, an.person_id, now))  # type: ignore[arg-type]
    new = replace(an, chat_id="c-new", name="An (máy mới)")
    town.clock.passes(minutes=1)
    await new.says(f"/start link_{code}")
    await town.citizen("Lái xe").says("Hữu Nghị: xe chờ lâu")
    assert new.sees("xe chờ lâu")
    await new.presses("Nhận xử lý")
    found = await town.db.read(lambda db: tickets.held_by(db, an.person_id))  # type: ignore[arg-type]
    assert len(found) == 1
    assert "xe chờ lâu" not in everything_read(town.citizen("ai đó"))


async def test_who_complained_before_being_linked_still_gets_the_answer(town: Town) -> None:
    binh = await town.staff("Bình", gate="HN")
    an = town.citizen("An")
    await an.says("Hữu Nghị: phòng trực không có nước")
    await binh.presses("Nhận xử lý")
    _, code = await code_for(town)
    await an.says(f"/start link_{code}")
    await binh.presses("Trả lời")
    await binh.says("Nước đã có lại.")
    assert an.sees("Nước đã có lại.")
    await an.says(f"/tracuu {(await town.ticket()).code}")
    assert an.sees("Tình trạng")
