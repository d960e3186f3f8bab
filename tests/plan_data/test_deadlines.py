"""Vietnamese administrative time: what cells and sentences say about when."""

import unicodedata
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.plan import Confidence, Deadline, Recurrence, Trouble
from plan_data.deadlines import find_deadline, read_deadline

YEAR = 2026


def days(written: str, year: int | None = YEAR) -> tuple[str | None, str | None]:
    read = read_deadline(written, year)
    return read.start and read.start.isoformat(), read.due and read.due.isoformat()


@pytest.mark.parametrize(
    ("written", "start", "due"),
    [
        ("Tháng 5/2026", "2026-05-01", "2026-05-31"),
        ("tháng 02 năm 2028", "2028-02-01", "2028-02-29"),
        ("T5/2026", "2026-05-01", "2026-05-31"),
        ("05/2026", "2026-05-01", "2026-05-31"),
        ("Quý I/2026", "2026-01-01", "2026-03-31"),
        ("Quý 3 năm 2026", "2026-07-01", "2026-09-30"),
        ("QuýIV/2026", "2026-10-01", "2026-12-31"),
        ("quí II-2027", "2027-04-01", "2027-06-30"),
        ("6 tháng đầu năm", "2026-01-01", "2026-06-30"),
        ("sáu tháng đầu năm 2027", "2027-01-01", "2027-06-30"),
        ("06 tháng cuối năm 2026", "2026-07-01", "2026-12-31"),
        ("9 tháng đầu năm", "2026-01-01", "2026-09-30"),
        ("Cả năm", "2026-01-01", "2026-12-31"),
        ("Cả năm 2027", "2027-01-01", "2027-12-31"),
        ("Thực hiện trong năm", "2026-01-01", "2026-12-31"),
        ("Năm 2026", "2026-01-01", "2026-12-31"),
        ("giai đoạn 2027-2030", "2027-01-01", "2030-12-31"),
        ("giai đoạn 2026 – 2030", "2026-01-01", "2030-12-31"),
        ("trong tháng 9", "2026-09-01", "2026-09-30"),
        ("Hoàn thành trong quý IV năm 2026", "2026-10-01", "2026-12-31"),
        ("ngày 30/11/2026", "2026-11-30", "2026-11-30"),
        ("30.11.2026", "2026-11-30", "2026-11-30"),
        ("30-11-2026", "2026-11-30", "2026-11-30"),
        ("2026-11-30", "2026-11-30", "2026-11-30"),
        ("ngày 30 tháng 11 năm 2026", "2026-11-30", "2026-11-30"),
        ("30 tháng 11", "2026-11-30", "2026-11-30"),
        ("30 / 11 / 2026", "2026-11-30", "2026-11-30"),
    ],
)
def test_a_period_runs_from_its_first_to_its_last_day(written: str, start: str, due: str) -> None:
    assert days(written) == (start, due)


@pytest.mark.parametrize(
    ("written", "due"),
    [
        ("trước ngày 30/11/2026", "2026-11-29"),
        ("Trước 30 tháng 11", "2026-11-29"),
        ("xong trước ngày 1/7", "2026-06-30"),
        ("trước tháng 6/2026", "2026-05-31"),
        ("trước quý III", "2026-06-30"),
        ("trước năm 2027", "2026-12-31"),
    ],
)
def test_before_excludes_the_day_that_is_named(written: str, due: str) -> None:
    assert days(written) == (None, due)


@pytest.mark.parametrize(
    ("written", "due"),
    [
        ("đến ngày 15/6", "2026-06-15"),
        ("chậm nhất ngày 15/6/2026", "2026-06-15"),
        ("chậm nhất là ngày 15/6/2026", "2026-06-15"),
        ("không quá ngày 15/6/2026", "2026-06-15"),
        ("đến hết quý II", "2026-06-30"),
        ("hết tháng 6 năm 2026", "2026-06-30"),
        ("đến năm 2030", "2030-12-31"),
        ("từ nay đến hết 31/12/2026", "2026-12-31"),
    ],
)
def test_until_and_at_the_latest_include_the_day(written: str, due: str) -> None:
    assert days(written) == (None, due)


def test_before_an_hour_of_a_day_is_still_that_day() -> None:
    read = read_deadline("trước 17h00 ngày 15/6/2026", YEAR)
    assert (read.due, read.due_time) == (date(2026, 6, 15), time(17))


