"""The words around a point in time, folded (no marks, đ as d), longest first."""

from core.plan import Recurrence
from plan_data.deadline_tokens import phrases

BEFORE = phrases(
    "truoc",
    "xong truoc",
    "den truoc",
    "hoan thanh truoc",
    "cham nhat truoc",
    "cham nhat la truoc",
    "muon nhat truoc",
    "truoc khi ket thuc",
)
UNTIL = phrases(
    "cham nhat",
    "cham nhat la",
    "cham nhat vao",
    "cham nhat den",
    "cham nhat den het",
    "cham nhat trong",
    "muon nhat",
    "muon nhat la",
    "muon nhat vao",
    "khong qua",
    "khong cham qua",
    "khong cham hon",
    "khong muon hon",
    "den",
    "den het",
    "cho den",
    "cho den het",
    "tu nay den",
    "tu nay den het",
    "tu nay cho den",
    "tu nay cho den het",
    "tu nay toi",
    "toi",
    "toi het",
    "het",
)
FROM = phrases("tu", "bat dau tu", "ke tu", "tu khoang")
WITHIN = phrases(
    "trong", "vao", "xong trong", "vao khoang", "trong khoang", "ngay trong", "suot", "ca", "toan"
)
EVERY_WORDS = ("hang", "moi", "tung")
RHYTHM_UNITS = {
    "nam": Recurrence.YEARLY,
    "quy": Recurrence.QUARTERLY,
    "thang": Recurrence.MONTHLY,
    "tuan": Recurrence.WEEKLY,
}
TIMES_A = {
    ("nam", 1): Recurrence.YEARLY,
    ("nam", 2): Recurrence.HALF_YEARLY,
    ("nam", 4): Recurrence.QUARTERLY,
    ("nam", 12): Recurrence.MONTHLY,
    ("quy", 1): Recurrence.QUARTERLY,
    ("thang", 1): Recurrence.MONTHLY,
    ("tuan", 1): Recurrence.WEEKLY,
}
ONGOING = phrases(
    "thuong xuyen",
    "thuong ky",
    "dinh ky",
    "lien tuc",
    "24 / 24",
    "24 / 24 h",
    "24 / 24 gio",
    "truc 24 / 7",
    "lien tuc 24 / 7",
)
OPEN = phrases(
    "sau khi",
    "ngay sau khi",
    "khi co",
    "ngay khi",
    "den khi",
    "cho den khi",
    "trong vong",
    "trong thoi han",
    "trong thoi gian",
    "theo ke hoach",
    "theo tien do",
    "theo huong dan",
    "theo chi dao",
    "theo su chi dao",
    "theo yeu cau",
    "theo quy dinh",
    "theo lich",
    "theo chuong trinh",
    "theo van ban",
    "theo thuc te",
    "theo tinh hinh",
    "theo thoi gian",
    "theo lo trinh",
    "ke tu ngay ky",
    "ke tu khi",
    "tu khi",
    "dot xuat",
    "khi phat sinh",
)
_SAYS_NOTHING = "thuc hien hoan thanh xong trong vao ngay thoi gian trien khai va hoac cua cac tu den la han nam thang quy"
# "dự kiến" and "khoảng" are not among them: they make a date less sure.
FILLERS = frozenset(_SAYS_NOTHING.split())
