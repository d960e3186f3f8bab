"""Bad weather for the Bot API double: flood limits, and faults that strike chosen calls."""

import math
from collections import deque
from dataclasses import dataclass, field

from tests.doubles.botapi_world import ApiRefusalError, Json, bad

SENDING = ("send", "forward", "copy", "edit")


@dataclass
class FloodLimits:
    """Telegram's limits as its FAQ gives them. Edits count like messages (what groups are seen to do)."""

    overall_per_second: int = 30
    chat_per_second: float = 1.0
    chat_burst: int = 3
    group_per_minute: int = 20
    edits_count: bool = True
    _overall: deque[float] = field(default_factory=deque, repr=False)
    _groups: dict[int, deque[float]] = field(default_factory=dict, repr=False)
    _tokens: dict[int, tuple[float, float]] = field(default_factory=dict, repr=False)

    def wait_seconds(self, method: str, chat_id: int, is_group: bool, now: float) -> int:
        """0 and the message is counted, or the whole seconds to stay away."""
        if not method.startswith(SENDING) or method == "sendChatAction":
            return 0
        if method.startswith("edit") and not self.edits_count:
            return 0
        group = self._groups.setdefault(chat_id, deque()) if is_group else deque[float]()
        waits = [
            _full(self._overall, now, 1.0, self.overall_per_second),
            _full(group, now, 60.0, self.group_per_minute),
        ]
        tokens = self._tokens_of(chat_id, now)
        waits.append((1 - tokens) / self.chat_per_second if tokens < 1 else 0.0)
        if max(waits) > 0:
            return max(1, math.ceil(max(waits)))
        self._overall.append(now)
        group.append(now)
        self._tokens[chat_id] = (tokens - 1, now)
        return 0

    def _tokens_of(self, chat_id: int, now: float) -> float:
        tokens, since = self._tokens.get(chat_id, (float(self.chat_burst), now))
        return min(self.chat_burst, tokens + (now - since) * self.chat_per_second)


def _full(times: deque[float], now: float, window: float, most: int) -> float:
    """Seconds until a sliding window has room again; 0 when it has."""
    while times and times[0] <= now - window:
        times.popleft()
    return times[0] + window - now if len(times) >= most else 0.0


@dataclass
class Fault:
    """One scripted misfortune. It lets `after` fitting calls pass, then strikes `times` of them (0: for ever).

    Kinds: too_many, too_many_bot (429 that lasts `seconds`), blocked, deactivated, kicked, chat_not_found, migrated (`to`),
    server_error, bad_gateway, unauthorized, conflict, bad_request (`words`), garbage (200, but no JSON), reset (connection
    broken before anything was done), reply_lost (done, then broken), slow (done, but `seconds` late).
    """

    kind: str
    method: str | None = None
    chat_id: int | None = None
    times: int = 1
    after: int = 0
    seconds: float = 1.0
    to: int = 0
    words: str = ""
    struck: int = 0

    def strikes(self, method: str, chat_id: int | None) -> bool:
        """Whether this call is hit; counts it."""
        everything = self.method is None and method != "getUpdates"
        if not (everything or self.method == method) or self.chat_id not in (None, chat_id):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.struck += 1
        return True

    @property
    def spent(self) -> bool:
        return 0 < self.times <= self.struck


_REFUSALS: dict[str, tuple[int, str]] = {
    "blocked": (403, "Forbidden: bot was blocked by the user"),
    "deactivated": (403, "Forbidden: user is deactivated"),
    "kicked": (403, "Forbidden: bot was kicked from the supergroup chat"),
    "server_error": (500, "Internal Server Error"),
    "bad_gateway": (502, "Bad Gateway"),
    "unauthorized": (401, "Unauthorized"),
    "conflict": (
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    ),
}


def refusal_of(fault: Fault) -> ApiRefusalError | None:
    """The answer of a fault that is one; None for those that strike the connection."""
    if fault.kind in _REFUSALS:
        return ApiRefusalError(*_REFUSALS[fault.kind])
    if fault.kind in ("too_many", "too_many_bot"):
        return too_many(math.ceil(fault.seconds))
    if fault.kind == "chat_not_found":
        return bad("chat not found")
    if fault.kind == "bad_request":
        return bad(fault.words)
    if fault.kind == "migrated":
        parameters: Json = {"migrate_to_chat_id": fault.to}
        return ApiRefusalError(400, "Bad Request: group chat was upgraded to a supergroup chat", parameters)
    return None


def too_many(seconds: int) -> ApiRefusalError:
    return ApiRefusalError(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})
