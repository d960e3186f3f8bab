"""What was asked once in a transaction need not be asked again: a group of 64 first messages wants one roster 64 times.

Within a transaction nobody else can change the answer (SQLite has one writer), so only our own changes count: whoever
writes what is remembered says `forget`, and an errand that is taken back forgets everything.
"""

from collections.abc import Callable, Hashable
from typing import TypeVar

from sqlalchemy.engine import Connection

T = TypeVar("T")
_NAME = "remembered"


def remembered(db: Connection, question: Hashable, ask: Callable[[], T]) -> T:
    """The answer to `question`, which names one thing for the whole program; `ask` finds it when nobody knows."""
    transaction, (known_to, answers) = db.get_transaction(), db.info.get(_NAME, (None, {}))
    if known_to is not transaction or transaction is None:
        answers = {}
        db.info[_NAME] = (transaction, answers)
    if question not in answers:
        answers[question] = ask()
    found: T = answers[question]
    return found


def forget(db: Connection) -> None:
    """What is remembered may not be true any more."""
    db.info.pop(_NAME, None)
