"""What may stand in a file of parameters, and what a refusal says."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from engine.errors import InvalidVariables
from engine.parameters import MAX_BYTES, Parameter, read_parameters


def read(text: str) -> dict[str, Parameter]:
    return read_parameters(text.encode(), source="parameters.yaml")


def test_values_become_feel_values_with_what_the_owner_wrote() -> None:
    found = read(
        """
        sms_proby: {value: 2, unit: sztuk, opis: Ile razy wysyłamy SMS, podstawa: Regulamin §4}
        stawka: {value: 0.1}
        od: {value: 2026-09-01}
        kanaly: {value: [e-mail, sms]}
        włączone: {value: true}
        """
    )
    assert found["sms_proby"] == Parameter(
        name="sms_proby",
        value=2,
        unit="sztuk",
        description="Ile razy wysyłamy SMS",
        legal_basis="Regulamin §4",
    )
    assert {name: each.value for name, each in found.items()} == {
        "sms_proby": 2,
        "stawka": Decimal("0.1"),  # never a float
        "od": dt.date(2026, 9, 1),
        "kanaly": ["e-mail", "sms"],
        "włączone": True,
    }
    assert isinstance(found["stawka"].value, Decimal)


def test_nothing_written_is_no_parameters() -> None:
    assert read("") == read("# tylko komentarz\n") == {}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: {value: 1", "in YAML, but"),
        ("- a\n- b", "by name, but it is a list"),
        ("a: 1", "'a' in parameters.yaml to have a value"),
        ("a: {unit: dni}", "'a' in parameters.yaml to have a value"),
        ("a: {value: 1, opiss: x}", "but there is opiss"),
        ("a-b: {value: 1}", "names FEEL can read"),
        ("2a: {value: 1}", "names FEEL can read"),
        ("1: {value: 1}", "names FEEL can read"),
        ("a: {value: .nan}", "a finite number"),
        ("a: {value: !!python/object/apply:os.system [ls]}", "in YAML, but"),
        ("a: {value: {b: !!binary aGVq}}", "a FEEL value"),
        ("a: &x {value: [1]}\nb: *x", "YAML alias"),
        ("a: {value: " + "[" * 40 + "]" * 40 + "}", "levels"),
        ("\x00", "in YAML, but"),
        ("a: {value: " + "x" * MAX_BYTES + "}", f"at most {MAX_BYTES} bytes"),
    ],
)
def test_what_is_refused_says_where_and_why(text: str, why: str) -> None:
    with pytest.raises(InvalidVariables, match=why):
        read(text)


def test_deep_nesting_and_wrong_encoding_are_refused_not_crashed_on() -> None:
    with pytest.raises(InvalidVariables):
        read_parameters(b"\xff\xfe\x00", source="parameters.yaml")
    with pytest.raises(InvalidVariables):
        read("a: " + "[" * 30_000)
