"""Files that are no plan: each ends in one clear sentence, quickly, in little memory, and nothing is stored."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from plan_data.documents import PROVINCIAL_ANNEX, document
from plan_data.reading import BadPlan, read_plan, seed_office
from plan_data.reading.apart import read_plan_apart, read_source_apart
from tests.fixtures.plan import made

WHOLE = made.whole_rows()
WORD, EXCEL, CSV = made.docx(WHOLE), made.xlsx(WHOLE), made.csv(WHOLE)
TEXT = document(PROVINCIAL_ANNEX)
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5_000)
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
MOST_SECONDS = 10
MOST_BYTES = 300_000_000


def with_number_twice() -> list[list[str]]:
    return [["11", *row[1:]] if row[0] == "12" else row for row in WHOLE]


BAD: list[tuple[str, bytes, str]] = [
    ("empty.docx", b"", "trống"),
    ("empty.xlsx", b"", "trống"),
    ("empty.csv", b"", "trống"),
    ("empty.pdf", b"", "trống"),
    ("empty.txt", b"\n \n", "trống"),
    ("half.docx", WORD[: len(WORD) // 2], "cắt cụt"),
    ("half.xlsx", EXCEL[: len(EXCEL) // 2], "cắt cụt"),
    ("half.pdf", PDF[:30], "cắt cụt"),
    ("half.csv", CSV[:5_003], "cắt cụt"),
    ("half.txt", TEXT[: len(TEXT) // 2], "cắt cụt"),
    ("letters.txt", TEXT[:-2], "cắt cụt"),
    ("word.xlsx", WORD, "không phải bảng tính Excel"),
    ("excel.docx", EXCEL, "không phải văn bản Word"),
    ("pdf.docx", PDF, "bên trong là PDF"),
    ("word.pdf", WORD, "bên trong là tệp Word"),
    ("word.txt", WORD, "bên trong là tệp Word"),
    ("text.docx", TEXT, "bên trong là dữ liệu khác"),
    ("picture.md", b"\x89PNG\r\n\x1a\n" + bytes(100), "ảnh PNG"),
    ("plan.doc", OLD_OFFICE, ".doc"),
    ("locked.docx", OLD_OFFICE, "mật khẩu"),
    ("macro.docm", WORD, "macro"),
    ("macro.docx", made.with_part(WORD, "word/vbaProject.bin", b"x"), "macro"),
    ("macro.xlsx", made.with_part(EXCEL, "xl/vbaProject.bin", b"x"), "macro"),
    ("bomb.docx", made.bomb("docx"), "quá lớn"),
    ("bomb.xlsx", made.bomb("xlsx"), "quá lớn"),
    ("lie.docx", made.lie_about_size(WORD), "hỏng"),
    ("lie.xlsx", made.lie_about_size(EXCEL), "hỏng"),
    (
        "entities.docx",
        made.with_document("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"),
        "Không thấy nhiệm vụ nào",
    ),
    ("broken.docx", made.with_document("<a><b>"), "sai cấu trúc"),
    (
        "twice.csv",
        made.csv(with_number_twice()),
        "Số thứ tự 11 của mục II xuất hiện hai lần: dòng 14 và dòng 15",
    ),
    ("twice.docx", made.docx(with_number_twice()), "xuất hiện hai lần"),
    ("twice.xlsx", made.xlsx(with_number_twice()), "xuất hiện hai lần"),
    ("columns.csv", made.csv([["1", "x"]], header=("STT", "Ghi chú")), "Không thấy|thiếu cột"),
    (
        "columns.xlsx",
        made.xlsx([["1", "x", "y"]], header=("STT", "Nội dung", "Ghi chú")),
        "thiếu cột bắt buộc: Chủ trì",
    ),
    ("shifted.csv", CSV.replace('"Thực hiện trong năm"'.encode(), b'"a";"b";"c"'), "các cột bị lệch"),
    ("noheader.xlsx", made.xlsx(WHOLE, header=("A", "B", "C", "D", "E", "F")), "Không thấy bảng nhiệm vụ"),
    ("letter.txt", "Kính gửi Ban Quản lý, tôi xin phản ánh về bến bãi.".encode(), "Không thấy nhiệm vụ nào"),
    ("latin.txt", "KẾ HOẠCH năm 2026".encode("utf-16-le") + b"\xff\xd8", "UTF-8|nhị phân"),
    ("tabs.txt", b"\t" * 3_000_000, "trống"),
    ("lines.txt", b"abc\n" * 100_000, "nhiều hơn mức"),
    ("cell.csv", b"x" * 1_000_000, "CSV không đọc được"),
    ("noending", TEXT, "không có đuôi"),
    ("picture.png", b"\x89PNG", "chỉ nhận .docx"),
]


@pytest.mark.parametrize(("name", "data", "says"), BAD, ids=[name for name, _, _ in BAD])
def test_a_file_that_is_no_plan_is_refused_in_one_sentence(name: str, data: bytes, says: str) -> None:
    with pytest.raises(BadPlan, match=says) as refused:
        read_plan(data, name)
    assert "\n" not in str(refused.value)
    assert str(refused.value).endswith(".")


@pytest.mark.skipif(made.font() is None, reason="no font with Vietnamese letters")
def test_a_locked_pdf_is_refused() -> None:
    with pytest.raises(BadPlan, match="mật khẩu"):
        read_plan(made.pdf(WHOLE[:5], password="x"), "locked.pdf")


def test_a_pdf_without_words_is_refused() -> None:
    with pytest.raises(BadPlan, match="chỉ có ảnh chụp"):
        read_plan(made.empty_pdf(), "scan.pdf")


def test_more_nonsense_than_any_plan_holds_is_refused() -> None:
    rows = [[str(n), f"Việc {n}", f"Hội lạ {n}", "", "Cả năm", ""] for n in range(1, 2_000)]
    with pytest.raises(BadPlan, match="không hiểu được"):
        read_plan(made.csv(rows), "a.csv")


def test_a_good_file_reads_the_same_in_a_process_of_its_own() -> None:
    alone = read_plan_apart(WORD, "a.docx", office=seed_office())
    assert alone == read_plan(WORD, "a.docx")


def test_a_file_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(BadPlan, match="sau 0 giây"):
        read_source_apart(WORD, "a.docx", seconds=0.001)


def test_the_reading_process_gets_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_TELEGRAM_TOKEN", "secret")
    seen: dict[str, object] = {}

    def run(*_: object, **settings: object) -> subprocess.CompletedProcess[bytes]:
        seen.update(settings)
        return subprocess.CompletedProcess([], 0, b'{"bad": "x"}')

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(BadPlan, match="x"):
        read_source_apart(WORD, "a.docx")
    environment = seen["env"]
    assert isinstance(environment, dict)
    assert not [name for name in environment if name.startswith("HOTLINE")]


LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_DATA, (int(sys.argv[1]),) * 2)
os.execv(sys.executable, [sys.executable, "-m", "app", *sys.argv[2:]])
"""


