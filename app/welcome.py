"""What `hotline run` prints: where people write, how the sample staff sign in, what connects Telegram."""

import asyncio
import io
import shutil

import segno

from app.program import Program
from app.settings import Settings, unknown_names
from bot.ears import Ears
from bot.telegram.updates import CHANNEL as TELEGRAM
from bot.zalo.updates import CHANNEL as ZALO
from bot.zalo_oa.app import NOT_ACCEPTED
from bot.zalo_oa.updates import CHANNEL as ZALO_OA
from bot.zalo_oa.webhook import PATH as ZALO_OA_PATH
from core.people import Role
from services import directory, linking
from services.reference import reference
from storage import people
from storage.data_files import fact, remember
from storage.database import Connection

SAMPLES = "sample_staff"
SAMPLE_STAFF = (
    ("Cán bộ trực (mẫu)", Role.DUTY),
    ("Văn phòng (mẫu)", Role.OFFICE),
    ("Lãnh đạo (mẫu)", Role.LEADER),
    ("Quản trị (mẫu)", Role.ADMIN),
)
GUTTER = "   "


async def welcome(program: Program) -> str:
    """The whole text. On a database without staff it adds sample people first; their links are new at every start."""
    links = await program.db.write(lambda db: sample_links(db, program))
    gates = await program.db.read(lambda db: list(reference(db).gates.values()))
    url = program.settings.url
    addresses = [(gate.name, f"{url}/chat?gate={gate.code}") for gate in gates]
    width = max(len(name) for name, _ in addresses)
    parts = [
        _codes([address for _, address in addresses], [gate.code for gate in gates]),
        f"ĐƯỜNG DÂY NÓNG CỬA KHẨU đang chạy tại {url}   (dừng: Ctrl+C)",
        "Người dân, lái xe, doanh nghiệp viết tại:\n"
        + "\n".join(f"  {name:<{width}}  {where}" for name, where in addresses),
        f"In mã QR để treo tại cửa khẩu: {url}/poster/<mã>, ví dụ {url}/poster/{gates[0].code}",
        _links(url, links),
        _telegram(program),
        _zalo(program),
        _zalo_oa(program),
        _unknown(),
        "Thêm người: hotline people add --name … --role duty --gate HN · Kiểm tra: hotline doctor",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def sample_links(db: Connection, program: Program) -> list[tuple[str, str]]:
    """(name, one-time code) for each sample person who is still active; none as soon as there is no sample left."""
    now = program.clock.now()
    if fact(db, SAMPLES) is None:
        if people.staff(db):
            return []
        ref = reference(db)
        made = [directory.add_person(db, ref, name, role, now)[0] for name, role in SAMPLE_STAFF]
        remember(db, SAMPLES, ",".join(str(person) for person in made))
    samples = [people.person(db, int(number)) for number in (fact(db, SAMPLES) or "").split(",")]
    return [(p.name, linking.new_link_code(db, p.id, now)[0]) for p in samples if p is not None and p.active]


def _links(url: str, links: list[tuple[str, str]]) -> str:
    if not links:
        return ""
    width = max(len(name) for name, _ in links)
    lines = [f"  {name:<{width}}  {url}/in/{code}" for name, code in links]
    note = "Đăng nhập thử (mỗi địa chỉ dùng một lần, trong 24 giờ; bỏ người mẫu: hotline people remove):"
    return "\n".join([note, *lines])


def _telegram(program: Program) -> str:
    if TELEGRAM not in program.channels:
        return "Telegram: chưa nối. Lấy mã bot từ @BotFather rồi đặt HOTLINE_TELEGRAM_TOKEN=… và chạy lại (README, “Nối Telegram”)."
    return f"Telegram: đã nối (chế độ {program.settings.telegram_mode})."


def _zalo(program: Program) -> str:
    if ZALO not in program.channels:
        return ""
    return f"Zalo: đã nối (chế độ {program.settings.zalo_bot_mode})."


def _zalo_oa(program: Program) -> str:
    if ZALO_OA not in program.channels:
        return ""
    if program.settings.zalo_oa_oa_secret is None:
        where = program.settings.url + ZALO_OA_PATH
        return f"Zalo OA: chưa nhận tin. Nhập {where} ở trang Webhook của ứng dụng, đặt HOTLINE_ZALO_OA_OA_SECRET và chạy lại."
    return "Zalo OA: đang hỏi Zalo; kết quả hiện ở dòng dưới."


async def later(program: Program) -> str:
    """One line more, as soon as Zalo has answered an Official Account for the first time; "" where there is none."""
    channel = program.channels.get(ZALO_OA)
    if channel is None or channel.ears is None:
        return ""
    stopped = asyncio.create_task(program.stop.wait())
    answered = asyncio.create_task(channel.ears.answered.wait())
    _, waiting = await asyncio.wait({stopped, answered}, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    return _answer(channel.ears, program.settings) if answered.done() else ""


def _answer(ears: Ears, settings: Settings) -> str:
    if ears.trouble == NOT_ACCEPTED and settings.zalo_oa_refresh_token is None:
        return "Zalo OA: chưa nối được, chưa có mã dùng được. Đặt HOTLINE_ZALO_OA_REFRESH_TOKEN (docs/zalo.md) và chạy lại."
    if ears.trouble == NOT_ACCEPTED:
        return (
            "Zalo OA: chưa nối được, Zalo từ chối. Kiểm tra HOTLINE_ZALO_OA_APP_ID và HOTLINE_ZALO_OA_APP_SECRET trước; "
            "nếu đúng thì lấy mã làm mới khác và đặt HOTLINE_ZALO_OA_REFRESH_TOKEN (docs/zalo.md)."
        )
    if ears.trouble is not None:
        return f"Zalo OA: chưa hỏi được Zalo ({ears.trouble}); chương trình tự hỏi lại."
    hears = "" if settings.zalo_oa_oa_secret else ", nhưng chưa nhận tin: còn thiếu HOTLINE_ZALO_OA_OA_SECRET"
    return f"Zalo OA: đã nối với {ears.name or 'Official Account'}{hears}."


def _unknown() -> str:
    unknown = unknown_names()
    return f"Cài đặt không hiểu, đang bị bỏ qua: {', '.join(unknown)}." if unknown else ""


def _codes(addresses: list[str], labels: list[str]) -> str:
    """The addresses as QR codes, as many side by side as the terminal is wide."""
    pictures = [_code(address, label) for address, label in zip(addresses, labels, strict=True)]
    width = max(len(line) for picture in pictures for line in picture)
    columns = max(1, shutil.get_terminal_size((120, 40)).columns // (width + len(GUTTER)))
    rows = [pictures[start : start + columns] for start in range(0, len(pictures), columns)]
    return "\n\n".join(_side_by_side(row, width) for row in rows)


def _code(address: str, label: str) -> list[str]:
    out = io.StringIO()
    segno.make(address, error="l", micro=False).terminal(out, compact=True, border=1)
    return [label, *out.getvalue().rstrip("\n").split("\n")]


def _side_by_side(pictures: list[list[str]], width: int) -> str:
    height = max(len(picture) for picture in pictures)
    padded = [picture + [""] * (height - len(picture)) for picture in pictures]
    return "\n".join(
        GUTTER.join(line.ljust(width) for line in lines).rstrip() for lines in zip(*padded, strict=True)
    )
