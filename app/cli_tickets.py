"""`hotline tickets …` and `hotline report …`: looking at tickets and figures. Reads only; sealed words are never shown."""

from datetime import date, datetime
from typing import Annotated, Any

import typer

from app.cli_base import AsJson, looked, print_json, print_pairs, print_table, run
from app.cli_words import CLASSES, EVENTS, STATUSES
from app.refusal import Refusal
from app.sealing import FileSeal
from app.settings import load_settings
from core.figures import Share
from core.ticket import Score
from services.figures_shown import plain
from services.lists import ticket_shown, tickets_listed
from services.reports import Report, report

tickets = typer.Typer(help="Phiếu: liệt kê và xem.", no_args_is_help=True)
reports = typer.Typer(help="Số liệu.", no_args_is_help=True)
_SCORES = {Score.GOOD: "hài lòng", Score.FAIR: "chấp nhận được", Score.BAD: "không hài lòng"}
_DIRECTIONS = {"in": "người gửi", "out": "trả lời", "internal": "nội bộ"}


def add_to(app: typer.Typer) -> None:
    app.add_typer(tickets, name="tickets")
    app.add_typer(reports, name="report")


@tickets.command("list")
def list_(
    only_open: Annotated[bool, typer.Option("--open", help="Chỉ phiếu chưa đóng.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Số phiếu mới nhất.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Các phiếu mới nhất."""
    rows = run(looked(load_settings(), lambda db, clock: tickets_listed(db, only_open, limit)))
    if as_json:
        print_json(rows)
        return
    columns = ("Mã phiếu", "Trạng thái", "Loại", "Cửa khẩu", "Việc", "Người giữ", "Nhận lúc", "Hẹn trước")
    print_table("Phiếu", columns, [_row(row) for row in rows])


@tickets.command("show")
def show(code: Annotated[str, typer.Argument(metavar="CODE")], as_json: AsJson = False) -> None:
    """Một phiếu: hiện trạng, lịch sử, tin nhắn. Nội dung niêm phong không hiện ở đây."""
    shown = run(looked(load_settings(), lambda db, clock: ticket_shown(db, code)))
    if as_json:
        print_json(shown)
        return
    print_pairs([(_LABELS[name], value) for name, value in _words(shown).items() if name in _LABELS])
    columns = ("#", "Lúc", "Sự kiện", "Người", "Chi tiết", "Dấu")
    print_table("\nLịch sử", columns, [_event(event) for event in shown["history"]])
    print_table(
        "\nTin nhắn", ("Lúc", "Hướng", "Người", "Nội dung"), [_said(one) for one in shown["messages"]]
    )


@reports.command("figures")
def figures(
    first: Annotated[str | None, typer.Option("--from", help="Từ ngày, ví dụ 2026-11-01.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Đến hết ngày.")] = None,
    as_json: AsJson = False,
) -> None:
    """Tỷ lệ giải quyết trong ngày và các số liệu khác, kèm mẫu số; nhóm dưới 5 được ẩn.

    Theo người, và ca chỉ có một người: chỉ trong chat, /solieu.
    """
    settings = load_settings()
    cfg = settings.config(FileSeal(settings.key_file))
    since, until = day_of("--from", first), day_of("--to", last)
    if since and until and until < since:
        raise Refusal("Ngày --to phải không trước ngày --from.")
    found = run(looked(settings, lambda db, clock: report(db, cfg, clock.now(), since, until)))
    if as_json:
        print_json(_report(found))
        return
    print_pairs(_figure_lines(found))
    for title, groups in (
        ("Cửa khẩu", found.gates),
        ("Loại việc", found.categories),
        ("Ca trực", found.shifts),
    ):
        print_table(
            f"\nTheo {title.lower()}",
            (title, "Lượt", "Trong ngày", "Trả lời ≤ 30 phút", "Quá hạn chưa xong"),
            [
                (
                    name or "chưa rõ",
                    one.cycles,
                    _share(one.same_day),
                    _share(one.human_reply),
                    one.open_overdue,
                )
                for name, one in sorted(groups.items(), key=lambda item: item[0] or "")
            ],
        )


_LABELS = {
    "code": "Mã phiếu",
    "status": "Trạng thái",
    "class": "Loại",
    "gate_name": "Cửa khẩu",
    "category_name": "Việc",
    "unit": "Đơn vị",
    "holder": "Người giữ",
    "received_at": "Nhận lúc",
    "due_at": "Hẹn trước",
    "first_reply_at": "Trả lời đầu",
    "breached_at": "Trễ hẹn lúc",
    "resolved_at": "Kết luận lúc",
    "closed_at": "Đóng lúc",
    "plate": "Biển số",
    "phone": "Điện thoại",
}


def _words(row: dict[str, Any]) -> dict[str, Any]:
    times = {name: _clock(row[name]) for name in row if name.endswith("_at")}
    named = {"status": STATUSES[row["status"]], "class": CLASSES[row["class"]]}
    return {**row, **times, **named}


def _row(row: dict[str, Any]) -> tuple[object, ...]:
    shown = _words(row)
    names = ("code", "status", "class", "gate", "category", "holder", "received_at", "due_at")
    return tuple(shown[name] for name in names)


def _event(event: dict[str, Any]) -> tuple[object, ...]:
    facts = ", ".join(f"{name}={value}" for name, value in event["data"].items() if value is not None)
    actor = event["actor"] if event["actor"] is not None else "hệ thống"
    return event["seq"], _clock(event["at"]), EVENTS[event["kind"]], actor, facts, event["hash"]


def _said(message: dict[str, Any]) -> tuple[object, ...]:
    text = "(niêm phong)" if message["sealed"] else message["text"] or f"({message['kind']})"
    return _clock(message["at"]), _DIRECTIONS[message["direction"]], message["author"], text


def _clock(at: str | None) -> str:
    return f"{datetime.fromisoformat(at):%d/%m/%Y %H:%M}" if at else ""


def day_of(option: str, text: str | None) -> date | None:
    """The day that was typed for `option`; wrong usage when it is none."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter("phải là ngày dạng 2026-11-22", param_hint=option) from None


def _report(found: Report) -> dict[str, Any]:
    groups = {"by_gate": found.gates, "by_category": found.categories, "by_shift": found.shifts}
    return {
        "from": found.first.isoformat() if found.first else None,
        "to": found.last.isoformat() if found.last else None,
        "petitions": found.petitions,
        **plain(found.whole),
        **{
            name: [{"name": key, **plain(one)} for key, one in group.items()]
            for name, group in groups.items()
        },
    }


def _figure_lines(found: Report) -> list[tuple[str, object]]:
    whole = found.whole
    return [
        ("Lượt tiếp nhận", whole.cycles),
        ("Giải quyết trong ngày", _share(whole.same_day)),
        ("Xong trong ngày dương lịch", _share(whole.calendar_day)),
        ("Nhận sau giờ chốt", _share(whole.after_cut_off)),
        ("Chờ cơ quan khác (vàng)", _share(whole.amber)),
        ("Cán bộ trả lời trong 30 phút", _share(whole.human_reply)),
        ("Mở lại trong 3 ngày", _share(whole.reopened)),
        ("Có đánh giá", _share(whole.rated)),
        *((f"  {_SCORES[score]}", _share(share)) for score, share in whole.scores.items()),
        ("Trễ hẹn được miễn trừ", _share(whole.waived)),
        ("Quá hạn chưa xong", whole.open_overdue),
        ("Đơn khiếu nại, tố cáo (chỉ đếm)", found.petitions),
    ]


def _share(share: Share) -> str:
    if share.kept is None or share.percent is None:
        return f"– (n = {share.of})"
    return f"{share.percent:.1f} % ({share.kept}/{share.of})"