@pytest.mark.parametrize(
    ("written", "start", "due"),
    [
        ("Từ tháng 8/2026 - hết năm 2026", "2026-08-01", "2026-12-31"),
        ("từ quý II đến hết năm 2026", "2026-04-01", "2026-12-31"),
        ("Tháng 5 đến tháng 12/2026", "2026-05-01", "2026-12-31"),
        ("tháng 8-12/2026", "2026-08-01", "2026-12-31"),
        ("Quý II – IV/2026", "2026-04-01", "2026-12-31"),
        ("01/6 - 30/6/2026", "2026-06-01", "2026-06-30"),
        ("ngày 1-15/6/2026", "2026-06-01", "2026-06-15"),
        ("từ ngày 10 đến ngày 20 tháng 6", "2026-06-10", "2026-06-20"),
        ("từ 01 đến 15/6/2026", "2026-06-01", "2026-06-15"),
        ("từ tháng 11 đến tháng 3/2027", "2026-11-01", "2027-03-31"),
        ("Tháng 12/2025 - 3/2026", "2025-12-01", "2026-03-31"),
        ("Từ 01/12/2026 đến trước 15/01/2027", "2026-12-01", "2027-01-14"),
    ],
)
def test_a_range_has_a_start_and_an_end(written: str, start: str, due: str) -> None:
    assert days(written) == (start, due)


@pytest.mark.parametrize(
    ("written", "start", "due"),
    [
        ("đầu tháng 9", "2026-09-01", "2026-09-10"),
        ("giữa tháng 9", "2026-09-11", "2026-09-20"),
        ("trung tuần tháng 9/2026", "2026-09-11", "2026-09-20"),
        ("cuối tháng 9", "2026-09-21", "2026-09-30"),
        ("giữa quý III", "2026-08-01", "2026-08-31"),
        ("cuối quý II", "2026-06-01", "2026-06-30"),
        ("đầu năm", "2026-01-01", "2026-03-31"),
        ("cuối năm", "2026-10-01", "2026-12-31"),
        ("tuần 2 tháng 9", "2026-09-08", "2026-09-14"),
        ("tuần thứ hai của tháng 9/2026", "2026-09-08", "2026-09-14"),
        ("tuần cuối tháng 9", "2026-09-24", "2026-09-30"),
    ],
)
def test_parts_of_a_period_follow_a_convention_that_a_person_sees(written: str, start: str, due: str) -> None:
    assert days(written) == (start, due)
    assert read_deadline(written, YEAR).confidence is Confidence.LIKELY


@pytest.mark.parametrize(
    ("written", "recurrence", "due"),
    [
        ("Tháng 11 hàng năm", Recurrence.YEARLY, "2026-11-30"),
        ("hằng năm", Recurrence.YEARLY, "2026-12-31"),
        ("trước ngày 30/11 hằng năm", Recurrence.YEARLY, "2026-11-29"),
        ("Hằng năm (trước ngày 15/11)", Recurrence.YEARLY, "2026-11-14"),
        ("hằng quý", Recurrence.QUARTERLY, "2026-03-31"),
        ("định kỳ hằng quý", Recurrence.QUARTERLY, "2026-03-31"),
        ("cuối mỗi quý", Recurrence.QUARTERLY, "2026-03-31"),
        ("Hằng quý, trước ngày 25 tháng cuối quý", Recurrence.QUARTERLY, "2026-03-24"),
        ("trước ngày 15 của tháng đầu quý sau", Recurrence.QUARTERLY, "2026-04-14"),
        ("hằng tháng", Recurrence.MONTHLY, "2026-01-31"),
        ("hàng tháng, trước ngày 20", Recurrence.MONTHLY, "2026-01-19"),
        ("ngày 05 hằng tháng", Recurrence.MONTHLY, "2026-01-05"),
        ("hằng tháng trước ngày 05 tháng sau", Recurrence.MONTHLY, "2026-02-04"),
        ("trước ngày 01 hằng tháng", Recurrence.MONTHLY, "2026-01-31"),
        ("6 tháng/lần", Recurrence.HALF_YEARLY, "2026-06-30"),
        ("định kỳ 6 tháng", Recurrence.HALF_YEARLY, "2026-06-30"),
        ("2 lần/năm", Recurrence.HALF_YEARLY, "2026-06-30"),
        ("hằng tuần", Recurrence.WEEKLY, "2026-01-04"),
        ("thứ Sáu hằng tuần", Recurrence.WEEKLY, "2026-01-02"),
        ("Thường xuyên", Recurrence.PERIODIC, "2026-12-31"),
        ("Thường xuyên trong năm", Recurrence.PERIODIC, "2026-12-31"),
        ("giai đoạn 2027-2030, hằng năm", Recurrence.YEARLY, "2027-12-31"),
    ],
)
def test_a_series_is_told_by_its_first_time_in_the_year(
    written: str, recurrence: Recurrence, due: str
) -> None:
    read = read_deadline(written, YEAR)
    assert (read.recurrence, read.due) == (recurrence, date.fromisoformat(due))


