"""The command line's own Vietnamese: refusals, statuses, roles. What people read in a chat is in bot/texts instead."""

from collections.abc import Mapping
from datetime import datetime

from app.settings import Settings
from core.calendar import TZ
from core.errors import Refused
from core.events import EventKind
from core.people import Role
from core.ticket import Status, TicketClass
from services.verify import Finding, Problem
from storage.migrate import Age, NotReached, State

ROLES: Mapping[str, str] = {
    Role.DUTY: "cán bộ trực",
    Role.OFFICER: "chuyên viên",
    Role.OFFICE: "Văn phòng",
    Role.LEADER: "lãnh đạo",
    Role.ADMIN: "quản trị",
    Role.SENDER: "người gửi",
}
STATUSES: Mapping[str, str] = {
    Status.NEW: "mới",
    Status.IN_PROGRESS: "đang xử lý",
    Status.WAITING_SENDER: "chờ người gửi",
    Status.WAITING_AGENCY: "chờ cơ quan khác",
    Status.RESOLVED: "đã trả lời",
    Status.CLOSED: "đã đóng",
}
CLASSES: Mapping[str, str] = {
    TicketClass.URGENT: "khẩn",
    TicketClass.NORMAL: "thường",
    TicketClass.SUGGESTION: "góp ý",
    TicketClass.PETITION: "đơn (niêm phong)",
}
EVENTS: Mapping[str, str] = {
    EventKind.OPENED: "mở phiếu",
    EventKind.MESSAGE_ADDED: "thêm tin",
    EventKind.MESSAGE_REVISED: "sửa tin",
    EventKind.DETAIL_SET: "bổ sung thông tin",
    EventKind.CLASS_CHANGED: "đổi loại",
    EventKind.CLAIMED: "nhận xử lý",
    EventKind.RELEASED: "trả lại hàng chờ",
    EventKind.ASSIGNED: "giao việc",
    EventKind.TRANSFERRED: "chuyển",
    EventKind.REPLIED: "trả lời",
    EventKind.NOTED: "ghi chú nội bộ",
    EventKind.ASKED: "hỏi thêm",
    EventKind.QUESTION_DELIVERED: "câu hỏi đã tới",
    EventKind.SENDER_ANSWERED: "người gửi trả lời",
    EventKind.AGENCY_AWAITED: "chờ cơ quan khác",
    EventKind.RESOLVED: "kết luận",
    EventKind.RESOLUTION_DELIVERED: "kết luận đã tới",
    EventKind.CALLED: "gọi điện",
    EventKind.CALL_ASKED: "yêu cầu gọi điện",
    EventKind.CALL_NOTED: "ghi cuộc gọi",
    EventKind.CALL_MISSED: "không gọi được",
    EventKind.RATED: "đánh giá",
    EventKind.CLOSED: "đóng phiếu",
    EventKind.JOINED: "gộp phiếu",
    EventKind.PARTED: "tách phiếu",
    EventKind.REOPENED: "mở lại",
    EventKind.PROMISED: "hẹn",
    EventKind.RUNG: "nhắc theo bậc",
    EventKind.BREACHED: "trễ hẹn",
    EventKind.BREACH_EXPLAINED: "lý do trễ",
    EventKind.WAIVED: "miễn trừ",
    EventKind.ACCEPTED_DUE: "chấp nhận hẹn",
    EventKind.UNREACHABLE: "không liên lạc được",
    EventKind.PETITION_DECIDED: "quyết định đơn",
    EventKind.SPAM_MARKED: "đánh dấu rác",
    EventKind.SPAM_DECIDED: "quyết định rác",
    EventKind.ERASED: "xóa dữ liệu",
}
_IN_USE = {
    "person": "còn người thuộc cửa khẩu này",
    "group": "còn nhóm chat của cửa khẩu này",
    "ticket": "còn phiếu chưa đóng của cửa khẩu này",
    "shift": "còn ca trực của cửa khẩu này",
}
_REFUSED: Mapping[str, str] = {
    "unknown_gate": "Không có cửa khẩu nào mang mã “{value}”; xem: hotline gates export.",
    "unknown_unit": "Không có đơn vị nào mang mã “{value}”; xem: hotline data export units.",
    "unknown_chat": "Người này không có kênh chat nào mang mã số này; xem: hotline people channels.",
    "unknown_person": "Không có cán bộ nào đang hoạt động với mã số hoặc tên này; xem: hotline people list.",
    "same_name": "Có nhiều người tên “{value}”: hãy ghi mã số; xem: hotline people list.",
    "unknown_ticket": "Không có phiếu nào mang mã “{code}”.",
    "unknown_shift": "Cửa khẩu {gate} không có ca trực nào bắt đầu lúc đó; xem: hotline shifts export.",
    "unknown_ticket_or_key": "Không có phiếu nào với mã và mã tra cứu này; phiếu niêm phong thì phải có mã tra cứu.",
    "not_allowed": "Người này là cán bộ: việc này chỉ dành cho người phản ánh.",
    "no_service_day": "Cửa khẩu {gate} không mở ngày nào trong 30 ngày kể từ lúc đó: không thể hẹn.",
    "bad_date": "Giờ kết thúc phải sau giờ bắt đầu.",
    "bad_data": "{sentence}",
    "bad_gate_file": "{sentence}",
    "bad_holiday_file": "{sentence}",
    "gate_in_use": "Không bỏ được cửa khẩu {gate}: {what}.",
    "unit_in_use": "Không bỏ được đơn vị {unit}: còn người hoặc phiếu chưa đóng của đơn vị này.",
    "plan_settled": "Dự thảo này đã được áp dụng hoặc đã bỏ.",
    "unknown_plan": "Không có dự thảo kế hoạch này.",
    "no_such_plan": "Không có kế hoạch đang dùng nào mang số hoặc tên “{value}”; xem: hotline plan settings.",
    "several_plans": "Có nhiều kế hoạch mang số “{value}”: hãy ghi mã trong cột đầu của hotline plan settings.",
    "bad_days_before": "--days-before phải là từ 1 đến 10 số khác nhau, từ 1 đến 90 ngày làm việc, ví dụ 30,14,7,3,1.",
    "bad_overdue_every": "--overdue-every phải từ 1 đến 30 ngày làm việc.",
    "bad_morning": "--morning phải từ {opens} đến trước {closes}, lúc còn giờ làm việc.",
    "backup_unreadable": "Tệp sao lưu bị hỏng hoặc không phải là tệp sao lưu của chương trình này.",
    "backup_no_manifest": "Tệp sao lưu bị cắt cụt: không có bản kê ở cuối.",
    "backup_wrong_format": "Tệp sao lưu theo dạng {name}, chương trình này không đọc được.",
    "backup_changed": "Tệp sao lưu không nguyên vẹn: phần “{name}” khác với bản kê.",
    "backup_database_broken": "Cơ sở dữ liệu bị hỏng (integrity_check không đạt).",
    "backup_newer": "Cơ sở dữ liệu thuộc một phiên bản mới hơn chương trình này: hãy cập nhật chương trình trước.",
}
_PROBLEMS: Mapping[str, str] = {
    Problem.EVENT_MISSING: "thiếu sự kiện này trong lịch sử",
    Problem.EVENT_CHANGED: "sự kiện này đã bị sửa",
    Problem.CHAIN_BROKEN: "sự kiện này không nối tiếp sự kiện trước",
    Problem.HISTORY_SHORTER: "lịch sử bị cắt từ sự kiện này",
    Problem.HISTORY_LONGER: "có sự kiện không được ghi nhận",
    Problem.HEAD_DIFFERS: "dấu cuối của lịch sử khác với dấu ghi trên phiếu",
    Problem.MESSAGE_CHANGED: "nội dung tin nhắn {message} đã bị sửa",
    Problem.MESSAGE_UNKNOWN: "tin nhắn {message} không có trong lịch sử",
    Problem.MESSAGE_MISSING: "tin nhắn {message} đã bị mất",
    Problem.CODE_MISSING: "phiếu này đã được cấp mã nhưng không còn",
    Problem.CODE_UNCOUNTED: "mã phiếu này chưa từng được cấp",
}


