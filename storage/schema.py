"""The tables. Every invariant that the rules keep is stated here a second time, as a CHECK or a UNIQUE."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcTime(TypeDecorator[datetime]):
    """Aware in, aware UTC out. A naive time is a bug and refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time must not be stored")
        return value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """SQLite keeps text: written here in one step, a first message stores forty-five times (docs/performance.md)."""
        if dialect.name != "sqlite":
            return super().bind_processor(dialect)
        return lambda value: (
            None
            if (at := self.process_bind_param(value, dialect)) is None
            else at.replace(tzinfo=None).isoformat(" ", "microseconds")
        )

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def _id() -> sa.Column[int]:
    return sa.Column(
        "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False
    )


def _ref(name: str, target: str, nullable: bool = False, index: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, sa.ForeignKey(f"{target}.id"), nullable=nullable, index=index)


def _one_of(column: str, *values: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} IN ({', '.join(repr(v) for v in values)})", name=f"{column}_known")


meta = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("value", sa.String, nullable=False),
)

# Gates, categories, units, markers, holidays: each kind is one editable text, checked as a whole; all its versions are kept.
data_files = sa.Table(
    "data_files",
    metadata,
    _id(),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("stored_at", UtcTime, nullable=False),
    sa.Column("stored_by", sa.BigInteger),
    sa.Index("ix_data_files_kind_id", "kind", "id"),
)

counters = sa.Table(
    "counters",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)

# Who speaks for a bot now, where many processes share a database (docs/adr/0009).
leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("holder", sa.String, nullable=False),
    sa.Column("until", UtcTime, nullable=False),
)

# A platform's access that changes with every use of it (docs/adr/0011): one row for each account, sealed.
tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("sealed_pair", sa.LargeBinary, nullable=False),
    sa.Column("seeds", Json, nullable=False),
    sa.Column("refreshed_at", UtcTime, nullable=False),
    sa.Column("access_until", UtcTime, nullable=False),
    sa.Column("refresh_until", UtcTime, nullable=False),
    sa.CheckConstraint("version > 0", name="version_counts"),
    sa.CheckConstraint("refreshed_at < access_until", name="lasts"),
)

