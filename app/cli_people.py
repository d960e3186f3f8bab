"""`hotline people …`: who works with the program, and the one-time codes that link their chats."""

from datetime import datetime
from typing import Annotated, Any

import typer

from app.cli_base import AsJson, Desk, looked, opened, print_json, print_table, run
from app.cli_words import ROLES, hanoi
from app.refusal import Refusal
from app.settings import load_settings
from core.errors import Refused
from core.people import Role
from services import chats, directory, handover, linking
from services.lists import local, staff_listed, staff_member
from services.reference import reference
from storage import people as rows
from storage.database import Connection

people = typer.Typer(help="Người làm việc với chương trình.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(people, name="people")


@people.command("add")
def add(
    name: Annotated[str, typer.Option(help="Họ và tên.")],
    role: Annotated[Role, typer.Option(help="Vai trò.")],
    unit: Annotated[str | None, typer.Option(help="Mã đơn vị.")] = None,
    gate: Annotated[str | None, typer.Option(help="Mã cửa khẩu.")] = None,
    head: Annotated[bool, typer.Option("--head", help="Người đứng đầu đơn vị hoặc cửa khẩu.")] = False,
    as_json: AsJson = False,
) -> None:
    """Thêm một người và in mã liên kết dùng một lần (24 giờ)."""
    if not name.strip():
        raise Refusal("Họ và tên không được để trống.")
    if len(name) > 120 or not name.isprintable():
        raise Refusal("Họ và tên phải nằm trên một dòng, tối đa 120 ký tự.")
    run(_add(name, role, unit, gate, head, as_json))


@people.command("list")
def list_(as_json: AsJson = False) -> None:
    """Liệt kê cán bộ và các kênh chat của họ."""
    run(_list(as_json))


@people.command("link")
def link(person_id: Annotated[int, typer.Argument(metavar="ID")], as_json: AsJson = False) -> None:
    """In mã liên kết mới cho một người (đổi điện thoại, mã cũ hết hạn)."""
    run(_link(person_id, as_json))


@people.command("unlink")
def unlink(
    chat_id: Annotated[int, typer.Argument(metavar="CHAT", help="Mã số kênh chat trong people list.")],
) -> None:
    """Gỡ một kênh chat của cán bộ (mất điện thoại); các kênh khác của người đó vẫn dùng được."""
    name = run(_unlink(chat_id))
    typer.echo(
        f"Kênh chat {chat_id} không còn là của {name}. Mã liên kết chưa dùng của người này hết hiệu lực."
    )


@people.command("channels")
def channels(
    person_id: Annotated[int, typer.Argument(metavar="ID")],
    prefer: Annotated[
        int | None,
        typer.Option(metavar="CHAT", help="Mã số kênh chat được ưu tiên; 0: kênh dùng gần nhất."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Các kênh chat của một người, và kênh nào nhận tin trước."""
    run(_channels(person_id, prefer, as_json))


@people.command("remove")
def remove(person_id: Annotated[int, typer.Argument(metavar="ID")], as_json: AsJson = False) -> None:
    """Cho một người nghỉ: hết quyền ngay, phiếu đang giữ trở lại hàng chờ."""
    run(_remove(person_id, as_json))


async def _add(name: str, role: Role, unit: str | None, gate: str | None, head: bool, as_json: bool) -> None:
    async with opened() as desk:
        now = desk.clock.now()
        person, code, expires_at = await desk.db.write(
            lambda db: directory.add_person(
                db, reference(db), name, role, now, unit=unit, gate=gate, is_head=head
            )
        )
        answer = {"person_id": person, "name": name.strip(), "role": str(role)}
        _print_code({**answer, "link_code": code, "expires_at": local(expires_at)}, desk, as_json)


async def _list(as_json: bool) -> None:
    rows = await looked(load_settings(), lambda db, clock: staff_listed(db))
    if as_json:
        print_json(rows)
        return
    shown = [
        (
            row["person_id"],
            row["name"],
            ROLES[row["role"]] + (" (phụ trách)" if row["is_head"] else ""),
            row["unit"],
            row["gate"],
            "\n".join(map(_chat, row["chats"])) or "chưa liên kết",
        )
        for row in rows
    ]
    print_table("Cán bộ", ("Mã số", "Họ tên", "Vai trò", "Đơn vị", "Cửa khẩu", "Kênh chat"), shown)


async def _link(person_id: int, as_json: bool) -> None:
    async with opened() as desk:
        now = desk.clock.now()

        def errand(db: Connection) -> dict[str, object]:
            person = staff_member(db, person_id)
            code, expires_at = linking.new_link_code(db, person.id, now)
            known = {"person_id": person.id, "name": person.name, "role": str(person.role)}
            return {**known, "link_code": code, "expires_at": local(expires_at)}

        _print_code(await desk.db.write(errand), desk, as_json)


async def _unlink(chat_id: int) -> str:
    async with opened() as desk:
        now = desk.clock.now()
        person = await desk.db.write(lambda db: chats.unlink(db, desk.cfg, chat_id, now))
    if person is None:
        raise Refusal("Không có kênh chat nào của cán bộ mang mã số này; xem: hotline people list.")
    return person.name


async def _channels(person_id: int, prefer: int | None, as_json: bool) -> None:
    async with opened() as desk:

        def errand(db: Connection) -> tuple[str, list[dict[str, Any]]]:
            person = rows.person(db, person_id)
            if person is None:
                raise Refused("unknown_person", value=str(person_id))
            if prefer is not None:
                chats.prefer(db, person, prefer)
            return person.name, chats.listed(db, person.id, most=None)

        name, found = await desk.db.write(errand)
    told = [{key: value for key, value in chat.items() if key != "here"} for chat in found]
    if as_json:
        print_json(told)
        return
    shown = [
        (
            chat["id"],
            chat["channel"],
            hanoi(datetime.fromisoformat(chat["since"])),
            hanoi(datetime.fromisoformat(chat["last_seen_at"])),
            "có" if chat["preferred"] else "",
            "" if chat["reachable"] else "không gửi tới được",
        )
        for chat in told
    ]
    columns = ("Mã số", "Kênh", "Từ", "Dùng gần nhất", "Ưu tiên", "Ghi chú")
    print_table(f"Kênh chat của {name or person_id}", columns, shown)


def _chat(chat: dict[str, Any]) -> str:
    """ "telegram 7431… (22/11/2026)": what it is unlinked by, and when it was used last."""
    seen = datetime.fromisoformat(chat["last_seen_at"])
    return f"{chat['channel']} {chat['chat_id']} ({seen:%d/%m/%Y}{'' if chat['reachable'] else ', không gửi tới được'})"


async def _remove(person_id: int, as_json: bool) -> None:
    async with opened() as desk:
        now = desk.clock.now()

        def errand(db: Connection) -> dict[str, object]:
            person = staff_member(db, person_id)
            released = handover.officer_left(db, desk.cfg, person, now)
            return {"person_id": person.id, "name": person.name, "released": released}

        gone = await desk.db.write(errand)
    if as_json:
        print_json(gone)
        return
    typer.echo(f"{gone['name']} đã thôi quyền; {gone['released']} phiếu trở lại hàng chờ.")


def _print_code(answer: dict[str, object], desk: Desk, as_json: bool) -> None:
    if as_json:
        print_json(answer)
        return
    code, until = answer["link_code"], hanoi(datetime.fromisoformat(str(answer["expires_at"])))
    typer.echo(f"{answer['name']} – {ROLES[str(answer['role'])]}, mã số {answer['person_id']}")
    typer.echo(f"Mã liên kết (dùng một lần, đến {until}): {code}")
    typer.echo(f"  Trang chat:  {desk.settings.url}/in/{code}")
    if desk.settings.telegram_token is not None:
        typer.echo(f"  Telegram:    gửi cho bot  /start link_{code}")
    if desk.settings.zalo_bot_token is not None:
        typer.echo(f"  Zalo:        gửi cho bot  lienket {code}")
    if desk.settings.zalo_oa_app_id:
        typer.echo(f"  Zalo OA:     quan tâm rồi nhắn  lienket {code}")
