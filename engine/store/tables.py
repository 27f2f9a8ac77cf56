"""The tables of running and finished cases, one schema for SQLite and PostgreSQL.

Times are integer UTC microseconds, keys 63-bit integers made by the application, payloads sealed bytes. Every
runtime table starts its primary key with ``bucket`` (``durability.md`` §2 rule 11), so that it can be
distributed. Partial indexes name their state as a literal, and so do the queries: neither database can match
a parameter. What is indexed of an instance changes only when it begins, is suspended or ends, so that
PostgreSQL updates it in place (HOT) all the while.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.sql.schema import SchemaItem

metadata = MetaData()

# STRICT tables of SQLite know INTEGER only; PostgreSQL wants the width.
Number = BigInteger().with_variant(Integer(), "sqlite")
Small = SmallInteger().with_variant(Integer(), "sqlite")
# Rows that change often: room on the page for the next version, and early clean-up (durability.md §2 rule
# 12).
HOT = {"fillfactor": 70, "autovacuum_vacuum_scale_factor": 0.01}


def key_column(name: str, *, nullable: bool = False) -> Column[int]:
    """Return a column holding a 63-bit key, an instant, or a counter."""
    return Column(name, Number, nullable=nullable)


def text_column(name: str, *, nullable: bool = False) -> Column[str]:
    """Return a text column."""
    return Column(name, Text, nullable=nullable)


def small_column(name: str) -> Column[int]:
    """Return a column of small numbers."""
    return Column(name, Small, nullable=False)


def bytes_column(name: str, *, nullable: bool = False) -> Column[bytes]:
    """Return a column of bytes."""
    return Column(name, LargeBinary, nullable=nullable)


def identity(*columns: Column[Any]) -> list[Column[Any]]:
    """Make these columns the primary key; the application makes the values."""
    for column in columns:
        column.primary_key = True
        column.autoincrement = False
    return list(columns)


def table(name: str, *items: SchemaItem, hot: bool = False, narrow: bool = False) -> Table:
    """Declare a table; ``narrow`` rows live in their primary key's tree on SQLite, one tree less to write."""
    options: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": not narrow}
    if hot:
        options["postgresql_with"] = HOT
    return Table(name, metadata, *items, **options)