inbox = sa.Table(
    "inbox",
    metadata,
    _id(),
    sa.Column("channel", sa.String, nullable=False),
    sa.Column("bot", sa.String, nullable=False),
    sa.Column("update_id", sa.String, nullable=False),
    sa.Column("chat_id", sa.String, nullable=False),
    sa.Column("raw", Json, nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("status", sa.String, nullable=False, server_default="waiting"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("lease_until", UtcTime),
    sa.Column("handled_at", UtcTime),
    sa.Column("error", sa.String),
    sa.UniqueConstraint("channel", "bot", "update_id"),
    _one_of("status", "waiting", "done", "poison"),
    sa.CheckConstraint("(status = 'waiting') = (handled_at IS NULL)", name="handled_has_a_time"),
)
sa.Index(
    "ix_inbox_waiting",
    inbox.c.id,
    sqlite_where=inbox.c.status == "waiting",
    postgresql_where=inbox.c.status == "waiting",
)

people = sa.Table(
    "people",
    metadata,
    _id(),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("role", sa.String, nullable=False),
    sa.Column("unit", sa.String),
    sa.Column("gate", sa.String),
    sa.Column("is_head", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("language", sa.String, nullable=False, server_default="vi"),
    sa.Column("phone", sa.String),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("erased_at", UtcTime),
    _one_of("role", "sender", "duty", "officer", "office", "leader", "admin"),
    sa.Index(
        "ix_people_staff",
        "role",
        sqlite_where=sa.text("role <> 'sender'"),
        postgresql_where=sa.text("role <> 'sender'"),
    ),
)

identities = sa.Table(
    "identities",
    metadata,
    _id(),
    _ref("person_id", "people", nullable=True, index=True),
    sa.Column("channel", sa.String, nullable=False),
    sa.Column("bot", sa.String, nullable=False),
    sa.Column("chat_id", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False, server_default="private"),
    sa.Column("gate", sa.String),
    sa.Column("topic", sa.String),  # of a group that is a forum: where the cards belong
    sa.Column("name", sa.String, nullable=False, server_default=""),
    sa.Column("language", sa.String),
    sa.Column("reachable", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("preferred", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("linked_at", UtcTime),  # since when it is this person's, if it was linked by a code
    sa.Column("privacy_shown_at", UtcTime),
    sa.Column("greeted_at", UtcTime),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("last_seen_at", UtcTime, nullable=False),
    sa.UniqueConstraint("channel", "bot", "chat_id"),
    _one_of("kind", "private", "group"),
    sa.CheckConstraint("(kind = 'private') = (person_id IS NOT NULL)", name="private_has_a_person"),
    sa.Index(
        "ix_identities_preferred",
        "person_id",
        unique=True,
        sqlite_where=sa.text("preferred"),
        postgresql_where=sa.text("preferred"),
    ),
)

link_codes = sa.Table(
    "link_codes",
    metadata,
    _id(),
    _ref("person_id", "people"),
    sa.Column("code_hash", sa.String, nullable=False, unique=True),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Column("used_at", UtcTime),
    _ref("used_by", "identities", nullable=True),
)

attempts = sa.Table(
    "attempts",
    metadata,
    _id(),
    sa.Column("subject", sa.String, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Index("ix_attempts_subject_at", "subject", "at"),
)

tickets = sa.Table(
    "tickets",
    metadata,
    _id(),
    sa.Column("code", sa.String, nullable=False, unique=True),
    sa.Column("key", sa.String, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("ticket_class", sa.String, nullable=False),
    _ref("sender_id", "people", index=True),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("opened_at", UtcTime, nullable=False),
    sa.Column("due_at", UtcTime),
    sa.Column("promise_kind", sa.String, nullable=False),
    sa.Column("human_reply_by", UtcTime),
    sa.Column("sealed", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("gate", sa.String),
    sa.Column("category", sa.String),
    sa.Column("unit", sa.String),
    sa.Column("plate", sa.String),
    sa.Column("phone", sa.String),
    sa.Column("late_message", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("cycle", sa.Integer, nullable=False),
    sa.Column("promise_no", sa.Integer, nullable=False),
    _ref("holder_id", "people", nullable=True),
    sa.Column("claimed_at", UtcTime),
    sa.Column("first_reply_at", UtcTime),
    sa.Column("asked_count", sa.Integer, nullable=False, server_default="0"),
    sa.Column("waiting_since", UtcTime),
    sa.Column("agency", sa.String),
    sa.Column("agency_promise_on", sa.Date),
    sa.Column("agency_approver", sa.String),
    sa.Column("amber", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("resolved_at", UtcTime),
    sa.Column("resolution_delivered_at", UtcTime),
    sa.Column("closed_at", UtcTime),
    sa.Column("closure", sa.String),
    sa.Column("breached_at", UtcTime),
    sa.Column("breach_noticed_at", UtcTime),
    sa.Column("breach_reason", sa.String),
    _ref("spam_marked_by", "people", nullable=True),
    _ref("previous_id", "tickets", nullable=True),
    _ref("joined_to", "tickets", nullable=True),
    sa.Column("joined_count", sa.Integer, nullable=False, server_default="0"),
    sa.Column("history_length", sa.Integer, nullable=False, server_default="0"),
    sa.Column("history_head", sa.String, nullable=False, server_default=""),
    _one_of("status", "new", "in_progress", "waiting_sender", "waiting_agency", "resolved", "closed"),
    _one_of("ticket_class", "urgent", "normal", "suggestion", "petition"),
    sa.CheckConstraint(
        "(due_at IS NULL) = (ticket_class = 'petition')", name="only_petitions_have_no_due_time"
    ),
    sa.CheckConstraint("status <> 'new' OR holder_id IS NULL", name="new_has_no_holder"),
    sa.CheckConstraint(
        "status NOT IN ('in_progress', 'waiting_sender', 'waiting_agency') OR (holder_id IS NOT NULL AND claimed_at IS NOT NULL)",
        name="work_has_a_holder",
    ),
    sa.CheckConstraint("status <> 'resolved' OR resolved_at IS NOT NULL", name="resolved_has_a_time"),
    sa.CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="closed_has_a_time"),
    sa.CheckConstraint("(closed_at IS NULL) = (closure IS NULL)", name="closed_has_a_reason"),
    sa.CheckConstraint(
        "(status = 'waiting_sender') = (waiting_since IS NOT NULL)", name="waiting_has_a_time"
    ),
    sa.CheckConstraint(
        "status <> 'waiting_agency' OR (agency IS NOT NULL AND agency_promise_on IS NOT NULL AND agency_approver IS NOT NULL)",
        name="agency_is_named",
    ),
    sa.CheckConstraint(
        "(joined_to IS NOT NULL) = (COALESCE(closure, '') = 'joined')", name="joined_to_something"
    ),
    sa.CheckConstraint("(breached_at IS NULL) = (breach_noticed_at IS NULL)", name="breach_was_noticed"),
    sa.CheckConstraint("asked_count BETWEEN 0 AND 2", name="asked_at_most_twice"),
    sa.CheckConstraint("cycle >= 1 AND promise_no >= cycle", name="promises_count"),
)
sa.Index(
    "ix_tickets_open",
    tickets.c.due_at,
    sqlite_where=tickets.c.closed_at.is_(None),
    postgresql_where=tickets.c.closed_at.is_(None),
)
sa.Index("ix_tickets_holder", tickets.c.holder_id, tickets.c.status)
sa.Index(
    "ix_tickets_joined",
    tickets.c.joined_to,
    sqlite_where=tickets.c.joined_to.is_not(None),
    postgresql_where=tickets.c.joined_to.is_not(None),
)

# One row a cycle: what the figures count. The first cycle's outcome stays as it was when the ticket is reopened.
ticket_cycles = sa.Table(
    "ticket_cycles",
    metadata,
    _id(),
    _ref("ticket_id", "tickets"),
    sa.Column("cycle", sa.Integer, nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("due_at", UtcTime),
    sa.Column("promise_kind", sa.String, nullable=False),
    sa.Column("first_reply_at", UtcTime),
    sa.Column("resolved_at", UtcTime),
    sa.Column("breached_at", UtcTime),
    sa.Column("amber", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("waived_by", sa.BigInteger),
    # Who held the ticket last in this cycle: whoever takes it after a reopening does not inherit the first outcome.
    sa.Column("holder_id", sa.BigInteger),
    sa.UniqueConstraint("ticket_id", "cycle"),
)
sa.Index(
    "ix_ticket_cycles_breached",
    ticket_cycles.c.breached_at,
    sqlite_where=ticket_cycles.c.breached_at.is_not(None),
    postgresql_where=ticket_cycles.c.breached_at.is_not(None),
)

ratings = sa.Table(
    "ratings",
    metadata,
    _id(),
    _ref("ticket_id", "tickets", index=True),
    # Of joined tickets several people rate the one that goes on.
    _ref("author_id", "people"),
    sa.Column("cycle", sa.Integer, nullable=False),
    sa.Column("score", sa.String, nullable=False),
    sa.Column("comment", sa.Text),
    sa.Column("at", UtcTime, nullable=False),
    _one_of("score", "good", "fair", "bad"),
)

# A plan document as it was read: every version is kept, with the draft that a person reviewed.
plan_documents = sa.Table(
    "plan_documents",
    metadata,
    _id(),
    sa.Column("key", sa.String, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("number", sa.String),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("source_name", sa.String, nullable=False),
    sa.Column("source_sha256", sa.String, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("settings", Json, nullable=False),
    sa.Column("draft", Json, nullable=False),
    sa.Column("stored_at", UtcTime, nullable=False),
    sa.Column("stored_by", sa.BigInteger),
    sa.UniqueConstraint("key", "version"),
    _one_of("status", "draft", "applied", "superseded", "dropped"),
)

# A plan that somebody sent in a chat: fetched and read after the commit, in no errand's way.
plan_uploads = sa.Table(
    "plan_uploads",
    metadata,
    _id(),
    _ref("identity_id", "identities"),
    _ref("person_id", "people"),
    sa.Column("channel", sa.String, nullable=False),
    sa.Column("provider_id", sa.String, nullable=False),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("status", sa.String, nullable=False, server_default="waiting"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_try_at", UtcTime, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    _one_of("status", "waiting", "read", "failed"),
)
sa.Index(
    "ix_plan_uploads_waiting",
    plan_uploads.c.next_try_at,
    sqlite_where=plan_uploads.c.status == "waiting",
    postgresql_where=plan_uploads.c.status == "waiting",
)

plan_tasks = sa.Table(
    "plan_tasks",
    metadata,
    _id(),
    _ref("document_id", "plan_documents"),
    sa.Column("document_key", sa.String, nullable=False, index=True),
    sa.Column("number", sa.String, nullable=False),
    sa.Column("part", sa.String, nullable=False, server_default=""),
    sa.Column("occurrence", sa.String, nullable=False, server_default=""),
    sa.Column("section", sa.String, nullable=False, server_default=""),
    sa.Column("section_title", sa.Text, nullable=False, server_default=""),
    sa.Column("criteria_group", sa.Integer),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("lead_units", Json, nullable=False),
    sa.Column("cooperating_units", Json, nullable=False),
    sa.Column("relevance", sa.String, nullable=False),
    sa.Column("unit", sa.String),
    sa.Column("co_units", Json, nullable=False),
    sa.Column("period_text", sa.Text, nullable=False, server_default=""),
    sa.Column("start_on", sa.Date),
    sa.Column("due_on", sa.Date),
    sa.Column("due_at", UtcTime),
    sa.Column("working_due_at", UtcTime),
    sa.Column("recurrence", sa.String),
    sa.Column("expected_output", sa.Text, nullable=False, server_default=""),
    sa.Column("quote", sa.Text, nullable=False, server_default=""),
    sa.Column("status", sa.String, nullable=False, server_default="open"),
    sa.Column("progress", sa.Integer, nullable=False, server_default="0"),
    sa.Column("deadline_no", sa.Integer, nullable=False, server_default="1"),
    sa.Column("overdue_at_import", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("unheard", sa.Integer, nullable=False, server_default="0"),
    sa.Column("acknowledged_at", UtcTime),
    _ref("acknowledged_by", "people", nullable=True),
    sa.Column("submitted_at", UtcTime),
    _ref("submitted_by", "people", nullable=True),
    sa.Column("completed_at", UtcTime),
    _ref("accepted_by", "people", nullable=True),
    sa.Column("asked_due_on", sa.Date),
    sa.Column("overdue_at", UtcTime),
    sa.Column("overdue_noticed_at", UtcTime),
    sa.Column("history_length", sa.Integer, nullable=False, server_default="0"),
    sa.Column("history_head", sa.String, nullable=False, server_default=""),
    # Of the version in force: a task that it does not hold any more stays with the last version that did.
    sa.UniqueConstraint("document_id", "number", "part", "occurrence"),
    _one_of("status", "open", "submitted", "done", "removed"),
    _one_of("relevance", "leads", "named", "group", "other"),
    sa.CheckConstraint("progress BETWEEN 0 AND 100", name="progress_is_a_percentage"),
    sa.CheckConstraint(
        "(status = 'submitted') = (submitted_at IS NOT NULL AND completed_at IS NULL)",
        name="submitted_has_a_time",
    ),
    sa.CheckConstraint("(status = 'done') = (completed_at IS NOT NULL)", name="done_has_a_time"),
    sa.CheckConstraint(
        "(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name="acknowledged_by_somebody"
    ),
    sa.CheckConstraint(
        "working_due_at IS NULL OR working_due_at <= due_at", name="working_due_is_never_later"
    ),
)
task_events = sa.Table(
    "task_events",
    metadata,
    _id(),
    _ref("task_id", "plan_tasks"),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("noticed_at", UtcTime),
    sa.Column("actor_id", sa.BigInteger),
    sa.Column("data", Json, nullable=False),
    sa.Column("previous_hash", sa.String, nullable=False),
    sa.Column("hash", sa.String, nullable=False),
    sa.UniqueConstraint("task_id", "seq"),
)

# A person's secret addresses of a calendar, by its scope; only their digests. A new one takes the place of the old.
calendar_feeds = sa.Table(
    "calendar_feeds",
    metadata,
    _id(),
    _ref("person_id", "people"),
    sa.Column("scope", sa.String, nullable=False),
    sa.Column("digest", sa.String, nullable=False, unique=True),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.UniqueConstraint("person_id", "scope"),
    _one_of("scope", "mine", "unit", "all"),
)

# Words of people: apart from the history, so that erasing a person leaves the chain of events whole.
messages = sa.Table(
    "messages",
    metadata,
    _id(),
    _ref("ticket_id", "tickets", nullable=True),
    _ref("task_id", "plan_tasks", nullable=True, index=True),
    sa.Column("direction", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False, server_default="text"),
    sa.Column("text", sa.Text, nullable=False, server_default=""),
    sa.Column("sealed_text", sa.LargeBinary),
    sa.Column("folded", sa.Text, nullable=False, server_default=""),
    _ref("author_id", "people", nullable=True),
    # Indexed for the nightly tidying: without it each deleted update would be looked for in every message.
    _ref("inbox_id", "inbox", nullable=True, index=True),
    sa.Column("provider_message_id", sa.String),
    sa.Column("album", sa.String),
    sa.Column("revises_id", sa.BigInteger, sa.ForeignKey("messages.id")),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("digest", sa.String, nullable=False),
    # Apart from the digest that the history names: with it gone, an erased text cannot be guessed back.
    sa.Column("salt", sa.String, nullable=False),
    sa.Column("erased_at", UtcTime),
    _one_of("direction", "in", "out", "internal"),
    sa.CheckConstraint("(ticket_id IS NULL) <> (task_id IS NULL)", name="of_a_ticket_or_a_task"),
    sa.Index("ix_messages_ticket_id_id", "ticket_id", "id"),
)

attachments = sa.Table(
    "attachments",
    metadata,
    _id(),
    _ref("ticket_id", "tickets", nullable=True, index=True),
    _ref("task_id", "plan_tasks", nullable=True, index=True),
    _ref("message_id", "messages"),
    sa.Column("channel", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("provider_id", sa.String, nullable=False),
    sa.Column("name", sa.String),
    sa.Column("mime", sa.String),
    sa.Column("size", sa.BigInteger),
    sa.Column("sha256", sa.String),
    sa.Column("public_sha256", sa.String),
    sa.Column("status", sa.String, nullable=False, server_default="waiting"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_try_at", UtcTime),
    sa.Column("error", sa.String),
    sa.Column("created_at", UtcTime, nullable=False),
    _one_of("status", "waiting", "stored", "failed", "erased"),
    sa.CheckConstraint("status <> 'stored' OR sha256 IS NOT NULL", name="stored_has_a_digest"),
    sa.CheckConstraint("(ticket_id IS NULL) <> (task_id IS NULL)", name="of_a_ticket_or_a_task"),
)
sa.Index(
    "ix_attachments_waiting",
    attachments.c.next_try_at,
    sqlite_where=attachments.c.status == "waiting",
    postgresql_where=attachments.c.status == "waiting",
)

ticket_events = sa.Table(
    "ticket_events",
    metadata,
    _id(),
    _ref("ticket_id", "tickets"),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("noticed_at", UtcTime),
    sa.Column("actor_id", sa.BigInteger),
    sa.Column("data", Json, nullable=False),
    sa.Column("previous_hash", sa.String, nullable=False),
    sa.Column("hash", sa.String, nullable=False),
    sa.UniqueConstraint("ticket_id", "seq"),
)

timers = sa.Table(
    "timers",
    metadata,
    _id(),
    sa.Column("subject", sa.String, nullable=False),
    sa.Column("subject_id", sa.BigInteger, nullable=False),
    sa.Column("stage", sa.String, nullable=False),
    sa.Column("cycle", sa.Integer, nullable=False),
    sa.Column("due_at", UtcTime, nullable=False),
    sa.Column("status", sa.String, nullable=False, server_default="waiting"),
    sa.Column("fired_at", UtcTime),
    sa.Column("data", Json, nullable=False, server_default="{}"),
    sa.UniqueConstraint("subject", "subject_id", "stage", "cycle"),
    _one_of("status", "waiting", "fired", "skipped", "superseded"),
    sa.CheckConstraint("(status IN ('fired', 'skipped')) = (fired_at IS NOT NULL)", name="fired_has_a_time"),
)
sa.Index(
    "ix_timers_waiting",
    timers.c.due_at,
    sqlite_where=timers.c.status == "waiting",
    postgresql_where=timers.c.status == "waiting",
)

outbox = sa.Table(
    "outbox",
    metadata,
    _id(),
    _ref("identity_id", "identities"),
    sa.Column("channel", sa.String, nullable=False),
    sa.Column("bot", sa.String, nullable=False),
    sa.Column("chat_id", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    _ref("ticket_id", "tickets", nullable=True),
    sa.Column("data", Json, nullable=False),
    # Chats of the same person that it could not be sent to: it never comes back to one of them.
    sa.Column("tried", Json, nullable=False, server_default="[]"),
    sa.Column("priority", sa.Integer, nullable=False, server_default="0"),
    sa.Column("status", sa.String, nullable=False, server_default="waiting"),
    sa.Column("part", sa.Integer, nullable=False, server_default="0"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_try_at", UtcTime, nullable=False),
    sa.Column("lease_until", UtcTime),
    sa.Column("provider_id", sa.String),
    sa.Column("error", sa.String),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("sent_at", UtcTime),
    _one_of("status", "waiting", "sent", "failed", "superseded"),
    sa.CheckConstraint("(status = 'sent') = (sent_at IS NOT NULL)", name="sent_has_a_time"),
    sa.Index("ix_outbox_card", "ticket_id", "identity_id", "kind"),
)
sa.Index(
    "ix_outbox_waiting",
    outbox.c.chat_id,
    outbox.c.id,
    sqlite_where=outbox.c.status == "waiting",
    postgresql_where=outbox.c.status == "waiting",
)
# The order in which they are claimed: in a fan-out the first 64 are found without sorting thousands.
sa.Index(
    "ix_outbox_turn",
    outbox.c.priority,
    outbox.c.id,
    sqlite_where=outbox.c.status == "waiting",
    postgresql_where=outbox.c.status == "waiting",
)
sa.Index("ix_outbox_provider", outbox.c.chat_id, outbox.c.provider_id)
# How often a telephone rang of late. In letters, or SQLite does not see that the question and the index mean the same.
IS_NEWS = sa.text("kind IN ('card', 'cards_list')")
sa.Index(
    "ix_outbox_news",
    outbox.c.identity_id,
    outbox.c.sent_at,
    sqlite_where=IS_NEWS,
    postgresql_where=IS_NEWS,
)
sa.Index(
    "ix_outbox_failed",
    outbox.c.channel,
    sqlite_where=outbox.c.status == "failed",
    postgresql_where=outbox.c.status == "failed",
)

drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("identity_id", sa.BigInteger, sa.ForeignKey("identities.id"), primary_key=True),
    sa.Column("kind", sa.String, nullable=False),
    _ref("ticket_id", "tickets", nullable=True),
    sa.Column("data", Json, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
)

# Of channels without buttons: what each message offers by number (docs/adr/0010).
choices = sa.Table(
    "choices",
    metadata,
    sa.Column("outbox_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("channel", sa.String, nullable=False),
    sa.Column("bot", sa.String, nullable=False),
    sa.Column("chat_id", sa.String, nullable=False),
    sa.Column("provider_id", sa.String, nullable=False),
    sa.Column("about", sa.String, nullable=False),
    sa.Column("offered", Json, nullable=False),
    sa.Column("heard", sa.Boolean, nullable=False),
    sa.Column("shown_at", UtcTime, nullable=False),
    sa.Index("ix_choices_chat", "channel", "bot", "chat_id", "shown_at"),
    sa.Index("ix_choices_old", "shown_at"),
)

shifts = sa.Table(
    "shifts",
    metadata,
    _id(),
    sa.Column("gate", sa.String, nullable=False),
    sa.Column("starts_at", UtcTime, nullable=False),
    sa.Column("ends_at", UtcTime, nullable=False),
    sa.CheckConstraint("starts_at < ends_at", name="ends_after_it_starts"),
    sa.UniqueConstraint("gate", "starts_at"),
)
shift_people = sa.Table(
    "shift_people",
    metadata,
    sa.Column("shift_id", sa.BigInteger, sa.ForeignKey("shifts.id"), primary_key=True),
    sa.Column("person_id", sa.BigInteger, sa.ForeignKey("people.id"), primary_key=True),
    sa.Column("confirmed_at", UtcTime),
)
# "Tôi giữ tiếp": tickets that stay with their holder when this shift ends.
shift_keeps = sa.Table(
    "shift_keeps",
    metadata,
    sa.Column("shift_id", sa.BigInteger, sa.ForeignKey("shifts.id"), primary_key=True),
    sa.Column("ticket_id", sa.BigInteger, sa.ForeignKey("tickets.id"), primary_key=True),
)

web_sessions = sa.Table(
    "web_sessions",
    metadata,
    sa.Column("chat_id", sa.String, primary_key=True),
    sa.Column("secret_hash", sa.String, nullable=False, unique=True),
    sa.Column("audience", sa.String, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("last_seen_at", UtcTime, nullable=False),
    _one_of("audience", "sender", "staff"),
)
web_feed = sa.Table(
    "web_feed",
    metadata,
    _id(),
    sa.Column("chat_id", sa.String, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("direction", sa.String, nullable=False),
    sa.Column("body", Json, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("edited_at", UtcTime),
    _one_of("direction", "in", "out"),
    sa.UniqueConstraint("chat_id", "seq"),
)

Row = sa.Row[Any]
