"""The file of gates: what it says, what it refuses and in which words, and that it survives being written and read."""

from datetime import date, datetime, time

import pytest

from core.calendar import (
    MIDNIGHT,
    TZ,
    GateNotice,
    LeaderOverride,
    SpecialDay,
    WeeklyWindow,
    calendar_of,
)
from core.folding import fold
from plan_data import seeds
from plan_data.gates import BadGateFile, read_gates

TODAY = date(2026, 11, 22)


def refusal(text: str, today: date | None = None) -> str:
    with pytest.raises(BadGateFile) as refused:
        read_gates(text, today)
    return str(refused.value)


def gate(rows: str = "", code: str = "HN", **cells: str) -> str:
    more = "\n".join(f"{key} = {value}" for key, value in cells.items())
    return f'[[gate]]\ncode = "{code}"\nname = "Cửa khẩu {code}"\n{more}\n{rows}\n'


def window(opens: str = "07:00", closes: str = "19:00", since: str = "2026-01-01", more: str = "") -> str:
    return f'[[gate.window]]\nopen = "{opens}"\nclose = "{closes}"\nfrom = {since}\n{more}\n'


def notice(starts: str, ends: str, more: str = "") -> str:
    return f'[[gate.notice]]\nnumber = "516/BQLKKTCK-DN"\nfrom = {starts}\nto = {ends}\n{more}\n'


# The shape


def test_every_kind_of_row_is_read() -> None:
    text = gate(
        window("07:00", "11:00", more="days = [1, 2]\non_holidays = false")
        + window("13:00", "24:00", more="days = [1, 2]")
        + '[[gate.day]]\ndate = 2026-02-19\nwindows = [["09:00", "14:00"]]\n'
        + "[[gate.day]]\ndate = 2026-02-20\nwindows = []\n"
        + notice("2026-02-15", "2026-02-18", 'lane = "1"\nstream = "goods"\nhotline_open = true')
        + '[[gate.override]]\ndate = 2026-02-21\nwindows = [["08:00", "10:00"]]\ndocument = "12/QĐ-BQL"\n',
        zh='"友谊国际口岸"',
        aliases='["Hữu Nghị", "友谊关"]',
    ) + gate(code="TT", parent='"HN"')
    first, second = read_gates(text)
    assert (first.code, first.zh, first.aliases) == ("HN", "友谊国际口岸", ("Hữu Nghị", "友谊关"))
    since, days = date(2026, 1, 1), frozenset({1, 2})
    assert first.weekly == (
        WeeklyWindow(days, time(7), time(11), since, on_holidays=False),
        WeeklyWindow(days, time(13), MIDNIGHT, since),
    )
    assert first.special_days == (
        SpecialDay(date(2026, 2, 19), ((time(9), time(14)),)),
        SpecialDay(date(2026, 2, 20), ()),
    )
    closure = (datetime(2026, 2, 15, tzinfo=TZ), datetime(2026, 2, 19, tzinfo=TZ))
    assert first.notices == (GateNotice("516/BQLKKTCK-DN", *closure, "1", "goods", True),)
    assert first.overrides == (LeaderOverride(date(2026, 2, 21), ((time(8), time(10)),), "12/QĐ-BQL"),)
    assert second.parent == "HN"


def test_a_window_without_days_is_for_the_whole_week() -> None:
    assert read_gates(gate(window()))[0].weekly[0].days == frozenset(range(1, 8))


def test_a_notice_in_local_time_is_hanoi_time_and_an_offset_is_honoured() -> None:
    read = read_gates(gate(notice("2026-04-15T07:00:00", "2026-04-15T03:00:00Z")))[0].notices[0]
    assert (read.starts_at, read.ends_at) == (
        datetime(2026, 4, 15, 7, tzinfo=TZ),
        datetime(2026, 4, 15, 10, tzinfo=TZ),
    )


def test_dates_and_times_may_also_stand_in_the_other_notation() -> None:
    rows = '[[gate.day]]\ndate = "2026-02-19"\nwindows = [[09:00:00, 14:00:00]]\n'
    assert read_gates(gate(rows))[0].special_days == (SpecialDay(date(2026, 2, 19), ((time(9), time(14)),)),)


def test_a_file_saved_with_a_byte_order_mark_and_crlf_is_read() -> None:
    assert read_gates("\ufeff" + gate(window()).replace("\n", "\r\n"))[0].code == "HN"


def test_rows_of_different_dates_or_days_may_share_hours() -> None:
    other_day = window(more="days = [7]") + window(more="days = [6]")
    assert len(read_gates(gate(other_day + window(since="2026-06-01")))[0].weekly) == 3


def test_touching_windows_are_no_overlap() -> None:
    assert len(read_gates(gate(window("07:00", "12:00") + window("12:00", "19:00")))[0].weekly) == 2