def test_a_series_of_a_period_ends_with_it() -> None:
    assert read_deadline("giai đoạn 2027-2030, hằng năm", YEAR).until == date(2030, 12, 31)
    assert read_deadline("hằng tháng", YEAR).until == date(2026, 12, 31)
    assert read_deadline("hằng năm", YEAR).until is None


def test_labelled_deadlines_of_one_cell_are_told_apart() -> None:
    read = read_deadline("- KH công tác: Quý II/2026 - Văn bản chỉ đạo, hướng dẫn: Quý III/2026", YEAR)
    assert [(part.label, part.deadline.due) for part in read.parts] == [
        ("KH công tác", date(2026, 6, 30)),
        ("Văn bản chỉ đạo, hướng dẫn", date(2026, 9, 30)),
    ]
    assert (read.start, read.due) == (date(2026, 4, 1), date(2026, 9, 30))


@pytest.mark.parametrize(
    ("written", "labels"),
    [
        ("Quý II: ban hành kế hoạch; Quý IV: báo cáo", ["ban hành kế hoạch", "báo cáo"]),
        ("Tháng 6/2026 (kế hoạch); tháng 12/2026 (báo cáo)", ["kế hoạch", "báo cáo"]),
        ("Thường xuyên; báo cáo trước 25/11", ["Thường xuyên", "báo cáo"]),
        ("Quý I, III/2027", ["Quý I/2027", "Quý III/2027"]),
        ("Tháng 3, 6, 9, 12", ["Tháng 3/2026", "Tháng 6/2026", "Tháng 9/2026", "Tháng 12/2026"]),
        ("Quý I, III hằng năm", ["Quý I", "Quý III"]),
    ],
)
def test_each_of_several_deadlines_has_a_name(written: str, labels: list[str]) -> None:
    assert [part.label for part in read_deadline(written, YEAR).parts] == labels


def test_the_bound_is_said_once_for_a_list_and_the_series_too() -> None:
    before = read_deadline("trước 15/6 và 15/12", YEAR)
    yearly = read_deadline("15/6 và 15/12 hằng năm", YEAR)
    assert [part.deadline.due for part in before.parts] == [date(2026, 6, 14), date(2026, 12, 14)]
    assert yearly.recurrence is Recurrence.YEARLY


@pytest.mark.parametrize(
    "written",
    [
        "31/02",
        "30/2/2026",
        "ngày 29/2/2026",
        "ngày 32/5",
        "trước ngày 31/04",
        "1/13/2026",
        "tháng 13",
        "tháng 0/2026",
        "Quý V",
        "quý 5/2026",
        "tuần 6 tháng 9",
        "năm 20026",
        "từ tháng 9 đến tháng 3/2026",
        "từ 30/6/2026 đến 1/6/2026",
    ],
)
def test_an_impossible_date_is_never_guessed(written: str) -> None:
    read = read_deadline(written, YEAR)
    assert (read.due, read.trouble, read.confidence) == (None, Trouble.IMPOSSIBLE, Confidence.ASK)
    assert read.trouble_quote in written


def test_one_impossible_part_leaves_the_whole_cell_undated() -> None:
    read = read_deadline("a) Kế hoạch: tháng 6; b) Báo cáo: 31/02", YEAR)
    assert (read.due, read.trouble, read.trouble_quote) == (None, Trouble.IMPOSSIBLE, "31/02")
    assert read.parts[0].deadline.due == date(2026, 6, 30)


@pytest.mark.parametrize(
    ("written", "trouble"),
    [
        ("", Trouble.MISSING),
        ("sau khi có hướng dẫn của Bộ Nội vụ", Trouble.OPEN),
        ("trong vòng 10 ngày kể từ ngày ký", Trouble.OPEN),
        ("Theo Kế hoạch số 215/KH-UBND ngày 29/5/2026", Trouble.OPEN),
        ("Năm học 2026-2027", Trouble.OPEN),
        ("Từ tháng 3/2026", Trouble.OPEN),
        ("Sau ngày 15/6/2026", Trouble.OPEN),
        ("trước ngày 20", Trouble.UNREADABLE),
        ("trong tháng", Trouble.UNREADABLE),
        ("trước Tết Nguyên đán", Trouble.UNREADABLE),
        ("36 tháng", Trouble.UNREADABLE),
        ("100% đơn vị", Trouble.UNREADABLE),
    ],
)
def test_words_without_a_last_day_are_a_question(written: str, trouble: Trouble) -> None:
    read = read_deadline(written, YEAR)
    assert (read.due, read.trouble) == (None, trouble)


def test_what_begins_but_does_not_end_keeps_its_start() -> None:
    assert days("Từ tháng 3/2026") == ("2026-03-01", None)
    assert days("Sau ngày 15/6/2026") == ("2026-06-16", None)


def test_a_condition_beside_a_date_makes_it_less_sure() -> None:
    read = read_deadline("Sau khi có hướng dẫn, hoàn thành trước 30/9/2026", YEAR)
    assert (read.due, read.confidence) == (date(2026, 9, 29), Confidence.LIKELY)