def partial(name: str, *columns: Any, where: str) -> Index:
    """Declare an index over the rows that satisfy a condition."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


instance = table(
    "instance",
    *identity(small_column("bucket"), key_column("key")),
    key_column("root_key"),
    key_column("parent_key", nullable=True),
    key_column("parent_element_key", nullable=True),
    key_column("definition_key"),
    text_column("process_id"),
    Column("version", Integer, nullable=False),
    text_column("state"),
    text_column("business_key", nullable=True),
    key_column("started_at"),
    key_column("ended_at", nullable=True),
    Column("parameters_version", Integer, nullable=False),
    key_column("seq"),
    bytes_column("head_hash"),
    key_column("revision"),
    Column("pages", Integer, nullable=False),
    Column("parent_page", Integer),  # of the caller's state, where its call activity is; NULL: on page 0
    bytes_column("state_bytes"),
    # Lists, newest or oldest first (instance_lists): what is open, of a process; what is suspended; what has
    # ended in a state, of a process. Those of ended ones are written once, when an instance ends.
    partial("instance_open_by_start", "started_at", where="ended_at IS NULL"),
    partial("instance_open", "process_id", "started_at", where="ended_at IS NULL"),
    partial("instance_suspended", "started_at", where="state = 'suspended'"),
    partial("instance_ended", "state", "started_at", where="ended_at IS NOT NULL"),
    partial("instance_ended_of_process", "process_id", "state", "started_at", where="ended_at IS NOT NULL"),
    *(  # case_search, worklist: cases by number, or the beginning of one, whatever the collation
        Index(
            name,
            *columns,
            postgresql_ops={"business_key": "text_pattern_ops"},
            sqlite_where=text(f"{among}business_key IS NOT NULL"),
            postgresql_where=text(f"{among}business_key IS NOT NULL"),
        )
        for name, columns, among in (
            ("instance_by_business_key", ("business_key", "key"), ""),
            ("instance_number_of_process", ("process_id", "business_key"), ""),
            ("instance_open_by_number", ("business_key",), "ended_at IS NULL AND "),
        )
    ),
    partial("instance_by_parent", "parent_key", where="parent_key IS NOT NULL"),  # query: parent
    partial("instance_called", "root_key", where="parent_key IS NOT NULL"),  # all of a case but its root
    hot=True,
)

page = table(  # further pages of a big instance; page 0 is instance.state_bytes
    "page",
    *identity(small_column("bucket"), key_column("instance_key"), key_column("page")),
    bytes_column("content"),
    hot=True,
)

data_key = table(  # destroying a row erases its case; backed up apart from the rest (security.md §9)
    "data_key",
    *identity(small_column("bucket"), key_column("root_key")),
    text_column("kid"),
    bytes_column("wrapped"),
    narrow=True,
)

history = table(  # append-only: triggers below
    "history",
    *identity(small_column("bucket"), key_column("instance_key"), key_column("seq")),
    key_column("at"),
    text_column("actor"),
    text_column("on_behalf_of"),
    text_column("command"),
    small_column("format"),
    Column("semantics_version", Integer, nullable=False),
    bytes_column("prev_hash"),
    bytes_column("hash"),
    bytes_column("payload"),
    partial("history_begun", "actor", "at", where="seq = 1"),  # cases filed by a person
)

user_task = table(
    "user_task",
    *identity(small_column("bucket"), key_column("key")),
    key_column("instance_key"),
    key_column("root_key"),
    text_column("process_id"),
    text_column("element_id"),
    text_column("name"),
    text_column("state"),
    text_column("assignee", nullable=True),
    # \x1fname\x1fname\x1f: one row per task keeps start and complete within five statements, and a search for
    # \x1fname\x1f is exact. PostgreSQL finds a group through the GIN index, SQLite scans the open tasks.
    text_column("candidate_groups"),
    text_column("candidate_users"),
    key_column("due_at", nullable=True),
    key_column("follow_up_at", nullable=True),
    Column("priority", Integer, nullable=False),
    text_column("form_id", nullable=True),
    key_column("created_at"),
    key_column("ended_at", nullable=True),
    Column("page", Integer),  # of the instance's state, where the element instance is; NULL: on page 0
    key_column("due_order"),  # due_at, or after all others: what both databases read off an index in order
    text_column("search_text"),  # the name folded: small letters without diacritics (search_text.py)
    Index("user_task_by_instance", "instance_key"),  # query: instance_key
    partial(  # worklist: by deadline; its other orders and filters read this index alone, never the rows
        "user_task_worklist",
        *("candidate_groups", "due_order", "created_at", "key", "bucket", "ended_at", "priority"),
        *("process_id", "assignee", "root_key", "candidate_users", "search_text"),
        where="ended_at IS NULL",
    ),
    partial(  # worklist: tasks offered to one person
        "user_task_by_candidate", "candidate_users", where="ended_at IS NULL AND candidate_users <> ''"
    ),
    partial("user_task_open", "created_at", "key", where="ended_at IS NULL"),  # query: worklist, oldest first
    partial(
        "user_task_by_assignee", "assignee", "created_at", where="ended_at IS NULL AND assignee IS NOT NULL"
    ),
    partial(  # cases by deadline
        "user_task_due", "due_at", "root_key", where="ended_at IS NULL AND due_at IS NOT NULL"
    ),
    Index(  # query: group, candidate
        "user_task_by_group",
        text("string_to_array(candidate_groups, chr(31))"),
        postgresql_using="gin",
        postgresql_where=text("ended_at IS NULL"),
    ).ddl_if(dialect="postgresql"),
    hot=True,
    narrow=True,
)

job = table(
    "job",
    *identity(small_column("bucket"), key_column("key")),
    text_column("kind"),
    key_column("instance_key", nullable=True),
    key_column("root_key", nullable=True),
    key_column("element_key", nullable=True),
    text_column("element_id"),
    text_column("process_id"),
    text_column("type"),
    text_column("stage"),
    Column("priority", Integer, nullable=False),
    key_column("due_at"),
    text_column("lock_owner", nullable=True),
    key_column("lock_until", nullable=True),
    Column("attempt", Integer, nullable=False),
    Column("retries", Integer, nullable=False),
    Column("crash_count", Integer, nullable=False),
    text_column("idempotency_key"),
    key_column("created_at"),
    bytes_column("payload"),
    Column("page", Integer),  # as in user_task
    text_column("lane"),  # kind, type, process: what claims share out evenly
    partial("job_scheduled", "due_at", where="stage = 'scheduled'"),  # promote_due, next_due
    partial("job_ready", "lane", text("priority DESC"), "due_at", where="stage = 'ready'"),  # claim
    partial("job_stranded", "created_at", where="stage = 'failed' AND kind <> 'job'"),  # stranded
    partial("job_locked", "lock_until", where="stage = 'locked'"),  # recover_expired
    Index("job_by_instance", "instance_key"),  # suspend, activate, query: instance_key
    hot=True,
    narrow=True,
)

subscription = table(
    "subscription",
    *identity(small_column("bucket"), key_column("key")),
    text_column("kind"),
    bytes_column("name_hash"),
    bytes_column("correlation_hash"),
    text_column("name"),
    text_column("process_id"),
    key_column("instance_key", nullable=True),
    key_column("root_key", nullable=True),
    key_column("element_key", nullable=True),
    text_column("element_id"),
    key_column("definition_key"),
    key_column("opened_at"),
    Column("page", Integer),  # as in user_task
    partial("subscription_by_correlation", "correlation_hash", where="kind = 'message'"),  # publish
    partial(
        "subscription_by_name", "name_hash", "key", where="kind <> 'message'"
    ),  # publish (starts), broadcast
    Index("subscription_by_instance", "instance_key"),  # query: instance_key
    narrow=True,
)

# What publish and open lock (engine.md §6). 65 536 rows at most: two names sharing one only wait for each
# other.
correlation = table(
    "correlation",
    *identity(small_column("bucket"), small_column("slot")),
    key_column("uses"),
    hot=True,
    narrow=True,
)

message = table(
    "message",
    *identity(small_column("bucket"), key_column("key")),
    text_column("name"),
    bytes_column("name_hash"),
    bytes_column("correlation_hash"),
    text_column("message_id"),
    key_column("published_at"),
    key_column("expires_at"),
    text_column("state"),
    bytes_column("payload"),
    # open_subscriptions: the oldest buffered first
    partial("message_buffered", "correlation_hash", "published_at", where="state = 'buffered'"),
    partial(
        "message_by_name", "name_hash", "published_at", where="state = 'buffered'"
    ),  # a new start subscription
    partial("message_by_expiry", "expires_at", where="state = 'buffered'"),  # expire
    Index(  # publish: the same message twice
        "message_once",
        "bucket",
        "correlation_hash",
        "message_id",
        unique=True,
        sqlite_where=text("state = 'buffered' AND message_id <> ''"),
        postgresql_where=text("state = 'buffered' AND message_id <> ''"),
    ),
)

message_delivery = table(  # a message correlates at most once per process id
    "message_delivery",
    *identity(small_column("bucket"), key_column("message_key"), text_column("process_id")),
    narrow=True,
)

message_start = (
    table(  # at most one running instance per process and correlation key (engine.md §4, messages)
        "message_start",
        *identity(small_column("bucket"), bytes_column("correlation_hash"), text_column("process_id")),
        key_column("root_key"),
        Index("message_start_by_root", "root_key"),  # release_start
        narrow=True,
    )
)

incident = table(
    "incident",
    *identity(small_column("bucket"), key_column("key")),
    key_column("instance_key"),
    key_column("root_key"),
    text_column("process_id"),
    text_column("element_id"),
    key_column("element_key", nullable=True),
    key_column("job_key", nullable=True),
    text_column("type"),
    bytes_column("message"),
    text_column("state"),
    key_column("created_at"),
    key_column("resolved_at", nullable=True),
    Column("page", Integer),  # as in user_task
    Index("incident_by_instance", "instance_key"),  # query: instance_key
    partial("incident_open", "created_at", where="state = 'open'"),  # query: what needs a person
)

request = table(
    "request",
    *identity(text_column("id")),
    key_column("root_key", nullable=True),
    key_column("seq"),
    bytes_column("result"),
    key_column("created_at"),
    Index("request_by_age", "created_at"),  # purge
    narrow=True,
)

effect = table(
    "effect",
    *identity(small_column("bucket"), text_column("idempotency_key")),
    text_column("name"),
    bytes_column("reply"),
    key_column("created_at"),
)

once = table(
    "once",
    *identity(small_column("bucket"), text_column("idempotency_key"), text_column("purpose")),
    key_column("root_key"),
    bytes_column("content"),
)

secret = table(
    "secret",
    *identity(text_column("ref"), small_column("bucket")),  # found by the reference alone
    key_column("root_key"),
    text_column("purpose"),
    text_column("kid"),
    bytes_column("wrapped"),
    bytes_column("ciphertext"),
    key_column("expires_at"),
    text_column("state"),
    Column("shown", Integer, nullable=False),
    Index("secret_by_root", "root_key"),  # erasure
)

document = table(
    "document",
    *identity(text_column("ref"), small_column("bucket")),  # found by the reference alone
    key_column("root_key"),
    text_column("name"),
    text_column("media_type"),
    bytes_column("content"),
    key_column("created_at"),
    text_column("idempotency_key"),
    Index("document_by_root", "root_key"),  # documents of a case, erasure
    Index(  # the same document from a second attempt
        "document_once",
        "bucket",
        "idempotency_key",
        "name",
        unique=True,
        sqlite_where=text("idempotency_key <> ''"),
        postgresql_where=text("idempotency_key <> ''"),
    ),
)
