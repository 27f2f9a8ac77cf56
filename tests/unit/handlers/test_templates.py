"""Templates: what owners may write, what they may not, and how values look in Polish."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from handlers.templates import InvalidTemplate, render


def rendered(tmp_path: Path, source: str, /, **variables: Any) -> str:
    (tmp_path / "t.txt.j2").write_text(f"Subject: Sprawa\n\n{source}", encoding="utf-8")
    return render([tmp_path], "t", variables).text


def test_values_look_polish(tmp_path: Path) -> None:
    at = dt.datetime(2026, 7, 1, 22, 30, tzinfo=dt.UTC)
    shown = ("kwota", "tak", "at", "at|data", "at|godzina", "brak", "nic|default('-')", "l|lista")
    source = "|".join(f"{{{{ {expression} }}}}" for expression in shown)
    text = rendered(tmp_path, source, kwota=Decimal("12.50"), tak=True, at=at, brak=None, l=["ą", 2, None])
    assert text == "12,50|tak|02.07.2026, 00:30|02.07.2026|00:30||-|ą, 2, "


def test_choices_and_lists(tmp_path: Path) -> None:
    title = "{% if o.plec == 'k' and not o.x %}Pani{% else %}Pan{% endif %}"
    source = "{% for o in osoby %}" + title + " {{ o.imie|upper }};{% endfor %}"
    people = [{"plec": "k", "imie": "Ża", "x": False}, {"plec": "m", "imie": "b", "x": False}]
    assert rendered(tmp_path, source, osoby=people) == "Pani ŻA;Pan B;"


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__ }}",
        "{{ x.__class__.__mro__ }}",
        "{{ x.format(1) }}",
        "{{ range(10) }}",
        "{{ 'a' * 1000000000 }}",
        "{{ 10 ** 10 }}",
        "{% set a = 'a' %}",
        "{{ x ~ x }}",
        "{% for a in x %}{% for b in x %}{% endfor %}{% endfor %}",
        "{% for a in x recursive %}{{ loop(a) }}{% endfor %}",
        "{% include 'other' %}",
        "{% macro m() %}{% endmacro %}",
        "{{ x|attr('upper') }}",
        "{{ x|format }}",
        "{{ x|center(100000000) }}",
        "{{ x is callable }}",
        "{{ missing }}",
        "{{ x.missing }}",
        "{{ x.upper }}",
        "{{ d }}",
        "{{ x[1:2] }}",
        "{{ unfinished",
        "{% autoescape false %}{% endautoescape %}",
    ],
)
def test_everything_else_is_refused(tmp_path: Path, source: str) -> None:
    with pytest.raises(InvalidTemplate):
        rendered(tmp_path, source, x="ab", d={"a": 1})


@pytest.mark.parametrize(
    "source", ["{{ haslo_ref }}", "{% if klucz_ref is defined %}x{% endif %}", "{{ k.klucz_ref }}"]
)
def test_secrets_have_no_placeholder(tmp_path: Path, source: str) -> None:
    with pytest.raises(InvalidTemplate):
        rendered(tmp_path, source, haslo_ref="secret:1", klucz_ref="secret:2", k={"klucz_ref": "secret:3"})


def test_output_is_bounded_even_when_one_value_is_long(tmp_path: Path) -> None:
    assert len(rendered(tmp_path, "{{ x }}", x="ą" * 100_000)) == 100_000
    with pytest.raises(InvalidTemplate, match="200000"):
        rendered(tmp_path, "{{ x }}!", x="ą" * 100_000)
    with pytest.raises(InvalidTemplate, match="200000"):
        rendered(tmp_path, "{% for a in x %}0123456789{% endfor %}", x=["a"] * 20_001)


def test_html_is_escaped_and_text_is_not(tmp_path: Path) -> None:
    (tmp_path / "t.html.j2").write_text("<p>{{ x }}</p>", encoding="utf-8")
    (tmp_path / "t.txt.j2").write_text("Subject: Sprawa {{ nr }}\r\n\r\n{{ x }}\r\n", encoding="utf-8")
    message = render([tmp_path], "t", {"x": '<a href="x">', "nr": "ZSZO/1"})
    assert (message.subject, message.text) == ("Sprawa ZSZO/1", '<a href="x">\n')
    assert message.html == "<p>&lt;a href=&#34;x&#34;&gt;</p>"


@pytest.mark.parametrize("name", ["../t", "t/../../etc/passwd", "nie ma", "brak", "sio/t", "T", ""])
def test_a_template_is_only_looked_for_where_it_may_be(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "zszo03" / "messages"
    folder.mkdir(parents=True)
    (folder / "t.txt.j2").write_text("Subject: Sprawa\n\nx", encoding="utf-8")
    (tmp_path / "t.txt.j2").write_text("Subject: Sprawa\n\ny", encoding="utf-8")
    assert render([folder], "zszo03/t", {}).text == render([folder], "t", {}).text == "x"
    with pytest.raises(InvalidTemplate):
        render([folder], name, {})


def test_a_template_without_a_subject_or_not_utf8_or_too_long_is_refused(tmp_path: Path) -> None:
    for raw in (b"Hello\n", b"Subject: a\n\n\xff", b"Subject: a\n\n" + b"x" * 32_000):
        (tmp_path / "t.txt.j2").write_bytes(raw)
        with pytest.raises(InvalidTemplate):
            render([tmp_path], "t", {})
