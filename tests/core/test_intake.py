"""What a first message seems to be about, on the word lists the program ships with and drivers' own language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.intake import (
    Category,
    MarkerKind,
    MarkerRule,
    Markers,
    find_phone,
    find_plate,
    gate_from_payload,
    is_dissatisfied,
    is_praise,
    is_thanks,
    petition_marker,
    suggest_categories,
    suggest_gates,
    urgent_marker,
)
from services.reference import seed_reference

CATEGORIES, MARKERS = seed_reference().categories, seed_reference().markers
GATES = {
    "HN": ("Hữu Nghị", "cửa khẩu Hữu Nghị", "HN", "友谊关"),
    "HN-1119": ("1119", "1119-1120", "đường chuyên dụng", "友谊关货运专用通道"),
    "TT": ("Tân Thanh", "TT", "新清", "浦寨"),
    "CM": ("Chi Ma", "峙马"),
}
any_text = st.text(st.characters(exclude_categories=[]), max_size=60)


# Categories


@pytest.mark.parametrize(
    ("typed", "best"),
    [
        ("Xe em bị ùn tắc từ sáng đến giờ", "UT"),
        ("xe em bi ket tu sang den gio chua nhuc nhich", "UT"),
        ("堵车三天了，没人管", "UT"),
        ("stuck in the queue since yesterday", "UT"),
        ("bãi thu phí 500k không xuất hóa đơn", "PHI"),
        ("bai thu phi ko co hoa don", "PHI"),
        ("停车费太贵，没有发票", "PHI"),
        ("cks lỗi ko khai đc", "CKS"),
        ("系统故障，报不了", "CKS"),
        ("xe nâng làm hỏng hàng lúc sang tải", "BX"),
        ("em hỏi thủ tục cấp giấy thông hành", "TTHC"),
        ("bảo vệ quát mắng lái xe", "TD"),
        ("hải quan quát mắng lái xe", "TDX"),
        ("海关态度差", "TDX"),
        ("hq chậm thông quan tờ khai", "HQ"),
        ("đồn biên phòng không cho nhập cảnh", "BP"),
        ("kiểm dịch thực vật lấy mẫu lâu", "KD"),
        ("đèn đường hỏng tối om, nhiều ổ gà", "HT"),
        ("nha ve sinh qua ban, rac khap noi", "VS"),
        ("toilet is dirty and smelly", "VS"),
        ("厕所太脏", "VS"),
        ("mất trộm dầu trong bãi đêm qua", "AN"),
        ("có tai nạn, người bị thương", "AT"),
        ("cho hỏi nghỉ tết có thông quan không", "CS"),
        ("请问几点开关", "CS"),
        ("quy định chồng chéo, thủ tục rườm rà", "QDHC"),
        ("em góp ý nên có thêm nhà chờ", "SK"),
    ],
)
def test_a_drivers_words_bring_their_category_first(typed: str, best: str) -> None:
    assert suggest_categories(typed, CATEGORIES)[:1] == (best,)


def test_at_most_three_categories_are_suggested() -> None:
    everything = " ".join(word for category in CATEGORIES for word in category.words)
    assert len(suggest_categories(everything, CATEGORIES)) == 3


@pytest.mark.parametrize(
    "typed", ["", "alo", "👍", "xin chao ban", "toi den tu Ha Noi", "phim hay", "co ai o do khong"]
)
def test_words_that_say_nothing_suggest_nothing(typed: str) -> None:
    assert suggest_categories(typed, CATEGORIES) == ()


def test_the_staffs_own_category_is_never_suggested_to_a_sender() -> None:
    assert "NB" not in suggest_categories("lịch trực nội bộ, phân công, chế độ, khen thưởng", CATEGORIES)


def _category(code: str, *words: str, marked: tuple[str, ...] = ()) -> Category:
    return Category(code, {}, words, "VP", marked=marked)


def test_exact_diacritics_weigh_more_than_bare_letters() -> None:
    fee, pilot = _category("PHI", "phí"), _category("PHI2", "phi")
    assert suggest_categories("thu phí", (pilot, fee)) == ("PHI",)
    assert suggest_categories("thu phi", (fee, pilot)) == ("PHI2", "PHI")


def test_a_phrase_weighs_more_than_a_word_and_equals_keep_the_order_of_the_file() -> None:
    one, two, long = _category("A", "bãi"), _category("B", "xe"), _category("C", "phí bãi xe")
    assert suggest_categories("phí bãi xe", (one, two, long)) == ("C", "A", "B")


def test_a_marked_word_needs_its_diacritics() -> None:
    dirty = (_category("VS", marked=("bẩn",)),)
    assert suggest_categories("bẩn quá", dirty) == ("VS",)
    assert suggest_categories("ban oi", dirty) == ()


# Bare everyday words of which a one-syllable keyword would make nonsense when diacritics are not typed.
EVERYDAY = """
co den ban toi cua no la o va voi mang cong can ra vao di ve cho em anh chi minh thi ma nay kia
gio sang trua chieu hom mai qua duoc khong roi con nhieu it mot hai ba bon nam nguoi xe hang
duong nha bao khi sao gi dau ai oi a nhe the nhu neu vi nen tai chay sap nhan thoi dong luc lam
noi biet thay muon phai bi tu nhung cac moi ca hay cung chua da dang se
"""


def test_no_bare_everyday_word_is_a_keyword() -> None:
    keywords = [word for category in CATEGORIES for word in category.words]
    keywords += [word for rule in MARKERS.rules for word in rule.words]
    assert [
        word for word in keywords if suggest_categories(EVERYDAY, (_category("X", word),)) and " " not in word
    ] == []


# Gates


@pytest.mark.parametrize(
    ("typed", "gates"),
    [
        ("Xe kẹt ở cửa khẩu Hữu Nghị", ("HN",)),
        ("xe ket o huu nghi", ("HN",)),
        ("em ở mốc 1119, Hữu Nghị", ("HN-1119",)),
        ("友谊关堵车", ("HN",)),
        ("友谊关货运专用通道堵车", ("HN-1119",)),
        ("từ Tân Thanh sang Chi Ma", ("TT", "CM")),
        ("chi ma roi tan thanh", ("CM", "TT")),
        ("xã Tân Thành", ()),
        ("TT giúp em với, HN mưa to", ()),
        ("cửa khẩu HN", ("HN",)),
        ("ck TT đông quá", ("TT",)),
        ("xe 12C-1119, gọi 0912 111 119, phiếu DDLS-261122-1119", ()),
        ("", ()),
    ],
)
def test_gates_are_found_by_every_name_people_use(typed: str, gates: tuple[str, ...]) -> None:
    assert suggest_gates(typed, GATES) == gates


@pytest.mark.parametrize(
    ("payload", "gate"),
    [
        ("gate_HN", "HN"),
        ("gate_HN-1119", "HN-1119"),
        ("gate_hn", "HN"),
        ("gate_XX", None),
        ("link_HN", None),
        ("gate_", None),
        ("", None),
    ],
)
def test_a_posters_payload_names_its_gate_or_nothing(payload: str, gate: str | None) -> None:
    assert gate_from_payload(payload, GATES) == gate


# Khiếu nại, tố cáo


@pytest.mark.parametrize(
    "typed",
    [
        "tôi tố cáo ông A",
        "phải nhận tiền mới cho qua",
        "cán bộ vòi tiền lái xe",
        "bị vòi 500k",
        "can bo nhung nhieu",
        "đưa phong bì mới ký",
        "không làm luật thì không cho qua",
        "举报索贿",
        "they asked for a bribe",
    ],
)
def test_signs_of_a_denunciation_are_seen(typed: str) -> None:
    marker = petition_marker(typed, MARKERS)
    assert marker is not None
    assert marker.kind is MarkerKind.TO_CAO


@pytest.mark.parametrize(
    "typed",
    [
        "em muốn khiếu nại",
        "em muon khieu nai",
        "quyết định số 12/QĐ thu giữ hàng của tôi",
        "xử phạt sai",
        "đòi bồi thường",
        "要求赔偿",
    ],
)
def test_signs_of_a_formal_complaint_are_seen(typed: str) -> None:
    marker = petition_marker(typed, MARKERS)
    assert marker is not None
    assert marker.kind is MarkerKind.KHIEU_NAI


@pytest.mark.parametrize(
    "typed",
    [
        "bao ve doi tien",
        "Bảo vệ cổng số 2 đòi tiền mới cho xe vào",
        "bao ve xin tien lai xe",
        "can bo xin tien",
        "hai quan doi tien 200 nghin",
        "bảo vệ bắt đưa tiền",
        "bao ve bat dua tien moi cho qua",
        "dua tien moi cho qua",
        "không đòi tiền thì cán bộ không cho qua",
        "the guard demands money",
        "customs asked me for money",
        "保安要钱才放行",
    ],
)
def test_money_asked_for_by_somebody_in_a_post_is_seen(typed: str) -> None:
    marker = petition_marker(typed, MARKERS)
    assert marker is not None
    assert marker.kind is MarkerKind.TO_CAO


@pytest.mark.parametrize(
    "typed",
    [
        "hoi bao ve cho doi tien o dau",
        "Nhờ bảo vệ chỉ chỗ đổi tiền",
        "Hỏi cán bộ đổi tiền nhân dân tệ ở đâu",
        "bãi đòi tiền gửi xe 300 nghìn không có hóa đơn, hỏi nhân viên không ai trả lời",
        "chủ hàng đòi tiền cọc",
        "doi tien hoan thue o hai quan",
        "bao ve khong doi tien",
        "Cán bộ không xin tiền, rất tốt",
        "保安很好，哪里可以换钱",
    ],
)
def test_changing_money_and_paying_fees_denounce_nobody(typed: str) -> None:
    assert petition_marker(typed, MARKERS) is None


def test_a_denunciation_goes_before_a_formal_complaint() -> None:
    marker = petition_marker("tôi khiếu nại và tố cáo", MARKERS)
    assert marker is not None
    assert (marker.kind, marker.word) == (MarkerKind.TO_CAO, "tố cáo")


@pytest.mark.parametrize(
    "typed",
    [
        "vòi nước ở nhà vệ sinh hỏng",
        "voi anh em lai xe",
        "em nói với cán bộ rồi",
        "tôi không khiếu nại gì, chỉ hỏi thăm",
        "em chưa nhận tiền hoàn phí",
        "cán bộ không nhận tiền, rất tốt",
        "hàng là dầu bôi trơn",
        "chờ lâu quá",
        "",
    ],
)
def test_everyday_words_are_no_petition(typed: str) -> None:
    assert petition_marker(typed, MARKERS) is None


# Urgent


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("xe cháy ở bãi", MarkerKind.FIRE),
        ("xe tai bi chay o bai", MarkerKind.FIRE),
        ("着火了快来", MarkerKind.FIRE),
        ("truck on fire", MarkerKind.FIRE),
        ("đánh nhau ở bãi xe", MarkerKind.VIOLENCE),
        ("co danh nhau", MarkerKind.VIOLENCE),
        ("lái xe bị thương", MarkerKind.INJURY),
        ("có người bất tỉnh, cần cấp cứu", MarkerKind.INJURY),
        ("Có ai không? Tai nạn rồi", MarkerKind.ACCIDENT),
        ("出车祸了", MarkerKind.ACCIDENT),
        ("va chạm nhưng không ai bị thương", MarkerKind.ACCIDENT),
        ("xe sầu riêng kẹt 2 ngày rồi", MarkerKind.PERISHABLE),
        ("hang tuoi un tac sap hong", MarkerKind.PERISHABLE),
        ("榴莲车堵了两天", MarkerKind.PERISHABLE),
        ("our durian truck is stuck", MarkerKind.PERISHABLE),
    ],
)
def test_urgent_matters_are_seen(typed: str, kind: MarkerKind) -> None:
    marker = urgent_marker(typed, MARKERS)
    assert marker is not None
    assert marker.kind is kind


@pytest.mark.parametrize(
    "typed",
    [
        "xe chạy chậm",
        "xe chay cham qua",
        "tập huấn phòng cháy chữa cháy",
        "chống cháy nổ",
        "bóng đèn bị cháy",
        "không có tai nạn gì",
        "không có ai bị thương",
        "nobody was injured",
        "没有受伤",
        "fire extinguisher expired",
        "đánh giá dịch vụ",
        "sầu riêng mới về",
        "đỗ xe ở đâu",
        "sap den tet roi",
        "Ban Quản lý nỗ lực",
        "bãi nổ máy cả đêm",
        "",
    ],
)
def test_everyday_words_are_not_urgent(typed: str) -> None:
    assert urgent_marker(typed, MARKERS) is None


def test_a_negation_does_not_reach_into_the_next_clause() -> None:
    markers = Markers((MarkerRule(MarkerKind.FIRE, ("fire",)),), negations=("no",))
    assert urgent_marker("no fire", markers) is None
    assert urgent_marker("answer? no. fire!", markers) is not None


# Thanks and praise


@pytest.mark.parametrize(
    "typed",
    [
        "cảm ơn",
        "Cảm ơn anh chị nhiều ạ!",
        "cam on",
        "ok cảm ơn",
        "ok",
        "dạ vâng ạ",
        "thanks",
        "Thank you very much!",
        "谢谢",
        "好的，谢谢您",
        "👍",
        "🙏🏽🙏🏽",
        "❤️",
    ],
)
def test_nothing_but_thanks_is_thanks(typed: str) -> None:
    assert is_thanks(typed, MARKERS)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "  ",
        "...",
        "?",
        "cảm ơn nhưng chưa xong",
        "ok chưa?",
        "ok?",
        "không cảm ơn",
        "👎",
        "😡😡",
        "cảm ơn 😡",
        "xe vẫn kẹt",
        "12C-123.45",
        "ạ",
        "anh ơi",
    ],
)
def test_anything_more_is_not_thanks(typed: str) -> None:
    assert not is_thanks(typed, MARKERS)


@pytest.mark.parametrize(
    "typed",
    ["cán bộ rất nhiệt tình", "khen anh Hùng ca sáng", "phuc vu tot", "excellent service", "服务很好"],
)
def test_praise_is_praise(typed: str) -> None:
    assert is_praise(typed, MARKERS)


@pytest.mark.parametrize(
    "typed",
    [
        "không nhiệt tình",
        "nhiệt tình nhưng chậm",
        "thiếu chuyên nghiệp",
        "xử lý nhanh giúp em",
        "不满意",
        "bình thường",
        "not satisfied",
    ],
)
def test_praise_taken_back_is_no_praise(typed: str) -> None:
    assert not is_praise(typed, MARKERS)


@pytest.mark.parametrize(
    "typed",
    [
        "chưa giải quyết",
        "chua giai quyet gi ca",
        "Tôi không hài lòng",
        "xe vẫn kẹt ở bãi",
        "cảm ơn nhưng chưa xong",
        "still not fixed",
        "还没解决",
    ],
)
def test_words_that_reopen_are_seen(typed: str) -> None:
    assert is_dissatisfied(typed, MARKERS)


@pytest.mark.parametrize(
    "typed", ["đã giải quyết xong", "rất hài lòng", "cảm ơn", "xe khác lại hỏi đường", "好的", ""]
)
def test_other_words_after_an_answer_do_not_reopen(typed: str) -> None:
    assert not is_dissatisfied(typed, MARKERS)


# Numbers


@pytest.mark.parametrize(
    ("typed", "plate"),
    [
        ("xe 12C-123.45 kẹt", "12C-123.45"),
        ("29h12345", "29H-123.45"),
        ("12 LD 012.34", "12LD-012.34"),
        ("29-H1 123.45", "29H1-123.45"),
        ("12C-1234", "12C-1234"),
        ("车牌桂F·12345", "桂F·12345"),
        ("桂f12345", "桂F·12345"),
        ("粤B12345D", "粤B·12345D"),
        ("桂F1234挂", "桂F·1234挂"),
        ("14h 1200 xe", None),
        ("từ 7h30 đến 12h30", None),
        ("mốc 1119-1120", None),
        ("0912345678", None),
        ("", None),
    ],
)
def test_plates_of_both_countries_get_one_spelling(typed: str, plate: str | None) -> None:
    assert find_plate(typed) == plate


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("gọi 0912 345 678 nhé", "+84912345678"),
        ("+84 912.345.678", "+84912345678"),
        ("(0912) 345-678", "+84912345678"),
        ("84912345678", "+84912345678"),
        ("0205 3812 345", "+842053812345"),
        ("电话13812345678", "+8613812345678"),
        ("+86 138-1234-5678", "+8613812345678"),
        ("１３８１２３４５６７８", "+8613812345678"),
        ("CCCD 020085001234", None),
        ("tờ khai 105123456780", None),
        ("DDLS-261122-0001", None),
        ("phí 500000000", None),
        ("", None),
    ],
)
def test_phones_of_both_countries_are_found_with_their_country(typed: str, phone: str | None) -> None:
    assert find_phone(typed) == phone


# Whatever comes in


@given(any_text)
def test_no_text_breaks_the_intake(text: str) -> None:
    assert len(suggest_categories(text, CATEGORIES)) <= 3
    assert set(suggest_gates(text, GATES)) <= set(GATES)
    found = (petition_marker(text, MARKERS), urgent_marker(text, MARKERS))
    assert all(marker is None or marker.word for marker in found)
    assert is_thanks(text, MARKERS) in (True, False)
    assert is_praise(text, MARKERS) in (True, False)
    assert find_plate(text) != ""
    assert find_phone(text) != ""
