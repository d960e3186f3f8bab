"""Gộp phiếu: two drivers in one jam – one ticket, one officer, and both read what becomes of it under the code they know."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from bot.payloads import SURE, Action, write
from core.people import Person, Role
from core.ticket import Closure, Status, Ticket, TicketClass
from services import privacy
from services.verify import verify
from storage import messages, people, schema
from tests.clock_cast import hanoi
from tests.town import Citizen, Town

JAM = "Hữu Nghị: kẹt xe từ sáng, không ai điều tiết"
SAME = "Hữu Nghị: đường vào bãi tắc cứng"
DONE = "Đã điều tiết xong làn xe, các xe chờ đã thông quan hết."


@dataclass(slots=True)
class Jam:
    """Two drivers who told of the same jam; An holds the first ticket."""

    town: Town
    nam: Citizen
    lan: Citizen
    an: Citizen

    async def both(self) -> tuple[Ticket, Ticket]:
        main, other = await self.town.tickets()
        return main, other

    async def join(self, by: Citizen | None = None) -> None:
        """The second ticket goes on under the first; a minute later."""
        main, other = await self.both()
        officer = by or self.an
        await officer.presses_payload(write(Action.JOIN, other.id))
        await officer.presses(f"Gộp vào …{main.code[5:]}")
        await officer.presses("Gộp")
        await self.town.passes(minutes=1)


async def jam(town: Town, second: str = SAME) -> Jam:
    an = await town.staff("Cán bộ An", gate="HN")
    nam, lan = town.citizen("Lái xe Nam"), town.citizen("Chị Lan")
    await nam.says(JAM)
    await an.presses("Nhận xử lý")
    await lan.says(second)
    return Jam(town, nam, lan, an)


async def answer(officer: Citizen, ticket: Ticket, words: str) -> None:
    await officer.presses_payload(write(Action.REPLY, ticket.id))
    await officer.says(words)


async def resolve(officer: Citizen, ticket: Ticket, words: str = DONE) -> None:
    await officer.presses_payload(write(Action.RESOLVE, ticket.id))
    await officer.says(words)


async def test_the_menu_offers_the_open_tickets_of_the_gate_with_their_first_words(town: Town) -> None:
    told = await jam(town)
    cam = town.citizen("Người ở Chi Ma")
    await cam.says("Chi Ma: mất điện ở bãi")
    main, other, elsewhere = await town.tickets()
    await told.an.presses_payload(write(Action.JOIN, other.id))
    menu = told.an.newest("cùng việc với phiếu nào")
    assert main.code in menu.text
    assert "kẹt xe từ sáng" in menu.text
    assert elsewhere.code not in menu.text
    assert menu.button(f"Gộp vào …{other.code[5:]}") is None


async def test_two_drivers_one_jam_one_ticket_and_both_read_the_answers(town: Town) -> None:
    told = await jam(town)
    await told.join()
    main, other = await told.both()
    assert (other.status, other.closure, other.joined_to) == (Status.CLOSED, Closure.JOINED, main.id)
    assert main.joined_count == 1
    assert told.lan.sees(f"Phiếu {other.code} và phiếu {main.code} cùng một việc")
    assert not told.nam.sees(other.code), "the first driver learns nothing of the second"

    await answer(told.an, main, "Trung tâm đã cử người điều tiết.")
    assert "Trung tâm đã cử người" in told.nam.newest("điều tiết").text
    assert other.code in told.lan.newest("Trung tâm đã cử người").text

    await resolve(told.an, main)
    assert told.lan.newest(DONE).button("Hài lòng") is not None
    assert told.nam.newest(DONE).button("Hài lòng") is not None
    await told.lan.presses("Hài lòng")
    assert (await told.both())[0].status is Status.CLOSED
    assert "Cảm ơn" in told.lan.reads()[-1]
    assert not (await town.db.read(verify)).findings


async def test_a_code_can_be_typed_and_a_wrong_one_asked_again(town: Town) -> None:
    told = await jam(town)
    main, other = await told.both()
    await told.an.presses_payload(write(Action.JOIN, other.id))
    await told.an.says("261122-9999")
    assert told.an.sees("Không có phiếu 261122-9999")
    await told.an.says(main.code[5:].lower())
    await told.an.presses("Gộp")
    assert (await told.both())[1].joined_to == main.id


async def test_the_second_drivers_later_words_go_into_the_ticket_that_goes_on(town: Town) -> None:
    told = await jam(town)
    await told.join()
    await told.lan.says("Giờ lại thêm một xe chết máy giữa đường")
    main, other = await told.both()
    assert len(await town.tickets()) == 2
    assert told.an.newest("chết máy").button("Trả lời") is not None
    assert other.code in told.lan.reads()[-1]
    assert main.code not in told.lan.reads()[-1]
    words = await town.db.read(lambda db: [one.text for one in messages.of_ticket(db, main.id, "in")])
    assert words == [JAM, "Giờ lại thêm một xe chết máy giữa đường"]


async def test_both_codes_show_how_the_matter_stands(town: Town) -> None:
    told = await jam(town)
    await answer(told.an, (await told.both())[0], "Câu trả lời chỉ cho lái xe Nam.")
    await told.join()
    main, other = await told.both()
    await answer(told.an, main, "Đã cử người điều tiết.")
    stranger = town.citizen("Chủ hàng")
    await stranger.says(f"/tracuu {other.code} {other.key}")
    shown = stranger.reads()[-1]
    assert "đang xử lý" in shown
    assert f"xử lý chung với phiếu {main.code}" in shown
    assert "Đã cử người" in shown
    assert "chỉ cho lái xe Nam" not in shown, "what was told to others before is theirs"
    await told.lan.says("/phieu")
    assert f"{other.code} – đang xử lý" in told.lan.reads()[-1]
    await resolve(told.an, main)
    await told.lan.says("/phieu")
    assert f"{other.code} – đã có kết quả" in told.lan.reads()[-1]


async def test_the_earlier_due_time_holds_and_its_ladder_with_it(town: Town) -> None:
    an = await town.staff("Cán bộ An", gate="HN")
    nam, lan = town.citizen("Nam"), town.citizen("Lan")
    await town.until(16, 30)
    await nam.says(SAME)
    await town.until(17, 30)
    await lan.says(JAM)
    early, late = await town.tickets()
    assert hanoi(late.due_at) == "23/11 11:00"
    await an.presses_payload(write(Action.JOIN, early.id))
    await an.presses(f"Gộp vào …{late.code[5:]}")
    await an.presses("Gộp")
    joined = (await town.tickets())[1]
    assert hanoi(joined.due_at) == "22/11 19:00"
    await town.until(19, 1)
    assert (await town.tickets())[1].breached_at == joined.due_at
    assert (await town.tickets())[0].breached_at is None, "the ticket that ended has no clock any more"


async def test_what_nobody_held_goes_to_whoever_held_the_other(town: Town) -> None:
    told = await jam(town)
    first, second = await told.both()
    await told.an.presses_payload(write(Action.JOIN, first.id))
    await told.an.presses(f"Gộp vào …{second.code[5:]}")
    await told.an.presses("Gộp")
    first, second = await told.both()
    assert (second.holder_id, second.status) == (told.an.person_id, Status.IN_PROGRESS)
    assert first.joined_to == second.id


async def test_a_missed_promise_is_not_lost_by_joining(town: Town) -> None:
    told = await jam(town)
    await town.until(19, 30)
    third = town.citizen("Người thứ ba")
    await third.says("Hữu Nghị: vẫn tắc đường")
    missed, _, fresh = await town.tickets()
    assert missed.breached_at
    assert fresh.breached_at is None
    await told.an.presses_payload(write(Action.JOIN, missed.id, f"{fresh.id}{SURE}"))
    joined = (await town.tickets())[2]
    assert joined.breached_at == missed.breached_at
    assert joined.due_at == missed.due_at
    assert not third.sees("xin lỗi"), "nothing was promised to them for yesterday"


async def test_an_urgent_one_raises_the_class_of_the_other(town: Town) -> None:
    told = await jam(town, "Hữu Nghị: xe container đang bốc cháy trong đám kẹt xe")
    assert [one.ticket_class for one in await told.both()] == [TicketClass.NORMAL, TicketClass.URGENT]
    await told.join()
    main, other = await told.both()
    assert main.ticket_class is TicketClass.URGENT
    assert main.due_at == other.due_at


async def test_a_sender_who_told_it_twice_hears_each_answer_once(town: Town) -> None:
    an, nam = await town.staff("Cán bộ An", gate="HN"), town.citizen("Nam")
    await nam.says(JAM)
    await an.presses("Nhận xử lý")
    await nam.says("thêm một điều")
    await nam.presses("Việc khác")
    await nam.says(SAME)
    main, other = await town.tickets()
    await an.presses_payload(write(Action.JOIN, other.id, f"{main.id}{SURE}"))
    await answer(an, main, "Đã cử người điều tiết.")
    assert sum("Đã cử người" in text for text in nam.reads()) == 1


async def test_whoever_told_it_later_is_still_owed_a_word_of_a_person(town: Town) -> None:
    told = await jam(town)
    await answer(told.an, (await told.both())[0], "Đã cử người điều tiết.")
    await told.join()
    other = (await told.both())[1]
    await town.passes(minutes=31)
    assert told.an.sees(f"người phản ánh của {other.code} (gộp sau) chưa được cán bộ trả lời")


async def test_nobody_is_reminded_of_a_word_that_was_given(town: Town) -> None:
    told = await jam(town)
    await answer(told.an, (await told.both())[0], "Đã cử người điều tiết.")
    await told.join()
    await answer(told.an, (await told.both())[0], "Còn khoảng 30 phút nữa.")
    await town.passes(minutes=31)
    assert not told.an.sees("(gộp sau)")


async def test_of_the_other_agency_the_second_sender_hears_at_once(town: Town) -> None:
    told = await jam(town)
    leader = await town.staff("Lãnh đạo Giang", Role.LEADER)
    await told.an.presses("Chờ cơ quan khác")
    await told.an.says("Cảnh sát giao thông")
    await told.an.says("24/11/2026")
    await told.an.presses(leader.name)
    await told.join()
    assert told.lan.sees("Cảnh sát giao thông")
    assert told.lan.sees("24/11/2026")
    assert (await told.both())[0].amber


async def test_the_answer_to_a_question_may_come_from_either(town: Town) -> None:
    told = await jam(town)
    await told.join()
    main, _ = await told.both()
    await told.an.presses_payload(write(Action.ASK, main.id))
    await told.an.says("Đoàn xe bắt đầu từ đâu?")
    assert (await told.both())[0].status is Status.WAITING_SENDER
    assert told.lan.sees("Đoàn xe bắt đầu từ đâu?")
    await told.lan.says("Từ cây xăng")
    assert (await told.both())[0].status is Status.IN_PROGRESS


async def test_either_of_them_reopens_and_both_hear_of_it(town: Town) -> None:
    told = await jam(town)
    await told.join()
    await resolve(told.an, (await told.both())[0])
    await told.lan.presses("Không hài lòng")
    await told.lan.presses("Mở lại")
    main, other = await told.both()
    assert (main.status, main.cycle) == (Status.NEW, 2)
    assert other.status is Status.CLOSED
    assert other.code in told.lan.newest("mở lại").text
    assert main.code in told.nam.newest("mở lại").text


async def test_joining_once_more_takes_along_what_was_joined_before(town: Town) -> None:
    told = await jam(town)
    await told.join()
    third = town.citizen("Người thứ ba")
    await third.says("Hữu Nghị: tắc đường")
    first, second, last = await town.tickets()
    await told.an.presses_payload(write(Action.JOIN, first.id, f"{last.id}{SURE}"))
    first, second, last = await town.tickets()
    assert (first.joined_to, second.joined_to, last.joined_count) == (last.id, last.id, 2)
    await answer(told.an, last, "Đã cử người điều tiết.")
    for citizen in (told.nam, told.lan, third):
        assert citizen.sees("Đã cử người điều tiết.")


async def test_whoever_cannot_be_written_to_is_telephoned(town: Town) -> None:
    told = await jam(town, SAME + ", gọi 0912345678")
    await told.join()
    main, other = await told.both()
    await told.lan.blocks()
    await resolve(told.an, main)
    call = told.an.newest("0912345678")
    assert other.code in call.text
    assert call.button("Đã gọi điện") is None
    assert (await told.both())[0].status is Status.RESOLVED, "the first driver has read it"


async def test_the_card_tells_who_else_reads_and_where_the_other_went(town: Town) -> None:
    told = await jam(town)
    binh = await town.staff("Bình", gate="HN")
    await told.join()
    main, other = await told.both()
    assert f"Gộp chung: {other.code}" in told.an.newest(f"Gộp chung: {other.code}").text
    await binh.presses_payload(write(Action.SHOW, other.id, "full"))
    assert f"Đã gộp vào phiếu {main.code}" in binh.reads()[-1]
    await binh.presses_payload(write(Action.SHOW, main.id, "full"))
    assert "tắc cứng" in binh.reads()[-1]


async def test_the_holder_of_the_other_one_hears_who_goes_on_with_it(town: Town) -> None:
    told = await jam(town)
    binh = await town.staff("Bình", gate="HN")
    main, other = await told.both()
    await binh.presses_payload(write(Action.CLAIM, other.id))
    await told.join(by=await town.staff("Văn phòng Hà", Role.OFFICE))
    assert binh.sees(f"Phiếu {other.code} đã được gộp vào phiếu {main.code}")


@pytest.mark.parametrize(
    ("role", "more"),
    [(Role.DUTY, {"gate": "CM"}), (Role.OFFICER, {"unit": "PCM"}), (Role.ADMIN, {}), (Role.SENDER, {})],
)
async def test_whoever_may_not_act_on_both_joins_nothing(
    town: Town, role: Role, more: dict[str, str]
) -> None:
    told = await jam(town)
    other_man = town.citizen("Ai đó") if role is Role.SENDER else await town.staff("Ai đó", role, **more)
    before = await told.both()
    for argument in ("", str(before[0].id), "1", "x", str(2**70)):
        await other_man.presses_payload(write(Action.JOIN, before[1].id, argument))
    assert await told.both() == before
    assert not other_man.sees("kẹt xe")


@pytest.mark.parametrize("role", [Role.OFFICE, Role.LEADER])
async def test_whoever_leads_may_join(town: Town, role: Role) -> None:
    told = await jam(town)
    boss = await town.staff("Trưởng", role)
    await told.join(boss)
    assert (await told.both())[1].closure is Closure.JOINED


async def test_nobody_joins_the_ticket_that_they_wrote(town: Town) -> None:
    told = await jam(town)
    main, other = await told.both()
    own = sa.update(schema.tickets).where(schema.tickets.c.id == other.id)
    await town.db.write(lambda db: db.execute(own.values(sender_id=told.an.person_id)))
    await told.an.presses_payload(write(Action.JOIN, other.id, f"{main.id}{SURE}"))
    assert (await told.both())[1].status is Status.NEW
    assert "không tự xử lý phiếu" in told.an.reads()[-1]


async def test_a_sealed_matter_is_laid_beside_nothing(town: Town) -> None:
    office = await town.staff("Văn phòng", Role.OFFICE)
    told = await jam(town)
    accuser = town.citizen("Người tố cáo")
    await accuser.says("Hữu Nghị: tôi tố cáo cán bộ nhận tiền của lái xe")
    main, other, sealed = await town.tickets()
    assert sealed.sealed
    for one, into in ((sealed, main), (other, sealed)):
        await office.presses_payload(write(Action.JOIN, one.id, f"{into.id}{SURE}"))
        await told.an.presses_payload(write(Action.JOIN, one.id, f"{into.id}{SURE}"))
    assert await town.tickets() == [main, other, sealed]


async def test_of_two_who_join_at_once_the_first_wins(town: Town) -> None:
    told = await jam(town)
    binh = await town.staff("Bình", gate="HN")
    main, other = await told.both()
    await told.an.presses_payload(write(Action.JOIN, other.id, f"{main.id}{SURE}"))
    after = await told.both()
    await binh.presses_payload(write(Action.JOIN, other.id, f"{main.id}{SURE}"))
    await binh.presses_payload(write(Action.JOIN, main.id, f"{other.id}{SURE}"))
    await binh.presses_payload(write(Action.CLAIM, other.id))
    assert await told.both() == after
    assert "đã đóng" in binh.reads()[-1]


async def test_a_typed_code_tells_nobody_how_a_ticket_stands_that_they_may_not_see(town: Town) -> None:
    told = await jam(town)
    cam = town.citizen("Người ở Chi Ma")
    await cam.says("Chi Ma: mất điện ở bãi")
    _, other, elsewhere = await town.tickets()
    closed = sa.update(schema.tickets).where(schema.tickets.c.id == elsewhere.id)
    ended = {"status": "closed", "closure": "silent", "closed_at": town.clock.now()}
    await town.db.write(lambda db: db.execute(closed.values(**ended)))
    await told.an.presses_payload(write(Action.JOIN, other.id))
    await told.an.says(elsewhere.code)
    assert told.an.sees("không có quyền")
    assert not told.an.sees("đã đóng")


async def test_a_comment_stands_beside_the_rating_of_whoever_wrote_it(town: Town) -> None:
    told = await jam(town)
    await told.join()
    main, _ = await told.both()
    await resolve(told.an, main)
    await told.nam.presses("Không hài lòng")
    await told.lan.presses("Hài lòng")
    await told.nam.says("Chờ lâu quá, Nam không vui")
    await told.lan.says("Lan cảm ơn các anh")
    assert await rated_in(town) == [("bad", "Chờ lâu quá, Nam không vui"), ("good", "Lan cảm ơn các anh")]


async def rated_in(town: Town) -> Sequence[object]:
    """(score, comment) of every rating, oldest first."""
    query = sa.select(schema.ratings.c.score, schema.ratings.c.comment).order_by(schema.ratings.c.id)
    return await town.db.read(lambda db: db.execute(query).all())


async def person_of(town: Town, citizen: Citizen) -> Person:
    chat = await town.identity_of(citizen)
    person = await town.db.read(lambda db: people.person(db, chat.person_id or 0))
    assert person is not None
    return person


async def told_of(town: Town, citizen: Citizen) -> str:
    """The copy of what is kept about this person."""
    person = await person_of(town, citizen)
    return await town.db.read(lambda db: privacy.export(db, person))


async def erases(town: Town, citizen: Citizen) -> int:
    """/xoadulieu; how many tickets are still worked on."""
    person, now = await person_of(town, citizen), town.clock.now()
    return await town.db.write(lambda db: privacy.erase(db, town.cfg, person, now))


async def test_whoever_erases_their_data_takes_their_words_from_the_other_ticket_too(town: Town) -> None:
    told = await jam(town)
    await told.join()
    await told.lan.says("Tôi tên Lan, số 0912345678")
    main, _ = await told.both()

    copy = await told_of(town, told.lan)
    assert "Tôi tên Lan" in copy
    assert JAM not in copy, "the first driver's words are not hers"
    assert await erases(town, told.lan) == 1, "the matter is still worked on"
    await resolve(told.an, main)
    await told.nam.presses("Hài lòng")
    await town.passes(hours=2)
    kept = await town.db.read(lambda db: [one.text for one in messages.of_ticket(db, main.id, "in")])
    assert kept == [JAM, ""]


async def test_the_copy_of_either_sender_holds_no_words_of_the_other(town: Town) -> None:
    told = await jam(town)
    await told.join()
    await told.lan.says("Tôi tên Lan, số 0912345678")
    main, _ = await told.both()
    await resolve(told.an, main)
    await told.lan.presses("Không hài lòng")
    await told.lan.says("Lan chờ cả buổi sáng")
    first, second = await told_of(town, told.nam), await told_of(town, told.lan)
    assert JAM in first
    assert DONE in first
    assert "Lan" not in first.replace("Lái xe Nam", "")
    assert "Lan chờ cả buổi sáng" in second
    assert DONE in second
    assert JAM not in second


async def test_an_erased_comment_is_gone_from_the_ticket_of_the_other(town: Town) -> None:
    told = await jam(town)
    await told.join()
    main, _ = await told.both()
    await resolve(told.an, main)
    await told.nam.presses("Hài lòng")
    await told.nam.says("Nam cảm ơn")
    await told.lan.presses("Hài lòng")
    await told.lan.says("Tôi tên Lan, số 0912345678")
    assert await erases(town, told.lan) == 0
    assert await rated_in(town) == [("good", "Nam cảm ơn"), ("good", None)]


async def test_what_the_second_sender_wrote_outlives_the_erasure_of_the_first(town: Town) -> None:
    told = await jam(town)
    await told.join()
    await told.lan.says("Lan ở bãi số 3, xe lạnh")
    main, _ = await told.both()
    await resolve(told.an, main)
    await told.lan.presses("Hài lòng")
    await told.lan.says("Lan cảm ơn")
    assert await erases(town, told.nam) == 0
    kept = await town.db.read(lambda db: [one.text for one in messages.of_ticket(db, main.id)])
    assert kept == ["", "Lan ở bãi số 3, xe lạnh", ""]
    assert await rated_in(town) == [("good", "Lan cảm ơn")]
    assert not (await town.db.read(verify)).findings
