"""`hotline demo`: the program on a scratch database with a day at the gate in it, and the rest of that day to come.

Always a drill, in a folder of its own that is made anew at every start. What is in it was produced by the program itself:
people wrote and pressed through the web chat while a clock was moved by hand; then the clock runs, and they go on.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta
from functools import partial
from importlib import resources
from pathlib import Path

import structlog
import typer

from app import demo_news
from app.cli_words import ROLES
from app.clock import DRILL, Clock
from app.demo_play import Player
from app.demo_script import script
from app.lock import Lock
from app.program import Program, opened
from app.refusal import Refusal
from app.run import listening, serve, stop_on_signals
from app.settings import Settings
from core.calendar import TZ
from core.plan import Draft
from core.reminders import ReminderSettings
from plan_data import documents
from plan_data.reading import read_plan
from plan_data.unit_gazetteer import gazetteer
from services import linking, planning
from services.reference import reference, seed_reference
from storage.data_files import remember
from storage.database import Connection

log = structlog.get_logger()
FOLDER = "demo"
MARK = "DEMO.txt"
MARKED = "Thư mục này được làm lại mỗi lần chạy `hotline demo`: đừng để gì ở đây.\n"
# At the wall's pace one wants a day that is already full; at a faster one the day itself is what one watches.
AFTERNOON, DAYBREAK = time(15, 30), time(6, 50)
EVENING = time(16)
GATE = "HN"
RECEPTION = "Phòng Tiếp công dân, trụ sở Ban Quản lý (ví dụ), các ngày làm việc 07:30–11:30 và 13:00–17:00"


class DemoClock(Clock):
    """Moved by hand through the hours before the demonstration; from `runs` on it goes by itself, `speed` times the wall's pace."""

    def __init__(self, at: datetime, speed: float) -> None:
        super().__init__(at, speed)
        self._by_hand: datetime | None = at

    def now(self) -> datetime:
        return self._by_hand or super().now()

    def moves_to(self, at: datetime) -> None:
        """Forward only; nothing once it runs."""
        if self._by_hand is not None:
            self._by_hand = max(self._by_hand, at)

    def runs(self) -> None:
        if self._by_hand is not None:
            super().__init__(self._by_hand, self.speed)
            self._by_hand = None


async def demo(settings: Settings) -> None:
    """Runs until SIGINT or SIGTERM. Raises Refusal: another demonstration runs, the address is taken, the folder is not ours."""
    scratch = scratch_settings(settings)
    with Lock(scratch.lock_file), listening(scratch) as listener:
        remake(scratch.data_dir)
        typer.echo("Đang dựng một ngày làm việc mẫu, có thể mất nửa phút …")
        start = demo_start(scratch, Clock().now())
        clock = DemoClock(evening_before(start), scratch.clock_speed)
        async with rehearsed(scratch, clock, start) as player:
            if player.program.stop.is_set():
                return
            player.live = True
            clock.runs()
            others = [asyncio.create_task(player.plays_on())]
            if scratch.clock_speed > 1:
                others.append(asyncio.create_task(demo_news.tell(player.program, typer.echo)))
            try:
                await serve(player.program, scratch, listener, lambda program: greeting(player, settings))
            finally:
                for other in others:
                    other.cancel()
                await asyncio.gather(*others, return_exceptions=True)


@asynccontextmanager
async def rehearsed(settings: Settings, clock: DemoClock, start: datetime) -> AsyncIterator[Player]:
    """The program at `start` with all that happened since the evening before, when `clock` stands there."""
    begins = clock.now()
    async with opened(settings, clock) as program:
        stop_on_signals(program)
        await program.db.write(lambda db: remember(db, DRILL, begins.isoformat()))
        player = Player(program=program, script=script(), begins=begins)
        await player.casts()
        await _plans_applied(program)
        await player.plays_until(start, clock.moves_to)
        yield player


