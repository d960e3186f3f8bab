"""A gate's group chat on Telegram: it sees the cards, anybody on duty takes one there, and the work goes on in private."""

from core.people import Role
from core.ticket import Status
from tests.doubles.botapi_people import Group, Person
from tests.telegram_line import Line


async def test_a_card_in_the_group_is_taken_there_and_worked_on_in_private(line: Line) -> None:
    group, khue = await _group(line), await line.staff("Khuê")
    await line.double.user("Lái xe Nam").says("Hữu Nghị: kẹt xe ở barie")
    card = await group.waits_for("kẹt xe")
    assert card.labels == ("Nhận xử lý",)
    assert "Lái xe Nam" not in card.text

    since = khue.mark()
    await khue.presses("Nhận xử lý", chat=group)
    taken = await group.waits_for("Đang xử lý: Khuê")
    assert taken.message_id == card.message_id
    assert not taken.labels
    assert "Trả lời" in (await khue.waits_for("Đang xử lý: Khuê", since=since)).labels


async def test_whoever_is_late_in_the_group_is_told_by_the_button_alone(line: Line) -> None:
    group, khue, bich = await _group(line), await line.staff("Khuê"), await line.staff("Bích")
    await line.double.user("Lái xe Nam").says("Hữu Nghị: kẹt xe ở barie")
    payload = (await group.waits_for("kẹt xe")).payloads["Nhận xử lý"]
    await khue.presses("Nhận xử lý", chat=group)
    card = await group.waits_for("Đang xử lý: Khuê")
    await bich.presses_data(payload, card.message_id, chat=group)
    await bich.waits_for("đã do Khuê nhận xử lý")
    await line.rests()
    assert len(group.messages()) == 2  # the greeting and the card


async def test_a_passer_by_in_the_group_hears_a_short_no_at_the_button(line: Line) -> None:
    group = await _group(line)
    await line.staff("Khuê")
    stranger = line.double.user("Người lạ", started=False)
    await line.double.user("Lái xe Nam").says("Hữu Nghị: kẹt xe ở barie")
    await group.waits_for("kẹt xe")
    before = len(group.messages())
    pressed = await stranger.presses("Nhận xử lý", chat=group)
    stranger.sends(chat=group, text="Có chuyện gì thế các bác?")
    await line.rests()
    assert pressed.answered
    assert "chỉ dành cho cán bộ" in (pressed.answer or "")
    assert (await line.ticket()).status is Status.NEW
    assert len(group.messages()) == before
    assert not stranger.messages()


async def test_a_reply_to_the_card_in_the_group_is_a_note_that_the_sender_never_sees(line: Line) -> None:
    group, khue = await _group(line), await line.staff("Khuê")
    driver = line.double.user("Lái xe Nam")
    await driver.says("Hữu Nghị: kẹt xe ở barie")
    card = await group.waits_for("kẹt xe")
    await khue.presses("Nhận xử lý", chat=group)
    await group.waits_for("Đang xử lý: Khuê")
    await khue.says("Nghi xe chở hàng cấm", chat=group, reply_to=card.message_id)
    await khue.waits_for("Gửi cho người phản ánh?")
    await line.rests()
    assert await line.words(await line.ticket(), "internal") == ["Nghi xe chở hàng cấm"]
    assert not any("hàng cấm" in text for text in driver.messages())


async def test_only_the_office_or_a_leader_links_a_group(line: Line) -> None:
    khue, group = await line.staff("Khuê"), line.double.group("Tổ trực")
    await khue.says("/nhom HN", chat=group)
    await khue.waits_for("không có quyền")
    await line.rests()
    assert not group.messages()


async def test_the_line_follows_a_group_that_became_a_supergroup(line: Line) -> None:
    for tells in (True, False):
        old, office = await _group(line, supergroup=False), line.double.user("Văn thư")
        new = await old.migrates(office, tells=tells)
        await line.rests()
        await line.double.user("Lái xe").says("Hữu Nghị: kẹt xe ở barie")
        await new.waits_for("kẹt xe")
        old_calls = [call for call in line.double.calls("sendMessage", old) if call.status == 400]
        assert len(old_calls) == (0 if tells else 1)
        await new.kicks_bot(office)
        await line.rests()


async def test_a_group_that_threw_the_bot_out_costs_nothing(line: Line) -> None:
    group, khue = await _group(line), await line.staff("Khuê")
    await group.kicks_bot(khue)
    await line.rests()
    await line.double.user("Lái xe").says("Hữu Nghị: kẹt xe ở barie")
    await khue.waits_for("kẹt xe")
    await line.rests()
    assert len(line.double.calls("sendMessage", group)) == 1

    await group.adds_bot(khue)
    await line.double.user("Lái xe hai").says("Hữu Nghị: thu phí sai")
    await group.waits_for("thu phí sai")


async def test_cards_go_into_the_topic_where_the_group_was_linked_as_long_as_there_is_one(line: Line) -> None:
    group = line.double.group("Tổ trực Hữu Nghị")
    topic = group.topic("Phiếu")
    office = await line.staff("Hà", Role.OFFICE, gate=None)
    await office.says("/nhom HN", chat=group, topic=topic)
    assert (await group.waits_for("Nhóm này nhận phiếu")).topic == topic
    await line.double.user("Lái xe").says("Hữu Nghị: kẹt xe ở barie")
    assert (await group.waits_for("kẹt xe")).topic == topic
    group.deletes_topic(topic)
    await line.double.user("Lái xe hai").says("Hữu Nghị: thu phí sai")
    assert (await group.waits_for("thu phí sai")).topic is None


async def _group(line: Line, supergroup: bool = True) -> Group:
    """A group that serves Hữu Nghị."""
    group = line.double.group("Tổ trực Hữu Nghị", supergroup=supergroup)
    office: Person = await line.staff("Hà", Role.OFFICE, gate=None)
    await office.says("/nhom HN", chat=group)
    await group.waits_for("Nhóm này nhận phiếu của: Cửa khẩu quốc tế Hữu Nghị")
    return group