def run_limited(folder: Path, *arguments: str) -> tuple[int, str, str, float]:
    """`hotline …` as a real process that may not hold more than MOST_BYTES: code, stdout, stderr, seconds of a processor
    (its own and its children's: those of the wall depend on what else the machine does)."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HOTLINE_")}
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(MOST_BYTES), *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        timeout=MOST_SECONDS * 12,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.returncode, done.stdout.decode(), done.stderr.decode(), seconds


JUNK: list[tuple[str, bytes]] = [
    ("junk.txt", os.urandom(30_000_000)),
    ("junk.docx", os.urandom(30_000_000)),
    ("junk.xlsx", b"PK\x03\x04" + os.urandom(15_000_000)),
    ("junk.pdf", b"%PDF-1.7\n" + os.urandom(15_000_000) + b"\n%%EOF"),
    ("text.txt", b"abc def\n" * 600_000),
    ("rows.txt", b"a\tb\tc\td\n" * 500_000),
    ("bomb.docx", made.bomb("docx")),
    ("flood.docx", made.flood()),
]


@pytest.mark.parametrize(("name", "data"), JUNK, ids=[name for name, _ in JUNK])
def test_junk_ends_the_command_quickly_and_stores_nothing(tmp_path: Path, name: str, data: bytes) -> None:
    file, folder = tmp_path / name, tmp_path / "work"
    file.write_bytes(data)
    folder.mkdir()
    code, out, error, seconds = run_limited(folder, "plan", "read", str(file), "--json")
    assert (code, out) == (1, "")
    assert error.count("\n") == 1
    assert error.startswith(f"{name}: Tệp")
    assert seconds < MOST_SECONDS
    assert list(folder.iterdir()) == []


def test_a_good_file_passes_the_same_limits(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(EXCEL)
    code, out, error, _ = run_limited(tmp_path, "plan", "read", "a.xlsx", "--json")
    assert (code, error) == (0, "")
    assert len(json.loads(out)["tasks"]) == 59
    assert [path.name for path in tmp_path.iterdir()] == ["a.xlsx"]
