"""Sealing: opens only whole, only at its place, only with its key; keyrings outlive rotation and restarts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Damaged, Incompatible
from engine.store.sealing import Keyring, place, verify_signature

RING = Keyring.generate()
KEY = RING.new_data_key(42)
HERE = place("history", 42, 1)


@given(st.binary(max_size=2000))
def test_what_is_sealed_opens(plain: bytes) -> None:
    assert KEY.open(HERE, KEY.seal(HERE, plain)) == plain


def test_every_flipped_bit_is_noticed() -> None:
    sealed = KEY.seal(HERE, b"password 4711")
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises((Damaged, Incompatible)):
            KEY.open(HERE, bytes(changed))


@pytest.mark.parametrize("length", [0, 1, 2, 13, 14, 29])
def test_a_cut_value_is_damaged_and_names_its_place(length: int) -> None:
    with pytest.raises(Damaged, match=r"expected history\|42\|1 to open"):
        KEY.open(HERE, KEY.seal(HERE, b"password")[:length])


def test_a_value_does_not_open_elsewhere_or_with_another_key() -> None:
    sealed = KEY.seal(HERE, b"x")
    for key, where in (
        (KEY, place("history", 42, 2)),
        (KEY, place("state", 42, 1)),
        (RING.new_data_key(42), HERE),
    ):
        with pytest.raises(Damaged):
            key.open(where, sealed)


def test_a_newer_format_is_incompatible_not_damaged() -> None:
    sealed = bytearray(KEY.seal(HERE, b"x"))
    sealed[0] = 2
    with pytest.raises(Incompatible, match="format 1"):
        KEY.open(HERE, bytes(sealed))


def test_the_same_bytes_never_look_the_same() -> None:
    assert KEY.seal(HERE, b"x") != KEY.seal(HERE, b"x")


def test_what_compresses_is_stored_smaller_and_what_does_not_is_not_larger() -> None:
    overhead = 2 + 12 + 16
    assert len(KEY.seal(HERE, b"variable" * 1000)) < 500
    noise = Keyring.generate().public_key * 8
    assert len(KEY.seal(HERE, noise[:32] + bytes(range(256)))) <= 288 + overhead
    assert len(KEY.seal(HERE, b"a" * 100)) == 100 + overhead


def test_a_data_key_opens_from_what_is_stored_of_it_after_rotation() -> None:
    sealed = KEY.seal(HERE, b"x")
    rotated = RING.rotated()
    assert rotated.kid != RING.kid
    assert rotated.data_key(42, KEY.kid, KEY.wrapped).open(HERE, sealed) == b"x"
    assert rotated.digest("name") == RING.digest("name"), "searches must find what was stored before"
    with pytest.raises(Incompatible, match=rotated.kid):
        RING.data_key(1, rotated.kid, rotated.new_data_key(1).wrapped)


def test_a_data_key_of_one_case_is_not_taken_for_another() -> None:
    with pytest.raises(Damaged, match=r"data_key\|43"):
        RING.data_key(43, KEY.kid, KEY.wrapped)


def test_secrets_do_not_show() -> None:
    shown = repr(RING) + repr(KEY)
    assert RING.kid in shown
    assert all(secret not in shown for secret in RING._stored.keys.values())


def test_a_signature_is_of_one_document_and_one_keyring() -> None:
    signature = RING.sign(b"42 heads")
    assert RING.verify(b"42 heads", signature)
    assert verify_signature(RING.public_key, b"42 heads", signature)
    assert not RING.verify(b"41 heads", signature)
    assert not Keyring.generate().verify(b"42 heads", signature)


def test_the_file_is_made_once_for_its_owner_only_and_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "new" / "obieg.keyring"
    first = Keyring.at(path)
    assert path.stat().st_mode & 0o777 == 0o400
    Keyring.generate().save(path)
    assert Keyring.at(path).kid == first.kid
    assert [each.name for each in path.parent.iterdir()] == ["obieg.keyring"]


def test_the_environment_names_a_file_or_is_the_keyring(tmp_path: Path) -> None:
    path = tmp_path / "keyring"
    ring = Keyring.at(path)
    for value in (str(path), path.read_text()):
        found = Keyring.from_environment({"OBIEG_KEYRING": value})
        assert found is not None
        assert found.kid == ring.kid
    assert Keyring.from_environment({}) is None


@pytest.mark.parametrize("content", ["{}", "{", '{"format": 1, "active": "x", "keys": {}}'])
def test_a_file_that_is_no_keyring_is_damaged(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keyring"
    path.write_text(content)
    with pytest.raises(Damaged, match=str(path)):
        Keyring.load(path)