# What is refused: one clear sentence naming the gate and the row


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[gate]\n", "Tệp cửa khẩu: sai cú pháp TOML ở dòng 1, cột 7."),
        ('[[gate]]\ncode = "', "Tệp cửa khẩu: sai cú pháp TOML ở cuối tệp."),
        ("", "Tệp cửa khẩu: chưa có cửa khẩu nào, mỗi cửa khẩu bắt đầu bằng [[gate]]."),
        ("[gate]\ncode = 'HN'", "Tệp cửa khẩu: “gate” phải viết thành các mục [[gate]] với hai ngoặc vuông."),
        ("gates = 1", "Tệp cửa khẩu: khóa “gates” không dùng được ở đây (chỉ dùng: gate)."),
        ("[[gate]]\nname = 'A'", "Cửa khẩu thứ 1: thiếu “code”."),
        ("[[gate]]\ncode = 'HN'", "Cửa khẩu HN: thiếu “name”."),
        ("[[gate]]\ncode = 'HN'\nname = ' '", "Cửa khẩu HN: “name” phải là một đoạn chữ không để trống."),
        (
            '[[gate]]\ncode = "HN"\nname = "A\\nB"',
            "Cửa khẩu HN: “name” phải nằm trên một dòng và không có ký tự điều khiển.",
        ),
        (
            gate(code="hữu nghị"),
            "Cửa khẩu thứ 1: mã “hữu nghị” chỉ gồm chữ in hoa không dấu, số và dấu gạch nối, tối đa 20 ký tự.",
        ),
        (gate(parent='"XX"'), "Cửa khẩu HN: cửa khẩu cha “XX” không có trong tệp."),
        (gate(parent='"HN"'), "Cửa khẩu HN: các cửa khẩu cha nối thành vòng tròn."),
        (
            gate(parent='"TT"') + gate(code="TT", parent='"HN"'),
            "Cửa khẩu HN: các cửa khẩu cha nối thành vòng tròn.",
        ),
        (gate() + gate(), "Cửa khẩu HN: mã này đã dùng cho một cửa khẩu trước."),
        (
            gate(aliases='["Hữu Nghị"]') + gate(code="TT", aliases='["huu nghi"]'),
            "Cửa khẩu TT: tên “huu nghi” đã là tên gọi của cửa khẩu HN.",
        ),
        (
            gate(aliases='["Hữu Nghị", "hữu nghị"]'),
            "Cửa khẩu HN: một tên gọi khác (aliases) được ghi hai lần.",
        ),
        (gate(aliases='"Hữu Nghị"'), "Cửa khẩu HN: “aliases” phải là một danh sách trong ngoặc vuông."),
        (gate(window(more='opne = "1"')), "Cửa khẩu HN, khung giờ thứ 1: khóa “opne” không dùng được ở đây"),
        (
            gate(window("19:00", "07:00")),
            "Cửa khẩu HN, khung giờ thứ 1: giờ đóng 07:00 phải sau giờ mở 19:00 (nửa đêm cuối ngày viết là 24:00).",
        ),
        (
            gate(window("07:00", "07:00")),
            "Cửa khẩu HN, khung giờ thứ 1: giờ đóng 07:00 phải sau giờ mở 07:00",
        ),
        (
            gate(window("07:00", "00:00")),
            "Cửa khẩu HN, khung giờ thứ 1: giờ đóng 00:00 phải sau giờ mở 07:00",
        ),
        (gate(window("24:00", "24:00")), "Cửa khẩu HN, khung giờ thứ 1: giờ “24:00” không đọc được"),
        (gate(window("7h", "19:00")), "Cửa khẩu HN, khung giờ thứ 1: giờ “7h” không đọc được, hãy viết dạng"),
        (gate("[[gate.window]]\nopen = '07:00'"), "Cửa khẩu HN, khung giờ thứ 1: thiếu “close”."),
        (gate("[[gate.window]]\nopen='07:00'\nclose='19:00'"), "Cửa khẩu HN, khung giờ thứ 1: thiếu “from”."),
        (gate(window(more="days = [0, 1]")), "Cửa khẩu HN, khung giờ thứ 1: “days” chỉ gồm các số từ 1"),
        (gate(window(more="days = [true]")), "Cửa khẩu HN, khung giờ thứ 1: “days” chỉ gồm các số từ 1"),
        (
            gate(window(more="days = []")),
            "Cửa khẩu HN, khung giờ thứ 1: “days” phải là danh sách các thứ trong tuần",
        ),
        (
            gate(window(more='on_holidays = "no"')),
            "Cửa khẩu HN, khung giờ thứ 1: “on_holidays” phải là true hoặc false.",
        ),
        (
            gate(window() + window("18:00", "20:00", more="days = [7]")),
            "Cửa khẩu HN, khung giờ thứ 2: chồng lên khung giờ thứ 1 của cùng cửa khẩu.",
        ),
        (
            gate(window("07:00", "24:00") + window("20:00", "21:00")),
            "Cửa khẩu HN, khung giờ thứ 2: chồng lên khung giờ thứ 1 của cùng cửa khẩu.",
        ),
        (gate(window(since="2026-02-30")), "Tệp cửa khẩu: ngày giờ không có thật ở dòng 8, cột 8."),
        (gate(window(since='"30/2/2026"')), "Cửa khẩu HN, khung giờ thứ 1: “from” phải là một ngày có thật"),
        (
            gate(window(since="1026-01-01")),
            "Cửa khẩu HN, khung giờ thứ 1: “from” có năm 1026, chỉ nhận từ 2000",
        ),
        (
            gate(2 * "[[gate.day]]\ndate = 2026-02-19\nwindows = []\n"),
            "Cửa khẩu HN, ngày riêng thứ 2: ngày 19/02/2026 đã có ở một mục trước.",
        ),
        (gate("[[gate.day]]\ndate = 2026-02-19\n"), "Cửa khẩu HN, ngày riêng thứ 1: thiếu “windows”."),
        (
            gate("[[gate.day]]\ndate = 2026-02-19\nwindows = ['09:00', '14:00']"),
            "Cửa khẩu HN, ngày riêng thứ 1: “windows” phải là danh sách các cặp giờ",
        ),
        (
            gate("[[gate.day]]\ndate = 2026-02-19\nwindows = [['09:00', '14:00'], ['13:00', '15:00']]"),
            "Cửa khẩu HN, ngày riêng thứ 1: các khung giờ bắt đầu lúc 09:00 và 13:00 chồng lên nhau.",
        ),
        (
            "[[gate]]\ncode='HN'\nname='A'\nday = 1",
            "Cửa khẩu HN: “gate.day” phải viết thành các mục [[gate.day]]",
        ),
        (
            gate(notice("2026-04-15T10:00:00", "2026-04-15T07:00:00")),
            "Cửa khẩu HN, thông báo thứ 1: kết thúc 07:00 15/04/2026 phải sau bắt đầu 10:00 15/04/2026.",
        ),
        (
            gate(notice("2026-04-15T10:00:00", "2026-04-15T10:00:00")),
            "Cửa khẩu HN, thông báo thứ 1: kết thúc 10:00 15/04/2026 phải sau bắt đầu 10:00 15/04/2026.",
        ),
        (
            gate(notice("2026-04-15", "2026-04-15", 'stream = "xe tải"')),
            "Cửa khẩu HN, thông báo thứ 1: “stream” là “goods” (hàng hóa) hoặc “passengers” (khách), không phải “xe tải”.",
        ),
        (
            gate(notice("15", "2026-04-15")),
            "Cửa khẩu HN, thông báo thứ 1: “from” phải là ngày giờ có thật",
        ),
        (
            gate("[[gate.override]]\ndate = 2026-02-19\nwindows = []\n"),
            "Cửa khẩu HN, quyết định của lãnh đạo thứ 1: thiếu “document”.",
        ),
    ],
)
def test_bad_input_gets_one_clear_sentence_naming_gate_and_row(text: str, sentence: str) -> None:
    assert refusal(text).startswith(sentence)
    assert "\n" not in refusal(text)


