"""What people type, read as a value."""

from datetime import date, datetime

from core.calendar import TZ
from core.errors import Refused
from core.folding import clean


def typed_date(text: str, now: datetime) -> date:
    """A day as people type it: 25/11, 25/11/2026, 2026-11-25; without a year the next such day. Raises `bad_date`."""
    words = clean(text).replace("-", "/").replace(".", "/").split("/")
    try:
        numbers = [int(word) for word in words]
        if len(numbers) == 3 and numbers[0] > 31:
            return date(*numbers)
        if len(numbers) == 3:
            return date(numbers[2], numbers[1], numbers[0])
        day, month = numbers
        today = now.astimezone(TZ).date()
        this_year = date(today.year, month, day)
        return this_year if this_year >= today else date(today.year + 1, month, day)
    except (ValueError, TypeError):
        raise Refused("bad_date") from None
