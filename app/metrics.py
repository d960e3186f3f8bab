"""`/metrics` for Prometheus: what waits (asked of the database at each scrape) and what this process has sent.

Source of the format: the Prometheus text exposition format, written by prometheus-client. Nothing in it names a person or a ticket.
"""

import hmac
import math
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from fastapi import FastAPI, Request, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from core.notices import NoticeKind
from services import quota
from services.quota import Used
from services.sender import ChannelFacts, Delivery, GiveUp, MovedTo, Sender, Sent, TryAgain, Verdict
from storage import gauges, survey
from storage.database import Connection, Database, Unavailable

RECEIPT_SECONDS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800)


@dataclass(frozen=True, slots=True)
class Now:
    """One look at the database: what the gauges show."""

    queues: Mapping[str, survey.Backlog]
    given_up: Mapping[str, int]
    open_tickets: int
    overdue: int
    breaches: int
    plans: Mapping[str, Used]  # of the channels that are metered or bill


@dataclass(slots=True)
class Metrics:
    """The figures of one process, and of the database that it shares with others."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    planned: set[str] = field(default_factory=set)
    """Channels with a plan: of the others free messages are not counted (services/quota.py), and 0 would be a lie."""
    up: Gauge = field(init=False)
    waiting: Gauge = field(init=False)
    late: Gauge = field(init=False)
    oldest: Gauge = field(init=False)
    poison: Gauge = field(init=False)
    given_up: Gauge = field(init=False)
    open_tickets: Gauge = field(init=False)
    overdue: Gauge = field(init=False)
    breaches: Gauge = field(init=False)
    month: Gauge = field(init=False)
    quota: Gauge = field(init=False)
    sends: Counter = field(init=False)
    receipts: Histogram = field(init=False)

    def __post_init__(self) -> None:
        def gauge(name: str, about: str, *labels: str) -> Gauge:
            return Gauge(f"hotline_{name}", about, labels, registry=self.registry)

        self.up = gauge("database_up", "1 when the database answered this scrape")
        self.waiting = gauge("waiting", "Rows that wait", "queue")
        self.late = gauge("late", "Rows whose time has passed", "queue")
        self.oldest = gauge("oldest_late_seconds", "How late the oldest of them is", "queue")
        self.poison = gauge("inbox_set_aside", "Updates set aside after three failures")
        self.given_up = gauge("outbox_given_up", "Notices that could not be delivered", "channel")
        self.open_tickets = gauge("tickets_open", "Tickets neither resolved nor closed")
        self.overdue = gauge("tickets_overdue", "Open tickets whose due time has passed")
        self.breaches = gauge("breaches", "Promises that were ever broken")
        self.month = gauge("messages_this_month", "Sent by a metered channel", "channel", "paid")
        self.quota = gauge("monthly_quota", "Messages that the month's plan holds", "channel")
        self.sends = Counter(
            "hotline_sends", "Verdicts of the channels", ("channel", "verdict"), registry=self.registry
        )
        self.receipts = Histogram(
            "hotline_receipt_seconds",
            "From the platform's time of a first message to its receipt accepted by the platform",
            ("channel",),
            buckets=RECEIPT_SECONDS,
            registry=self.registry,
        )

    def show(self, seen: Now | None, now: datetime) -> bytes:
        """One scrape: the gauges set to what was `seen` (None: the database does not answer), everything as text."""
        self.up.set(seen is not None)
        if seen is None:
            self._forget()
        else:
            self._set(seen, now)
        return generate_latest(self.registry)

    def _forget(self) -> None:
        """What was true a while ago would be taken for true now."""
        for labelled in (self.waiting, self.late, self.oldest, self.given_up, self.month):
            labelled.clear()
        for plain in (self.poison, self.open_tickets, self.overdue, self.breaches):
            plain.set(math.nan)

    def _set(self, seen: Now, now: datetime) -> None:
        for queue, backlog in seen.queues.items():
            self.waiting.labels(queue).set(backlog.waiting)
            # An update is due the moment it is stored.
            self.late.labels(queue).set(backlog.waiting if queue == "inbox" else backlog.late)
            late = (now - backlog.late_since).total_seconds() if backlog.late_since else 0.0
            self.oldest.labels(queue).set(max(0.0, late))
        self.poison.set(seen.queues["inbox"].set_aside)
        self.given_up.clear()
        for channel, count in seen.given_up.items():
            self.given_up.labels(channel).set(count)
        self.open_tickets.set(seen.open_tickets)
        self.overdue.set(seen.overdue)
        self.breaches.set(seen.breaches)
        for channel, used in seen.plans.items():
            if channel in self.planned:
                self.month.labels(channel, "plan").set(used.of_the_plan)
            self.month.labels(channel, "billed").set(used.billed)


class Counted:
    """A sender whose verdicts are counted."""

    def __init__(self, sender: Sender, metrics: Metrics, clock: Callable[[], datetime]) -> None:
        self.facts = sender.facts
        self._sender, self._metrics, self._clock = sender, metrics, clock

    async def send(self, delivery: Delivery) -> Verdict:
        verdict = await self._sender.send(delivery)
        self._metrics.sends.labels(delivery.channel, _word(verdict)).inc()
        if isinstance(verdict, Sent) and not verdict.more and delivery.kind == NoticeKind.RECEIPT:
            received: datetime = delivery.facts["ticket"]["received_at"]
            waited = (self._clock() - received).total_seconds()
            self._metrics.receipts.labels(delivery.channel).observe(max(0.0, waited))
        return verdict


def add_metrics(
    http: FastAPI,
    db: Database,
    metrics: Metrics,
    token: str | None,
    clock: Callable[[], datetime],
    channels: Iterable[ChannelFacts] = (),
) -> None:
    """Answers `/metrics` to whoever has the token (`Authorization: Bearer …`); without one, to this machine alone."""
    metered = [facts for facts in channels if facts.monthly_quota is not None or facts.window is not None]
    for facts in metered:
        if facts.monthly_quota is not None:
            metrics.planned.add(facts.name)
            metrics.quota.labels(facts.name).set(facts.monthly_quota)

    async def page(request: Request) -> Response:
        if not _may_read(request, token):
            return Response(status_code=404)
        seen = None
        with suppress(Unavailable):  # the figures of this process are wanted then, too
            seen = await db.read(lambda connection: _look(connection, clock(), [one.name for one in metered]))
        return Response(metrics.show(seen, clock()), media_type=CONTENT_TYPE_LATEST)

    http.add_api_route("/metrics", page, include_in_schema=False)


def _look(db: Connection, now: datetime, metered: Iterable[str]) -> Now:
    queues = {
        "inbox": survey.inbox_backlog(db),
        "outbox": survey.outbox_backlog(db, now),
        "timers": survey.timer_backlog(db, now),
    }
    plans = {channel: quota.used(db, channel, now) for channel in metered}
    return Now(queues, gauges.given_up(db), *gauges.open_tickets(db, now), gauges.breaches(db), plans)


def _may_read(request: Request, token: str | None) -> bool:
    if token is not None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.encode())
    # Behind a proxy everybody seems to be this machine: whom it speaks for is in its header.
    local = request.client is not None and request.client.host in {"127.0.0.1", "::1"}
    return local and "x-forwarded-for" not in request.headers


def _word(verdict: Verdict) -> str:
    match verdict:
        case Sent():
            return "sent"
        case TryAgain():
            return "retried"
        case MovedTo():
            return "moved"
        case GiveUp():
            return "given_up"