def test_a_deeply_nested_file_is_refused_not_a_crash() -> None:
    assert refusal("gate = " + "[" * 5000).startswith("Tệp cửa khẩu:")


def test_a_gate_without_a_service_day_in_thirty_days_is_refused_on_import() -> None:
    shut = gate(notice("2026-11-01", "2026-12-31"))
    assert refusal(shut, TODAY) == "Cửa khẩu HN: không có ngày phục vụ nào trong 30 ngày kể từ 22/11/2026."
    assert read_gates(shut)[0].code == "HN", "without a day to look from, only the file itself is judged"


# The seed

SEED = read_gates(seeds.texts()["gates"])


def test_the_seed_holds_every_gate_of_the_board() -> None:
    codes = [seeded.code for seeded in SEED]
    assert codes == ["HN", "HN-1119", "TT", "CN", "DD", "CM", "NH", "NN", "BN", "PN", "CS"]


def test_every_seeded_gate_opens_seven_to_seven_until_the_board_confirms() -> None:
    gates = {seeded.code: seeded for seeded in SEED}
    for code in gates:
        (found,) = calendar_of(code, gates).windows_on(TODAY)
        assert (found.start.time(), found.end.time()) == (time(7), time(19))


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("huu nghi", "HN"),
        ("友谊关", "HN"),
        ("bãi Xuân Cương", "HN"),
        ("1119", "HN-1119"),
        ("Tân Thanh", "TT"),
        ("浦寨", "TT"),
        ("bãi Bảo Nguyên", "TT"),
        ("coc nam", "CN"),
        ("ga Đồng Đăng", "DD"),
        ("Chi Ma", "CM"),
        ("爱店", "CM"),
        ("Na Hình", "NH"),
    ],
)
def test_the_seed_knows_the_names_people_use(said: str, code: str) -> None:
    known = {fold(name): seeded.code for seeded in SEED for name in seeded.aliases}
    assert known[fold(said)] == code


def test_parts_of_huu_nghi_belong_to_it() -> None:
    parents = {seeded.code: seeded.parent for seeded in SEED}
    assert [code for code, parent in parents.items() if parent == "HN"] == ["HN-1119", "TT", "CN"]
