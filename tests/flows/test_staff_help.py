"""/trogiup names what the reader's role may do, and only that: every command in it is answered, none is refused."""

import re

import pytest

from core.people import Role
from tests.town import Town

NEEDS_MORE = {"/nhom"}
REFUSALS = ("không có quyền", "chưa hiểu lệnh")


async def help_of(town: Town, role: Role, **more: object) -> tuple[object, str]:
    member = await town.staff("Người", role, **more)  # type: ignore[arg-type]
    await member.says("/trogiup")
    return member, member.newest("Việc Anh/Chị làm được").text


@pytest.mark.parametrize("role", [Role.DUTY, Role.OFFICER, Role.OFFICE, Role.LEADER, Role.ADMIN])
async def test_every_command_in_the_help_of_a_role_is_answered(town: Town, role: Role) -> None:
    unit = {Role.OFFICE: "VP", Role.OFFICER: "TTQLCK"}.get(role)
    member, text = await help_of(town, role, unit=unit)
    commands = set(re.findall(r"(?<!\w)/[a-z]+", text)) - NEEDS_MORE
    assert commands
    for command in commands:
        await member.says(command)  # type: ignore[attr-defined]
        answer = member.newest().text  # type: ignore[attr-defined]
        assert not any(words in answer for words in REFUSALS), (command, answer)


@pytest.mark.parametrize(
    ("role", "named", "not_named"),
    [
        (Role.DUTY, ("/viec", "/ca", "Nhận xử lý"), ("/nhom", "Miễn trừ", "Giao người khác", "tệp kế hoạch")),
        (Role.OFFICER, ("/viec", "/nhiemvu", "Xin lùi hạn"), ("/ca ", "/nhom", "Miễn trừ")),
        (Role.OFFICE, ("/viec", "tệp kế hoạch", "/nhom", "Giao người khác"), ("/ca ", "Miễn trừ", "Xin lùi")),
        (Role.LEADER, ("Miễn trừ", "Chấp nhận hẹn", "Đồng ý"), ("/ca ", "tệp kế hoạch", "Nhận xử lý")),
        (Role.ADMIN, ("/nhom", "tệp kế hoạch"), ("/viec", "/ca ", "Nhận xử lý", "Miễn trừ")),
    ],
)
async def test_each_role_reads_its_own(
    town: Town, role: Role, named: tuple[str, ...], not_named: tuple[str, ...]
) -> None:
    _, text = await help_of(town, role)
    assert [words for words in named if words not in text] == []
    assert [words for words in not_named if words in text] == []


async def test_a_head_and_a_reader_of_sealed_matters_read_of_that_too(town: Town) -> None:
    _, plain = await help_of(town, Role.DUTY, gate="HN")
    _, head = await help_of(town, Role.DUTY, gate="HN", is_head=True)
    assert "Giao người khác" in head
    assert "Giao người khác" not in plain
    assert "niêm phong" not in plain
    _, reader = await help_of(town, Role.OFFICE)
    assert "niêm phong" in reader


async def test_a_sender_reads_nothing_of_the_staffs(town: Town) -> None:
    driver = town.citizen("Lái xe")
    await driver.says("/trogiup")
    assert "/viec" not in driver.newest().text
    assert "/phieu" in driver.newest().text
