"""Submissions: what a person's answers become, and how wrong ones are refused."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest

from engine.clock import WARSAW
from engine.errors import InvalidSubmission
from engine.feel import kind_of
from engine.forms import Form, read_form

NOW = dt.datetime(2026, 12, 17, 9, 0, tzinfo=dt.UTC)


def form(*components: dict[str, Any]) -> Form:
    schema = {"id": "proba", "type": "default", "schemaVersion": 19, "components": components}
    return read_form("proba.form", json.dumps(schema).encode())


def field(kind: str = "textfield", key: str = "pole", **extra: Any) -> dict[str, Any]:
    label = "dateLabel" if kind == "datetime" else "label"
    return {"type": kind, "key": key, label: "Pole", **extra}


def checked(name: str, **extra: Any) -> Form:
    return form(field(properties={"obieg:validate": name}, **extra))


def answer(form: Form, given: object) -> object:
    return form.validate({"pole": given}, now=NOW)["pole"]


def refusal(form: Form, submission: dict[str, object]) -> dict[str, str]:
    with pytest.raises(InvalidSubmission) as caught:
        form.validate(submission, now=NOW)
    return caught.value.fields


CHOICES = [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}, {"value": "c", "label": "C"}]


@pytest.mark.parametrize(
    ("component", "given", "expected"),
    [
        (field(), "  Z\u0302ołądź ", "Ẑołądź"),  # NFC, trimmed
        (field(), "   ", None),
        (field("textarea"), "a\r\nb\tc", "a\nb\tc"),
        (field("number"), "60 000,50", Decimal("60000.50")),
        (field("number"), "1\u00a0000", 1000),
        (field("number"), Decimal("7.0"), Decimal("7.0")),
        (field("number"), -5, -5),
        (field("checkbox"), "on", True),
        (field("checkbox"), None, False),
        (field("checklist", values=CHOICES), ["c", "a"], ["a", "c"]),
        (field("checklist", values=CHOICES), "b", ["b"]),
        (field("checklist", values=CHOICES), [], None),
        (field("radio", values=CHOICES), "b", "b"),
        (field("datetime", subtype="date"), "29.02.2028", dt.date(2028, 2, 29)),
        (field("datetime", subtype="date"), dt.date(2026, 12, 24), dt.date(2026, 12, 24)),
        (field("datetime", subtype="time"), "08:30", dt.time(8, 30)),
        (
            field("datetime", subtype="datetime"),
            "17.12.2026 08:30",
            dt.datetime(2026, 12, 17, 8, 30, tzinfo=WARSAW),
        ),
        (
            field("datetime", subtype="datetime"),
            "2026-12-17T08:30:00Z",
            dt.datetime(2026, 12, 17, 8, 30, tzinfo=dt.UTC),
        ),
    ],
)
def test_what_is_sent_becomes_a_value_of_the_fields_type(
    component: dict[str, Any], given: object, expected: object
) -> None:
    made = form(component)
    value = answer(made, given)
    assert value == expected
    assert type(value) is type(expected)
    assert value is None or kind_of(value) == made.fields[0].kind


@pytest.mark.parametrize(
    ("component", "given", "reason"),
    [
        (field(), 17, "Wpisz tekst"),
        (field(), "a\u202eb", "niewidoczne znaki"),  # right-to-left override
        (field(), "a\u200bb", "niewidoczne znaki"),  # zero-width space
        (field(), "a\nb", "niewidoczne znaki"),
        (field(), "a\x00b", "niewidoczne znaki"),
        (field(), "\ud800", "niewidoczne znaki"),  # half a character
        (field(), "ą" * 32_769, "64 kB"),
        (field(validate={"minLength": 3}), "ab", "co najmniej 3 znaki"),
        (field(validate={"minLength": 12}), "ab", "co najmniej 12 znaków"),
        (field(validate={"maxLength": 1}), "ab", "najwyżej 1 znak."),
        (field(validate={"pattern": "^[0-9]+$"}), "12\u0663", "oczekiwanej postaci"),  # an Arabic digit
        (field(validate={"pattern": "^(a+)+$"}), "a" * 5_000 + "!", "oczekiwanej postaci"),  # no ReDoS
        (field(validate={"pattern": r"^(a+)+\1b$"}), "a" * 40, "zbyt złożony"),  # nor with a back-reference
        (field(validate={"validationType": "email"}), "a@b.pl, c@d.pl", "e-mail"),
        (field("number"), 1.5, "Wpisz liczbę"),
        (field("number"), True, "Wpisz liczbę"),
        (field("number"), "1e9", "Wpisz liczbę"),
        (field("number"), Decimal("NaN"), "Wpisz liczbę"),
        (field("number"), Decimal("1E+400000000"), "Wpisz liczbę"),
        (field("number", decimalDigits=0), "1,5", "całkowitą"),
        (field("number", validate={"min": 1}), 0, "mniejsza niż 1"),
        (field("number", validate={"max": "2.5"}), "2,51", "większa niż 2,5"),
        (field("checkbox"), "maybe", "Zaznacz"),
        (field("checklist", values=CHOICES), ["a", "d"], "podanych odpowiedzi"),
        (field("checklist", values=CHOICES), {"a": 1}, "podanych odpowiedzi"),
        (field("select", values=CHOICES), "d", "podanych odpowiedzi"),
        (field("select", values=CHOICES), ["a"], "podanych odpowiedzi"),
        (field("datetime", subtype="date"), "29.02.2027", "Nie ma takiego dnia"),
        (field("datetime", subtype="date"), "20261217", "Wpisz datę"),
        (field("datetime", subtype="date"), NOW, "Wpisz datę"),
        (field("datetime", subtype="date", disallowPassedDates=True), "16.12.2026", "dzisiejszą lub"),
        (field("datetime", subtype="date"), "9999-12-31", "Sprawdź rok"),
        (field("datetime", subtype="datetime"), dt.datetime.max, "Sprawdź rok"),  # noqa: DTZ901
        (field("datetime", subtype="time"), "24:00", "Wpisz godzinę"),
        (field("datetime", subtype="datetime"), "17.12.2026", "datę i godzinę"),
        (field("datetime", subtype="datetime"), "2027-03-28T02:30", "zmienił się czas"),
    ],
)
def test_a_wrong_value_is_refused_with_the_way_out(
    component: dict[str, Any], given: object, reason: str
) -> None:
    assert reason in refusal(form(component), {"pole": given})["pole"]


@pytest.mark.parametrize(
    ("check", "given", "expected"),
    [
        ("login", "j.kowalska-2", "j.kowalska-2"),
        ("pesel", "44051401359", "44051401359"),
        ("regon", "351554353", "351554353"),
        ("rspo", "012345", "12345"),
        ("telefon_komorkowy", "500 600 700", "+48500600700"),
        ("telefon_komorkowy", "+48 (500) 600-700", "+48500600700"),
        ("email", "sekretariat@szkoła.example", "sekretariat@szkoła.example"),
    ],
)
def test_a_named_check_returns_the_canonical_text(check: str, given: str, expected: str) -> None:
    assert answer(checked(check), given) == expected


@pytest.mark.parametrize(
    ("check", "given"),
    [
        ("login", "JKowalska"),
        ("login", "żaba"),
        ("login", "ab"),
        ("pesel", "44051401358"),  # check digit
        ("pesel", "44053201352"),  # 32 May
        ("pesel", "00000000000"),
        ("regon", "351554354"),
        ("rspo", "0"),
        ("rspo", "12345678"),
        ("telefon_komorkowy", "12 616 00 00"),  # Kraków, fixed line
        ("telefon_komorkowy", "+49 1512 3456789"),  # a German mobile
        ("telefon_komorkowy", "500600700 lub 501600700"),
        ("email", "Jan <jan@szkola.pl>"),
        ("email", "jan@szkola"),
        ("email", "jan@" + "a" * 60_000),
    ],
)
def test_a_named_check_refuses_what_is_almost_right(check: str, given: str) -> None:
    assert refusal(checked(check), {"pole": given}).keys() == {"pole"}


@pytest.mark.parametrize(
    ("now", "given", "accepted"),
    [
        ("2026-12-17T22:59:00+00:00", "2026-12-18", False),
        ("2026-12-17T23:00:00+00:00", "2026-12-18", True),  # it is already the 18th in Warsaw
        ("2026-12-17T09:00:00+00:00", "2025-12-17", True),
        ("2026-12-17T09:00:00+00:00", "2025-12-16", False),
        ("2028-02-29T09:00:00+00:00", "2027-02-28", True),
    ],
)
def test_dates_are_judged_by_the_day_in_warsaw(now: str, given: str, accepted: bool) -> None:
    checks = {"obieg:validate": "data_nie_przyszla, data_z_ostatniego_roku"}
    asked = form(field("datetime", subtype="date", properties=checks))
    try:
        asked.validate({"pole": given}, now=dt.datetime.fromisoformat(now))
    except InvalidSubmission:
        assert not accepted
    else:
        assert accepted


def test_all_problems_are_told_at_once_and_unknown_fields_refused() -> None:
    asked = form(
        field(key="a", validate={"required": True}),
        field("checkbox", key="b", validate={"required": True}),
        field("number", key="c"),
    )
    problems = refusal(asked, {"b": False, "c": "x", "d": "1", "wnioskodawca": "ktoś"})
    assert problems.keys() == {"a", "b", "c", "d", "wnioskodawca"}
    assert problems["a"] == "Uzupełnij pole „Pole”."
    assert "Zaznacz" in problems["b"]


def test_a_read_only_field_is_never_taken_from_a_submission() -> None:
    asked = form(field(key="numer_sprawy", readonly=True), field(key="login", disabled=True), field(key="c"))
    assert asked.validate({"numer_sprawy": "x\x00", "login": "y", "c": "z"}, now=NOW) == {"c": "z"}


def test_a_hidden_field_is_null_whatever_was_sent_and_hides_what_depends_on_it() -> None:
    asked = form(
        field("radio", key="kto", values=CHOICES, validate={"required": True}),
        {
            "type": "group",
            "label": "Grupa",
            "conditional": {"hide": '=kto != "b"'},
            "components": [field(key="opis", validate={"required": True, "minLength": 10})],
        },
        field(key="dalej", conditional={"hide": "=opis = null"}, validate={"required": True}),
    )
    hidden = asked.validate({"kto": "a", "opis": "za krótki", "dalej": "x"}, now=NOW)
    assert hidden == {"kto": "a", "opis": None, "dalej": None}
    assert refusal(asked, {"kto": "b"}).keys() == {"opis"}
    shown = asked.validate({"kto": "b", "opis": "dość długi opis", "dalej": "x"}, now=NOW)
    assert shown["dalej"] == "x"


def test_what_is_only_there_to_be_seen_is_hidden_too() -> None:
    hide: dict[str, Any] = {"conditional": {"hide": '=tryb = "bez"'}}
    inner = [field(key="w", readonly=True)]
    row = [field(key="imie"), {"type": "text", "id": "pod", "conditional": {"hide": '=imie = "X"'}}]
    asked = form(
        field(key="tryb"),
        field(key="numer", readonly=True, **hide),
        {"type": "text", "id": "uwaga", "text": "Uwaga", **hide},
        {"type": "group", "id": "grupa", "label": "Grupa", "components": inner, **hide},
        {"type": "dynamiclist", "path": "osoby", "label": "O", "allowAddRemove": True, "components": row},
    )
    rows = [{"imie": "A"}, {"imie": "X"}]
    assert asked.hidden({"tryb": "z", "osoby": rows}, now=NOW) == {"osoby.1.#pod"}
    every = {"numer", "#uwaga", "#grupa", "w", "osoby.1.#pod"}
    assert asked.hidden({"tryb": "bez", "osoby": rows}, now=NOW) == every


def test_conditions_see_the_variables_of_the_case() -> None:
    asked = form(field(key="a", conditional={"hide": "=kontakt.zgodny"}, validate={"required": True}))
    assert asked.validate({}, now=NOW, variables={"kontakt": {"zgodny": True}}) == {"a": None}
    assert refusal(asked, {}).keys() == {"a"}


def test_an_answer_may_have_to_fit_another() -> None:
    until = field("datetime", "do", subtype="date")
    until["properties"] = {
        "obieg:require": '=do <= od + duration("P5Y")', "obieg:requireText": "Najwyżej 5 lat.",
    }  # fmt: skip
    both = form(field("datetime", "od", subtype="date"), until)
    assert both.validate({"od": "2028-02-29", "do": "2033-02-28"}, now=NOW)["do"] == dt.date(2033, 2, 28)
    assert refusal(both, {"od": "2028-02-29", "do": "2033-03-01"}) == {"do": "Najwyżej 5 lat."}
    assert both.validate({"do": "2033-03-01"}, now=NOW)["od"] is None  # nothing to fit yet
    hidden = form(field("datetime", "od", subtype="date"), until | {"conditional": {"hide": "=true"}})
    assert hidden.validate({"od": "2028-02-29", "do": "2033-03-01"}, now=NOW)["do"] is None


def test_a_document_is_valid_through_its_last_day() -> None:
    asked = form(
        field("datetime", key="a", subtype="date", properties={"obieg:validate": "data_nie_miniona"})
    )
    today = NOW.astimezone(WARSAW).date()
    assert asked.validate({"a": today.isoformat()}, now=NOW) == {"a": today}
    gone = (today - dt.timedelta(days=1)).isoformat()
    assert "stracił ważność" in refusal(asked, {"a": gone})["a"]


FILE = {"id": "document-1", "name": "a.pdf", "size": 7, "sha256": "0" * 64, "type": "application/pdf"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("a.pdf", "jeszcze raz"),
        ([FILE | {"size": True}], "jeszcze raz"),
        ([FILE | {"size": 10_000_001}], "jeszcze raz"),
        ([FILE | {"name": "x" * 257}], "jeszcze raz"),
        ([FILE | {"bytes": "x"}], "jeszcze raz"),
        ([FILE | {"type": "text/html"}], "w formacie"),
        ([FILE, FILE], "dwa razy"),
        ([FILE | {"id": str(number)} for number in range(6)], "najwyżej 5"),
    ],
)
def test_references_of_files_are_checked(given: object, told: str) -> None:
    assert told in refusal(form(field("filepicker", multiple=True)), {"pole": given})["pole"]


def test_files_come_out_as_references_and_may_be_required() -> None:
    single = form(field("filepicker", validate={"required": True}))
    assert answer(single, FILE) == [FILE]
    assert "jeden plik" in refusal(single, {"pole": [FILE, FILE | {"id": "2"}]})["pole"]
    assert "Dołącz plik" in refusal(single, {})["pole"]


ROW = [
    field(key="imie", validate={"required": True}),
    field("number", key="wiek", validate={"min": 18}, conditional={"hide": '=imie = "X" or tryb = "bez"'}),
]


def test_rows_of_a_list_are_read_each_by_itself() -> None:
    listed = form(
        field(key="tryb"),
        {"type": "dynamiclist", "path": "osoby", "label": "Osoby", "allowAddRemove": True, "components": ROW},
    )
    rows: list[dict[str, object]] = [{"imie": "A", "wiek": "20"}, {"imie": "X", "wiek": "1"}]
    assert listed.validate({"osoby": rows}, now=NOW)["osoby"] == [
        {"imie": "A", "wiek": 20},
        {"imie": "X", "wiek": None},
    ]
    assert listed.validate({}, now=NOW)["osoby"] == []
    assert set(refusal(listed, {"osoby": [rows[0], {"wiek": "7"}, {"obce": "1", "imie": "A"}]})) == {
        "osoby.1.imie",
        "osoby.1.wiek",
        "osoby.2.obce",
    }
    assert listed.hidden({"tryb": "bez", "osoby": rows}, now=NOW) == {"osoby.0.wiek", "osoby.1.wiek"}
    for wrong in ("x", ["x"], [{"imie": "A"}] * 51):
        assert set(refusal(listed, {"osoby": wrong})) == {"osoby"}
    fixed = form({"type": "dynamiclist", "path": "osoby", "label": "Osoby", "components": ROW})
    assert set(refusal(fixed, {"osoby": rows})) == {"osoby"}


def test_a_hidden_list_has_no_rows_and_no_errors() -> None:
    listed = {"type": "dynamiclist", "path": "osoby", "label": "Osoby", "components": ROW}
    hidden = form(field(key="tryb"), listed | {"conditional": {"hide": '=tryb = "bez"'}})
    assert hidden.validate({"tryb": "bez", "osoby": [{}]}, now=NOW)["osoby"] is None


@pytest.mark.parametrize(
    ("subtype", "given", "expected"),
    [
        ("time", "8:30", dt.time(8, 30)),
        ("datetime", "27.11.2026, 8:30", dt.datetime(2026, 11, 27, 8, 30, tzinfo=WARSAW)),
        ("datetime", "27.11.2026 08:30", dt.datetime(2026, 11, 27, 8, 30, tzinfo=WARSAW)),
    ],
)
def test_hours_are_taken_as_people_write_them(subtype: str, given: str, expected: object) -> None:
    assert answer(form(field("datetime", subtype=subtype)), given) == expected


@pytest.mark.parametrize(("given", "valid"), [("676-101-37-17", True), ("6761013718", False), ("676", False)])
def test_a_nip_has_its_check_digit(given: str, valid: bool) -> None:
    asked = checked("nip")
    if valid:
        assert answer(asked, given) == "6761013717"
    else:
        assert "NIP" in refusal(asked, {"pole": given})["pole"]
