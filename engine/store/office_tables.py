"""The tables of the office and the installation: definitions, registers, people, parameters, audit, nodes.

The triggers.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer

from engine.store.tables import (
    Number,
    Small,
    bytes_column,
    identity,
    key_column,
    partial,
    small_column,
    table,
    text_column,
)

deployment = table(
    "deployment", *identity(key_column("key")), key_column("deployed_at"), text_column("deployed_by")
)

definition = table(
    "definition",
    *identity(key_column("key")),
    text_column("id"),
    text_column("kind"),
    Column("version", Integer, nullable=False),
    text_column("version_tag"),
    text_column("name"),
    text_column("file"),
    text_column("sha256"),
    key_column("deployment_key"),
    key_column("deployed_at"),
    text_column("deployed_by"),
    text_column("comment"),
    Column("active", Small, nullable=False),
    Index(
        "definition_by_version", "kind", "id", "version", unique=True
    ),  # latest, by_version; two deployments race
    Index("definition_by_deployment", "deployment_key"),  # of_deployment
)

definition_draft = table(  # what somebody has begun to change, not deployed
    "definition_draft",
    *identity(text_column("kind"), text_column("id"), text_column("person_id")),
    bytes_column("content"),
    Column("based_on", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    key_column("saved_at"),
    Index("definition_draft_by_person", "person_id"),  # of
)

stored_file = table("stored_file", *identity(text_column("sha256")), bytes_column("content"))

register = table("register", *identity(text_column("name")), key_column("last"), narrow=True)

register_entry = table(
    "register_entry",
    *identity(text_column("register"), key_column("number")),
    key_column("instance_key", nullable=True),
    key_column("at"),
    bytes_column("subject"),
    bytes_column("data"),
    text_column("resolved", nullable=True),
    partial("register_entry_open", "register", "number", where="resolved IS NULL"),  # query: unresolved
    partial(
        "register_entry_of_case",  # query: instance_key
        *("instance_key", "register", "number"),
        where="instance_key IS NOT NULL",
    ),
)

person = table(
    "person",
    *identity(text_column("id")),
    text_column("name"),
    text_column("roles"),
    text_column("school"),
    text_column("password_hash"),
    Column("active", Small, nullable=False),
)

sign_in = table(  # who may try again when, and who is in; instants of the machine clock
    "sign_in",
    *identity(text_column("person_id")),
    Column("failures", Integer, nullable=False),
    key_column("last_failure"),
    narrow=True,
)

attempt = table(  # tries to sign in, by where they come from (hashed); an instant of the machine clock
    "attempt",
    *identity(bytes_column("subject")),
    key_column("until"),
    narrow=True,
)

session = table(
    "session",
    *identity(bytes_column("token_hash")),
    text_column("person_id"),
    text_column("form_token"),
    key_column("opened_at"),
    key_column("seen_at"),
    Index("session_by_person", "person_id"),  # end_all
)

person_group = table(
    "person_group",
    *identity(text_column("person_id"), text_column("name")),
    Index("person_group_by_name", "name"),  # members
    narrow=True,
)

group_name = table("group_name", *identity(text_column("id")), text_column("name"), narrow=True)

parameters = table(
    "parameters",
    *identity(text_column("procedure"), Column("version", Integer, nullable=False)),
    bytes_column("content"),
    key_column("at"),
    text_column("by"),
)

audit = table(
    "audit",
    *identity(key_column("seq")),
    key_column("at"),
    text_column("actor"),
    text_column("action"),
    bytes_column("payload"),
    bytes_column("prev_hash"),
    bytes_column("hash"),
)

# The end of the audit chain: the row that appending locks.
audit_head = table("audit_head", *identity(small_column("id")), key_column("seq"), bytes_column("hash"))

anchor = table(
    "anchor",
    *identity(key_column("number")),
    key_column("at"),
    key_column("instances"),
    bytes_column("merkle_root"),
    bytes_column("signature"),
    bytes_column("document"),
)

key_block = table("key_block", *identity(small_column("id")), Column("next", Number, nullable=False))
clock = table("clock", *identity(small_column("id")), Column("offset_us", Number, nullable=False))
node = table(
    "node",
    *identity(text_column("id")),
    key_column("started_at"),
    key_column("seen_at"),
    text_column("version"),
    text_column("kind"),  # worker, serve, celery
    text_column("host"),
    Column("threads", Integer, nullable=False),
    Column("running", Integer, nullable=False),
    Column("draining", Small, nullable=False),
    text_column("types"),  # the job types it has handlers for, separated by spaces
    text_column("revision"),  # of the tables its program works with (engine/store/schema.py)
)
batch = table(
    "batch",
    *identity(small_column("bucket"), key_column("key")),
    text_column("verb"),
    text_column("state"),
    Column("dry_run", Small, nullable=False),
    key_column("total"),
    key_column("created_at"),
    text_column("created_by"),
    key_column("ended_at", nullable=True),
    bytes_column("content"),
    Index("batch_by_age", "created_at"),  # query: newest first
)

batch_item = table(
    "batch_item",
    *identity(small_column("bucket"), key_column("batch_key"), key_column("number")),
    key_column("subject_key"),
    text_column("state"),
    key_column("done_at", nullable=True),
    bytes_column("message"),
    partial("batch_item_pending", "batch_key", "number", where="state = 'pending'"),  # pending
    narrow=True,
)

# What people have on their desks: worklist filters, forms begun, files sent before their form is.
saved_filter = table(
    "saved_filter",
    *identity(text_column("person_id"), text_column("name")),
    bytes_column("content"),
    narrow=True,
)

draft = table(  # sealed with the office's key; the machine clock says how old it is
    "draft",
    *identity(text_column("person_id"), text_column("place")),
    bytes_column("content"),
    key_column("saved_at"),
    Index("draft_by_age", "saved_at"),  # purge
    Index("draft_by_place", "place"),  # remove_at: the task is done, whoever had begun it
)

upload = table(  # a file sent before its form is: sealed with the office's key until a case takes it
    "upload",
    *identity(text_column("ref")),
    text_column("person_id"),
    bytes_column("about"),
    key_column("saved_at"),
    bytes_column("content"),
    Index("upload_by_person", "person_id"),  # count
    Index("upload_by_age", "saved_at"),  # purge
)

hold = table(  # a case that must not be erased, whatever its retention says
    "hold",
    *identity(small_column("bucket"), key_column("root_key")),
    key_column("at"),
    text_column("by"),
    text_column("reason"),
    narrow=True,
)

meta = table("meta", *identity(text_column("name")), text_column("value"))


def seeds(dialect: str) -> list[str]:
    """Return the statements that insert the rows which are there from the start."""
    empty = f"X'{'00' * 32}'" if dialect == "sqlite" else f"'\\x{'00' * 32}'::bytea"
    return [
        "INSERT INTO key_block (id, next) VALUES (1, 1)",
        "INSERT INTO clock (id, offset_us) VALUES (1, 0)",
        f"INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, {empty})",  # noqa: S608 - a constant
    ]


# Append-only: what is stored stays as it is. Each table with its primary key.
_APPEND_ONLY = {
    "history": ("bucket", "instance_key", "seq"),
    "audit": ("seq",),
    "anchor": ("number",),
    "stored_file": ("sha256",),
}


def append_only() -> tuple[str, ...]:
    """Return the tables whose rows stay as they are."""
    return tuple(_APPEND_ONLY)


def triggers(dialect: str) -> list[str]:
    """Return the statements that make the append-only tables so, and register entries undeletable."""
    return _sqlite_triggers() if dialect == "sqlite" else _postgresql_triggers()


def _sqlite_triggers() -> list[str]:
    statements = [_sqlite_guard(name, "DELETE") for name in (*_APPEND_ONLY, "register_entry")]
    for name, primary_key in _APPEND_ONLY.items():
        statements.append(_sqlite_guard(name, "UPDATE"))
        # INSERT OR REPLACE deletes without firing delete triggers, so it is stopped before it starts.
        same = " AND ".join(f"{column} = NEW.{column}" for column in primary_key)
        if name == "stored_file":  # the same file may come again; ON CONFLICT DO NOTHING fires this too
            same += " AND content <> NEW.content"
        exists = f"EXISTS (SELECT 1 FROM {name} WHERE {same})"  # noqa: S608 - names from the table above
        statements.append(_sqlite_guard(name, "INSERT", f"WHEN {exists} "))
    statements.append(
        _sqlite_guard("register_entry", "UPDATE", f"WHEN {_REGISTER_CHANGED} ", "resolved once")
    )
    statements.append(
        _sqlite_guard(
            "register_entry",
            "INSERT",
            "WHEN EXISTS (SELECT 1 FROM register_entry "
            "WHERE register = NEW.register AND number = NEW.number) ",
        )
    )
    return statements


_REGISTER_CHANGED = (
    "OLD.resolved IS NOT NULL OR NEW.resolved IS NULL OR NEW.register <> OLD.register "
    "OR NEW.number <> OLD.number OR NEW.at <> OLD.at OR NEW.subject <> OLD.subject OR NEW.data <> OLD.data"
)


def _sqlite_guard(name: str, verb: str, condition: str = "", rule: str = "append-only") -> str:
    return (
        f"CREATE TRIGGER {name}_{verb.lower()} BEFORE {verb} ON {name} {condition}"
        f"BEGIN SELECT RAISE(ABORT, '{name} is {rule}'); END"
    )


def _postgresql_triggers() -> list[str]:
    statements = [
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only'; END $$"
    ]
    for name in _APPEND_ONLY:
        statements.append(_postgresql_guard(name, "UPDATE OR DELETE", "ROW"))
    statements.append(_postgresql_guard("register_entry", "DELETE", "ROW"))
    statements.append(_postgresql_guard("register_entry", "UPDATE", "ROW", f"WHEN ({_REGISTER_CHANGED}) "))
    for name in (*_APPEND_ONLY, "register_entry"):
        statements.append(_postgresql_guard(name, "TRUNCATE", "STATEMENT"))
    return statements


def _postgresql_guard(name: str, verb: str, level: str, condition: str = "") -> str:
    trigger = f"{name}_{verb.split()[0].lower()}"
    return (
        f"CREATE TRIGGER {trigger} BEFORE {verb} ON {name} FOR EACH {level} {condition}"
        "EXECUTE FUNCTION refuse_change()"
    )
