"""The two plan documents that the program starts with, as they came: the board's own plan and the provincial annex."""

from importlib import resources

BOARD_PLAN = "ke-hoach-bqlkktck-2026.md"
PROVINCIAL_ANNEX = "phu-luc-ke-hoach-215-2026.txt"
NAMES = (PROVINCIAL_ANNEX, BOARD_PLAN)


def document(name: str) -> bytes:
    """The bytes of one of NAMES."""
    return resources.files(__package__).joinpath(name).read_bytes()