@pytest.mark.parametrize(
    "written", ["Dự kiến quý III/2026", "Quý III/2026 (theo tiến độ được giao)", "30/11/26"]
)
def test_doubtful_words_are_marked(written: str) -> None:
    assert read_deadline(written, YEAR).confidence is Confidence.LIKELY


def test_without_a_year_anywhere_the_year_is_asked_for() -> None:
    assert read_deadline("trước ngày 30/11", None).trouble is Trouble.NO_YEAR
    assert days("trước ngày 30/11/2026", None) == (None, "2026-11-29")


@pytest.mark.parametrize(
    "written", ["trước ngày 30/11/2026", "Quý II/2026", "hằng tháng, trước ngày 20", "Cả năm"]
)
def test_spelling_by_other_keyboards_changes_nothing(written: str) -> None:
    plain = read_deadline(written, YEAR)
    for other in (
        unicodedata.normalize("NFD", written),
        written.replace(" ", "\u00a0"),
        written.upper(),
        written + "\r\n",
    ):
        read = read_deadline(other, YEAR)
        assert (read.start, read.due, read.recurrence) == (plain.start, plain.due, plain.recurrence)


def test_a_number_of_a_document_is_no_date() -> None:
    assert read_deadline("Nghị quyết 12/2026/QH15", YEAR).due is None


def test_the_quote_is_as_written() -> None:
    assert read_deadline("Trước  ngày 30/11/2026", YEAR).text == "Trước ngày 30/11/2026"


@pytest.mark.parametrize(
    ("sentence", "quote", "due"),
    [
        (
            "Tham mưu báo cáo về Sở Văn hoá Thể Thao và Du lịch trước ngày 30/11/2026.",
            "trước ngày 30/11/2026",
            "2026-11-29",
        ),
        ("Hoàn thành việc rà soát trong quý III/2026 theo quy định", "trong quý III/2026", "2026-09-30"),
        ("Báo cáo chậm nhất ngày 15/12 về Văn phòng", "chậm nhất ngày 15/12", "2026-12-15"),
        (
            "từ ngày 01/6 đến ngày 30/6/2026 tổ chức đợt cao điểm",
            "từ ngày 01/6 đến ngày 30/6/2026",
            "2026-06-30",
        ),
    ],
)
def test_a_deadline_is_found_within_a_sentence(sentence: str, quote: str, due: str) -> None:
    found = find_deadline(sentence, YEAR)
    assert (found.text, found.due) == (quote, date.fromisoformat(due))


@pytest.mark.parametrize(
    "sentence",
    [
        "Căn cứ Kế hoạch số 215/KH-UBND ngày 29/5/2026 của UBND tỉnh",
        "theo lộ trình giai đoạn 2026 – 2030, góp phần hoàn thành các chỉ tiêu năm 2026",
        "tiếp nhận, giải quyết ngay trong ngày các kiến nghị, vướng mắc",
        "lịch tiếp công dân thường xuyên của bộ phận chuyên môn",
        "trung tâm kinh tế của Việt Nam 2026",
        "thứ tư 15/6 đã họp",
    ],
)
def test_dates_that_bind_nobody_are_left_alone(sentence: str) -> None:
    assert find_deadline(sentence, YEAR) == Deadline("")


@pytest.mark.parametrize(
    ("sentence", "recurrence"),
    [
        ("Tổ chức hội nghị đối thoại định kỳ giữa Ban Quản lý với doanh nghiệp", Recurrence.PERIODIC),
        ("gắn vào nhiệm vụ công tác trọng tâm hàng năm", Recurrence.YEARLY),
    ],
)
def test_a_rhythm_alone_gives_a_sentence_no_date(sentence: str, recurrence: Recurrence) -> None:
    found = find_deadline(sentence, YEAR)
    assert (found.recurrence, found.due) == (recurrence, None)


TIME_WORDS = "trước đến từ ngày tháng quý năm hằng cuối đầu giữa tuần I II V 1 5 13 30 31 2026 / - , ; : ( ) và hết cả trong 6 sau"
WORDS = st.sampled_from(TIME_WORDS.split())


@given(st.lists(WORDS, max_size=12).map(" ".join), st.sampled_from([None, 2026]))
def test_no_words_of_time_are_too_strange(written: str, year: int | None) -> None:
    read = read_deadline(written, year)
    assert (read.due is None) == (read.trouble is not None)
    assert read.start is None or read.due is None or read.start <= read.due


@given(st.text(max_size=60))
def test_no_text_is_too_strange(written: str) -> None:
    assert read_deadline(written, 2026).due is None or read_deadline(written, 2026).trouble is None
    find_deadline(written, 2026)
