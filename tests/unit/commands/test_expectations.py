"""What a scenario expects of a mail."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from commands.scenario.expectations import _is

HOSTILE = "Sprawa " + "{{ a }}-" * 30 + "koniec"


@pytest.mark.parametrize(
    ("line", "subject", "fits"),
    [
        ("Sprawa {{ nr }}: zwrot", "Sprawa A/1: zwrot", True),
        ("Sprawa {{ nr }}: zwrot", "Sprawa A/1: zwroty", False),
        ("Sprawa {{ nr }} z {{ dzien }}", "Sprawa A/1 z 5 maja", True),
        ("Sprawa {{ nr }} z {{ dzien }}", "Sprawa A/1 do 5 maja", False),
        ("a{{ b }}a", "a", False),
        ("Zwrot (pilne)", "Zwrot (pilne)", True),
        (HOSTILE, "Sprawa " + "-" * 200, False),
    ],
)
def test_a_mail_is_known_by_the_subject_of_its_template(
    tmp_path: Path, line: str, subject: str, fits: bool
) -> None:
    (tmp_path / "wzor.txt.j2").write_text(f"Subject: {line}\n\nTreść\n", encoding="utf-8")
    mail = EmailMessage()
    mail["Subject"] = subject
    mail.set_content("Treść")
    assert _is(mail, {"template": "p/wzor"}, tmp_path) is fits