async def _plans_applied(program: Program) -> None:
    """Both plan documents are in force: the board's own, and the provincial annex of 59 tasks."""
    ref = await program.db.read(reference)
    names, office = gazetteer(tuple(ref.units.values())), ref.office()
    for file in sorted(resources.files(documents).iterdir(), key=lambda file: file.name):
        if file.name.endswith((".md", ".txt")):
            draft = read_plan(file.read_bytes(), file.name, names=names, office=office)
            await program.db.write(partial(_apply, program, draft, file.name))


def _apply(program: Program, draft: Draft, name: str, db: Connection) -> None:
    now = program.clock.now()
    kept = planning.keep_draft(db, draft, name, ReminderSettings(), None, now)
    planning.apply(db, program.cfg, kept.id, None, now)


def scratch_settings(settings: Settings) -> Settings:
    """The settings of the scratch database: no channel to real people, whatever is set for the real program."""
    return settings.model_copy(
        update={
            "data_dir": settings.data_dir / FOLDER,
            "database_url": "",
            "telegram_token": None,
            "zalo_bot_token": None,
            "sealed_readers": (),
            "reception": settings.reception or RECEPTION,
        }
    )


def remake(folder: Path) -> None:
    """Empties the scratch folder. Raises Refusal when somebody keeps something else there."""
    mark, lock = folder / MARK, folder / "hotline.lock"
    found = [path for path in folder.iterdir() if path != lock]
    if found and mark not in found:
        raise Refusal(f"Thư mục {folder} không phải của buổi chạy thử: hãy dời dữ liệu ở đó đi nơi khác.")
    for path in found:
        if path == mark:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    mark.write_text(MARKED, "utf-8")


def demo_start(settings: Settings, now: datetime) -> datetime:
    """The instant that the settings name; else this afternoon, or daybreak when time runs fast, of the next service day."""
    if settings.clock_start is not None:
        return settings.clock_start
    return datetime.combine(
        _service_day(now.astimezone(TZ).date()), DAYBREAK if settings.clock_speed > 1 else AFTERNOON, TZ
    )


def evening_before(start: datetime) -> datetime:
    """When the rehearsal begins: a few matters of the day before reach into the day that is watched."""
    return datetime.combine(start.astimezone(TZ).date() - timedelta(days=1), EVENING, TZ)


async def greeting(player: Player, settings: Settings) -> str:
    """What is printed: where to write, and a sign-in link for each role that the person watching may play."""
    program = player.program
    links = await program.db.write(lambda db: _links(db, player))
    width = max(len(name) for name, _ in links)
    off = (
        "Telegram, Zalo: tắt trong buổi chạy thử.\n"
        if settings.telegram_token or settings.zalo_bot_token
        else ""
    )
    return (
        f"\nCHẠY THỬ ĐƯỜNG DÂY NÓNG CỬA KHẨU tại {program.settings.url}   (dừng: Ctrl+C)\n"
        f"Đồng hồ của buổi chạy thử: {program.clock.now().astimezone(TZ):%H:%M %d/%m/%Y}, nhanh gấp {program.clock.speed:g} lần. "
        f"Mọi người và sự việc đều là hư cấu, dữ liệu được làm lại ở lần chạy sau.\n\n"
        f"Viết như một lái xe:  {program.settings.url}/chat?gate={GATE}\n\n"
        "Đăng nhập như (mỗi địa chỉ dùng một lần, mỗi vai một trình duyệt):\n"
        + "".join(f"  {name:<{width}}  {address}\n" for name, address in links)
        + f"{off}\n"
        "Xem cả một ngày trong mười phút: HOTLINE_CLOCK_SPEED=72 make demo\n"
    )


def _links(db: Connection, player: Player) -> list[tuple[str, str]]:
    url, now = player.program.settings.url, player.program.clock.now()
    gates = reference(db).gates
    found = []
    for one in player.script.members:
        if one.yours:
            code, _ = linking.new_link_code(db, player.persons[one.key], now)
            what = "phụ trách Trung tâm" if one.is_head else ROLES[one.role]
            where = f", {gates[one.gate].name}" if one.gate else ""
            found.append((f"{one.name} ({what}{where})", f"{url}/in/{code}"))
    return found


def _service_day(today: date) -> date:
    calendar = seed_reference().calendar(GATE)
    return today if calendar.windows_on(today) else calendar.next_service_day(today)
