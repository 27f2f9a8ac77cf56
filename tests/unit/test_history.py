"""The chain's formats: golden values that must never change, and no two rows with one encoding."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from engine.errors import Incompatible
from engine.history import GENESIS, audit_hash, chain_hash, merkle_root

ROW: dict[str, Any] = {
    "instance_key": (7 << 55) + 12,
    "seq": 3,
    "at": 1_800_000_000_000_000,
    "actor": "anna",
    "on_behalf_of": "",
    "command": "complete_user_task",
    "semantics_version": 1,
    "payload": b"\x01\x00sealed",
}


def test_the_encoding_is_the_documented_one() -> None:
    def sized(value: bytes) -> bytes:
        return len(value).to_bytes(8, "big") + value

    def number(value: int) -> bytes:
        return sized(value.to_bytes(8, "big"))

    expected = sized(b"obieg history row 1") + sized(GENESIS)
    expected += number(7) + number(ROW["instance_key"]) + number(3) + number(ROW["at"])
    expected += sized(b"anna") + sized(b"") + sized(b"complete_user_task")
    expected += number(1) + number(1) + sized(b"\x01\x00sealed")
    assert chain_hash(GENESIS, **ROW) == hashlib.sha256(expected).digest()


def test_format_1_never_changes() -> None:
    assert (
        chain_hash(GENESIS, **ROW).hex() == "8695f00b623967dbe8508f65df6b16f069963b9a7f5d9311509eab55d105a89c"
    )
    audited = audit_hash(GENESIS, seq=1, at=2, actor="anna", action="deploy", payload=b"x")
    assert audited.hex() == "7f9f1172ec19b26203472554c5dbb302322a0d469391c27d1c123d1c8f4b01fb"


@pytest.mark.parametrize(
    "change",
    [
        {"instance_key": (8 << 55) + 12},
        {"seq": 4},
        {"at": ROW["at"] + 1},
        {"actor": "ann"},
        {"actor": "", "on_behalf_of": "anna"},
        {"actor": "ann", "on_behalf_of": "a"},
        {"command": "complete_user_tas", "on_behalf_of": "k"},
        {"semantics_version": 2},
        {"payload": b"\x01\x00seale"},
    ],
)
def test_every_column_counts_and_texts_do_not_run_together(change: dict[str, Any]) -> None:
    assert chain_hash(GENESIS, **ROW) != chain_hash(GENESIS, **ROW | change)
    assert chain_hash(GENESIS, **ROW) != chain_hash(b"\x01" * 32, **ROW)


def test_a_newer_format_is_refused_not_called_tampered() -> None:
    with pytest.raises(Incompatible, match="format 1, but row 3"):
        chain_hash(GENESIS, format=2, **ROW)


def leaf(head: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + head).digest()


def inner(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def test_merkle_root_is_that_of_rfc_6962() -> None:
    a, b, c, d, e = (leaf(head) for head in (b"a", b"b", b"c", b"d", b"e"))
    assert merkle_root([]) == hashlib.sha256(b"").digest()
    assert merkle_root([b"a"]) == a
    assert merkle_root([b"a", b"b", b"c"]) == inner(inner(a, b), c)
    assert merkle_root([b"a", b"b", b"c", b"d", b"e"]) == inner(inner(inner(a, b), inner(c, d)), e)


def test_an_inner_node_is_no_leaf() -> None:
    a, b = leaf(b"a"), leaf(b"b")
    assert merkle_root([a + b]) != merkle_root([b"a", b"b"])