def hanoi(at: datetime) -> str:
    """ "22/11/2026 16:45 giờ Hà Nội" of an aware time."""
    return f"{at.astimezone(TZ):%d/%m/%Y %H:%M} giờ Hà Nội"


def in_words(refused: Refused) -> str:
    """The sentence of a refusal; one that has no words here is told by its code."""
    pattern = _REFUSED.get(refused.code)
    if pattern is None:
        return f"Không thực hiện được ({refused.code})."
    facts = {**refused.data, "what": _IN_USE.get(str(refused.data.get("what")), "")}
    return pattern.format_map({"value": "", "code": "", "name": "", **facts})


def finding_in_words(finding: Finding) -> str:
    """One problem that `verify` found, with its place."""
    event = f", sự kiện {finding.event}" if finding.event is not None else ""
    what = _PROBLEMS[finding.problem].format(message=finding.message)
    kind = "Nhiệm vụ" if "#" in finding.ticket else "Phiếu"
    return f"{kind} {finding.ticket}{event}: {what}."


def schema_in_words(state: State, settings: Settings | None) -> str:
    """Why a database cannot be used as it is."""
    where = f" ở {settings.data_dir}" if settings and not settings.database_url else ""
    match state.age:
        case Age.EMPTY:
            return f"Chưa có cơ sở dữ liệu{where}: hãy chạy hotline run, hoặc hotline people add, trước."
        case Age.BEHIND:
            return "Cơ sở dữ liệu thuộc phiên bản cũ hơn: hãy chạy hotline run một lần để nâng cấp."
        case Age.NEWER:
            return (
                f"Cơ sở dữ liệu thuộc phiên bản mới hơn chương trình này ({state.revision}): "
                "hãy cập nhật chương trình; dữ liệu được giữ nguyên."
            )
        case Age.FOREIGN:
            return "Cơ sở dữ liệu này không phải của đường dây nóng: hãy chọn cơ sở dữ liệu khác bằng HOTLINE_DATABASE_URL."
        case Age.CURRENT:
            return "Cơ sở dữ liệu đúng phiên bản."


def not_reached_in_words(away: NotReached) -> str:
    """That no database server answers, and where one was looked for."""
    return (
        f"Không nối được tới máy chủ cơ sở dữ liệu ở {away.where}: hãy xem máy chủ có đang chạy không và HOTLINE_DATABASE_URL. "
        "Dữ liệu không bị động đến."
    )
