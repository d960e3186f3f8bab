"""Codes and keys resist guessing: five wrong ones from a chat, thirty at one thing, then a quarter of an hour of nothing."""

from datetime import datetime, timedelta

from core.errors import Refused, WrongGuess
from storage import linking
from storage.database import Connection
from storage.people import Identity

GUESSES = 5
GUESSES_WITHIN = timedelta(minutes=15)
# Chats are free on the web: from however many, 28⁴ keys then take 213 days of guessing at one ticket.
GUESSES_AT = 30


def may_guess(db: Connection, chat: Identity, subject: str, now: datetime) -> None:
    """Raises `too_many_attempts` after five wrong guesses of this subject from this chat within 15 minutes."""
    if linking.attempts_since(db, f"{subject}:{chat.id}", now - GUESSES_WITHIN) >= GUESSES:
        raise Refused("too_many_attempts")


def may_guess_at(db: Connection, what: str, now: datetime) -> None:
    """Raises `too_many_attempts` after thirty wrong guesses at this one thing within 15 minutes, whoever made them."""
    if linking.attempts_since(db, _at(what), now - GUESSES_WITHIN) >= GUESSES_AT:
        raise Refused("too_many_attempts")


def count_guess(db: Connection, chat: Identity, guess: WrongGuess, now: datetime) -> None:
    """Remembers a wrong guess; done apart, because the errand that refused it was rolled back (with a new chat, if it was one)."""
    linking.note_attempt(db, f"{guess.subject}:{chat.id}", now, GUESSES_WITHIN)
    if guess.at:
        linking.note_attempt(db, _at(guess.at), now, GUESSES_WITHIN)


def _at(what: str) -> str:
    return f"at:{what[:40]}".encode(errors="replace").decode()
