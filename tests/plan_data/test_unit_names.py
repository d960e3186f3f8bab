"""Who is meant by a cell of a plan."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.plan import NamedUnit
from plan_data.unit_gazetteer import gazetteer, guesses, seed_gazetteer
from plan_data.unit_names import unit_at_start, unit_named, units_in
from plan_data.words import Unit, UnitKind, load_units

NAMES = seed_gazetteer()
CULTURE = "Sở Văn hóa, Thể thao và Du lịch"
BOARD = "Ban Quản lý Khu kinh tế cửa khẩu Đồng Đăng – Lạng Sơn"
FRONT = "Ủy ban Mặt trận Tổ quốc tỉnh"
ALL = "Các sở, ban, ngành"
COMMUNES = "UBND các xã, phường"
PROMOTION = "Trung tâm Xúc tiến Đầu tư, Thương mại và Du lịch"


def leads(written: str) -> list[str]:
    return [unit.name for unit in units_in(written, NAMES).leads]


def only(written: str) -> NamedUnit:
    (unit,) = units_in(written, NAMES).leads
    return unit


@pytest.mark.parametrize(
    "written",
    [
        "Sở Văn hóa, Thể thao và Du lịch",
        "Sở văn hóa, Thể thao và Du lịch",
        "Sở Văn hoá, Thể thao & Du lịch",
        "Sở Văn hóa Thể thao và Du lịch",
        "Sở Văn hoá Thể Thao và Du lịch",
        "Sở VHTTDL",
        "Sở VH TTDL",
        "Sở VHTT&DL",
        "Sở VH TT&DL",
        "Sở VH TT & DL",
        "Sở VH,TT&DL",
        "SỞ VĂN HÓA, THỂ THAO VÀ DU LỊCH TỈNH LẠNG SƠN",
        "So Van hoa, The thao va Du lich",
    ],
)
def test_one_department_is_one_however_it_is_written(written: str) -> None:
    assert leads(written) == [CULTURE]
    assert only(unicodedata.normalize("NFD", written)).code == "SVHTTDL"


@pytest.mark.parametrize(
    ("written", "names"),
    [
        (
            "Sở Văn hóa, Thể thao và Du lịch và Trung tâm Xúc tiến Đầu tư Thương mại và Du lịch",
            [CULTURE, PROMOTION],
        ),
        (
            "Sở Tài chính, Sở Công thương, Trung tâm Xúc tiến Đầu tư Thương mại và Du lịch",
            ["Sở Tài chính", "Sở Công Thương", PROMOTION],
        ),
        ("Ban Tuyên giáo & Dân vận Tỉnh ủy; MTTQ tỉnh", ["Ban Tuyên giáo và Dân vận Tỉnh ủy", FRONT]),
        (
            "- Ban Chỉ đạo thực hiện Quy chế dân chủ ở cơ sở - Sở Nội vụ",
            ["Ban Chỉ đạo thực hiện Quy chế dân chủ ở cơ sở", "Sở Nội vụ"],
        ),
        (
            "Sở Tài chính, Công thương và các sở, ban, ngành, đơn vị liên quan",
            ["Sở Tài chính", "Sở Công Thương", ALL],
        ),
        ("Đảng ủy/UBND các xã, phường", ["Đảng ủy các xã, phường", COMMUNES]),
        ("Sở Tài chính\nSở Nội vụ", ["Sở Tài chính", "Sở Nội vụ"]),
        ("Sở Tài chính Sở Nội vụ", ["Sở Tài chính", "Sở Nội vụ"]),
        (
            "Sở VH TTDL, Báo và Phát thanh, Truyền hình Lạng Sơn và các đơn vị liên quan",
            [CULTURE, "Báo và Phát thanh, Truyền hình Lạng Sơn", "Các cơ quan, đơn vị"],
        ),
        ("TTQLCK, VP, các PCM", ["Trung tâm Quản lý cửa khẩu", "Văn phòng", "Các phòng chuyên môn"]),
        ("UBND các xã, phường,", [COMMUNES]),
        ("Sở Y tế; Sở Y tế", ["Sở Y tế"]),
    ],
)
def test_several_units_in_one_cell_are_told_apart(written: str, names: list[str]) -> None:
    assert leads(written) == names


@pytest.mark.parametrize(
    ("written", "lead", "cooperating"),
    [
        (
            "Ban Tuyên giáo và Dân vận Tỉnh ủy, phối hợp Sở Văn hóa Thể thao và Du lịch",
            ["Ban Tuyên giáo và Dân vận Tỉnh ủy"],
            [CULTURE],
        ),
        ("Sở Nội vụ chủ trì, phối hợp với Sở Tài chính", ["Sở Nội vụ"], ["Sở Tài chính"]),
        ("Chủ trì: Sở Y tế; Phối hợp: Sở Nội vụ, Công an tỉnh", ["Sở Y tế"], ["Sở Nội vụ", "Công an tỉnh"]),
    ],
)
def test_who_only_helps_does_not_lead(written: str, lead: list[str], cooperating: list[str]) -> None:
    found = units_in(written, NAMES)
    assert [unit.name for unit in found.leads] == lead
    assert [unit.name for unit in found.cooperating] == cooperating


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("các Sở, ban, ngành", ALL),
        ("Sở, ngành có liên quan", ALL),
        ("Các Sở ngành", ALL),
        ("Các cơ quan, ban, ngành liên quan", ALL),
        ("Sở, ban, ngành, cơ quan, đơn vị", ALL),
        ("Ủy ban nhân dân các xã, phường", COMMUNES),
        ("UBND xã, phường", COMMUNES),
        ("UBND các cấp", "UBND các cấp"),
        ("Cơ quan, đơn vị liên quan", "Các cơ quan, đơn vị"),
        ("Đảng ủy trực thuộc Tỉnh ủy", "Các Đảng ủy trực thuộc Tỉnh ủy"),
        ("các tổ chức Chính trị - xã hội", "Các tổ chức chính trị - xã hội"),
    ],
)
def test_collective_names_are_groups(written: str, name: str) -> None:
    unit = only(written)
    assert (unit.name, unit.group, unit.sure) == (name, True, True)


def test_a_unit_of_its_own_is_no_group() -> None:
    assert not only("Sở Nội vụ").group


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("VHTTDL", CULTURE),
        ("KTCK", BOARD),
        ("BQL KKTCK Đồng Đăng - Lạng Sơn", BOARD),
        ("Ban QL Khu KTCK", BOARD),
        ("TT Quản lý CK", "Trung tâm Quản lý cửa khẩu"),
        ("Ban TG&DV Tỉnh ủy", "Ban Tuyên giáo và Dân vận Tỉnh ủy"),
        ("Bộ CHQS tỉnh", "Bộ Chỉ huy Quân sự tỉnh"),
        ("Sở TC", "Sở Tài chính"),
        ("Trung tâm Xúc tiến Đầu tư", PROMOTION),
    ],
)
def test_an_abbreviation_that_no_list_holds_is_a_guess(written: str, name: str) -> None:
    unit = only(written)
    assert (unit.name, unit.sure) == (name, False)
    assert unit.written == written


@pytest.mark.parametrize(
    "written", ["Sở Bóng đá, Thể thao điện tử", "UBND xã Đồng Đăng", "Sở KTCK", "Nguyễn Văn A"]
)
def test_an_unknown_name_stays_as_written(written: str) -> None:
    unit = only(written)
    assert (unit.name, unit.code, unit.sure) == (written, None, False)


def test_an_unknown_name_ends_where_the_next_unit_begins() -> None:
    assert leads("Sở Bóng đá, Thể thao điện tử; Sở Nội vụ") == ["Sở Bóng đá, Thể thao điện tử", "Sở Nội vụ"]


def test_the_nearest_names_are_offered() -> None:
    assert guesses("Hải qan", NAMES)[0] == "Hải quan"
    assert "Sở Tài chính" in guesses("Sở Tài chánh", NAMES)
    assert guesses("zzz", NAMES) == ()


def test_an_initial_that_two_units_share_is_no_guess() -> None:
    twins = [
        Unit("A", "Sở An toàn", "", UnitKind.AGENCY, ()),
        Unit("B", "Sở Ánh trăng", "", UnitKind.AGENCY, ()),
    ]
    assert unit_named("Sở AT", gazetteer(twins)) is None


def test_an_edited_unit_is_known_by_its_new_name() -> None:
    edited = [*load_units(), Unit("PQH", "Phòng Quy hoạch", "", UnitKind.BOARD, ("Phòng QH",))]
    found = unit_named("phòng QH", gazetteer(edited))
    assert found is not None
    assert (found.name, found.sure) == ("Phòng Quy hoạch", True)


def test_a_sentence_may_begin_with_a_unit() -> None:
    found = unit_at_start("Các phòng chuyên môn quán triệt nội dung", NAMES)
    assert found is not None
    assert (found[0].code, found[1]) == ("PCM", len("Các phòng chuyên môn"))
    assert unit_at_start("Quán triệt nội dung", NAMES) is None


def test_every_seed_unit_is_found_by_each_of_its_names() -> None:
    for unit in load_units():
        for name in (unit.name, unit.abbrev, *unit.aliases):
            found = unit_named(name, NAMES) if name else None
            assert not name or (found is not None and found.code == unit.code and found.sure), name


@given(st.text(alphabet="SởVănhóa,;&/- ()\n:.UBND các xãphường", max_size=60))
def test_no_cell_is_too_strange(written: str) -> None:
    found = units_in(written, NAMES)
    assert all(unit.name for unit in (*found.leads, *found.cooperating))
