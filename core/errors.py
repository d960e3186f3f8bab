"""What the rules refuse. Two families of error exist: `Refused` (answered politely at the edge) and bugs (everything else)."""

from datetime import datetime


class Refused(Exception):
    """The rules say no. `code` names the sentence in the catalogue, `data` fills its blanks; neither holds personal data."""

    def __init__(self, code: str, /, **data: str | int | datetime) -> None:
        super().__init__(code)
        self.code = code
        self.data = data


class WrongGuess(Refused):
    """A code or key that is wrong. `subject` names what is guessed at: so many guesses, then no more (services/directory.py).

    `at` names the one thing whose key it was: chats cost nothing, so what is guessed at counts them together.
    """

    def __init__(self, code: str, subject: str, at: str = "") -> None:
        super().__init__(code)
        self.subject, self.at = subject, at


class NoServiceDay(Refused):
    """No service window of `gate` opens within the bounded search (promise.md, Calendars)."""

    def __init__(self, gate: str) -> None:
        super().__init__("no_service_day", gate=gate)
