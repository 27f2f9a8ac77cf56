"""Letters as PDF: what they say and how they are tagged, by pdftotext, pdfinfo and pikepdf; the print-out is
a secret, all else is a document without one.
"""

from __future__ import annotations

import base64
import datetime as dt
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from engine import JobFailure
from handlers import letter, sheet

MESSAGES = Path(__file__).parents[3] / "processes" / "zszo03" / "messages"
TEMPLATES = {"wydruk": "zszo03/wydruk_danych", "pokwitowanie": "zszo03/pokwitowanie"}
CASE = {
    "login": "jkowalska",
    "numer_sprawy": "ZSZO/2026/17",
    "haslo_wazne_do": None,
    "placowka_nazwa": "SP Żółć",
}
AT = dt.datetime(2026, 12, 17, 9, tzinfo=dt.UTC)
OFFICE = "Urząd Miasta Krakowa, Wydział Edukacji"


@pytest.fixture
def office(office_with: Any) -> Any:
    return office_with(SMTP_MESSAGES=str(MESSAGES))


def text_of(content: bytes, folder: Path) -> str:
    (folder / "a.pdf").write_bytes(content)
    return subprocess.run(
        ["pdftotext", "-layout", str(folder / "a.pdf"), "-"], capture_output=True, text=True, check=True
    ).stdout


def structure_of(content: bytes, folder: Path) -> str:
    (folder / "a.pdf").write_bytes(content)
    return subprocess.run(
        ["pdfinfo", "-struct-text", str(folder / "a.pdf")],
        capture_output=True, text=True, check=True, errors="replace",
    ).stdout  # fmt: skip


def require_accessible(content: bytes, folder: Path, title: str) -> None:
    """PDF/UA-1: tagged, a title that is shown, a language, embedded fonts, a first-level heading."""
    (folder / "b.pdf").write_bytes(content)
    with pikepdf.open(folder / "b.pdf") as document:
        assert bool(document.Root.MarkInfo.Marked)
        assert str(document.Root.Lang) == "pl"
        assert bool(document.Root.ViewerPreferences.DisplayDocTitle)
        with document.open_metadata() as metadata:
            assert metadata["dc:title"] == title
            assert metadata["pdfuaid:part"] == "1"
        for page in document.pages:
            for font in page.resources.Font.values():
                (inner,) = font.DescendantFonts
                assert "/FontFile3" in inner.FontDescriptor or "/FontFile2" in inner.FontDescriptor
    assert re.search(r"^ *H1", structure_of(content, folder), re.MULTILINE)


def print_out(office: Any) -> tuple[str, bytes, dict[str, Any]]:
    reference = office.run(office.job("password.generate")).variables["haslo_ref"]
    asked = CASE | {"haslo_ref": reference, "haslo_wazne_do": AT}
    job = office.job("letter.render", TEMPLATES, **asked)
    done = office.run(job).variables
    assert office.run(job.again()).variables == done
    kept = office.case.secrets[done["wydruk_ref"]]
    assert kept.startswith(letter.DATA_URL)
    return office.case.secrets[reference], base64.b64decode(kept.removeprefix(letter.DATA_URL)), done


def test_the_print_out_carries_the_password_and_is_kept_like_one(office: Any, tmp_path: Path) -> None:
    password, page, done = print_out(office)
    shown = text_of(page, tmp_path)
    assert password in shown
    assert "SP Żółć" in shown
    assert "Złożyć do wewnątrz" in shown
    require_accessible(page, tmp_path, "Dane dostępowe do Konta Użytkownika ZSZO")
    with pikepdf.open(tmp_path / "a.pdf") as document:
        assert len(document.pages) == 1
    assert password not in str(done)


def test_the_receipt_is_a_document_without_the_password(office: Any, tmp_path: Path) -> None:
    password, _, _ = print_out(office)
    (receipt,) = office.case.documents.values()
    shown = text_of(receipt, tmp_path)
    assert "Podpis" in shown
    assert "ZSZO/2026/17" in shown
    assert password not in shown
    require_accessible(receipt, tmp_path, "Pokwitowanie odbioru danych do Konta Użytkownika ZSZO")


def test_form_f01_is_blank_or_filled(office: Any, tmp_path: Path) -> None:
    blank = letter.set_f01({}, office=OFFICE, made_at=AT)
    assert "jkowalska" not in text_of(blank, tmp_path)
    assert text_of(blank, tmp_path).count("....") >= 8
    job = office.job(
        "letter.write", {"formularz": "F-01", "nazwa": "F-01.pdf"}, mocodawca="Zofia *Żak*", login="zzak",
        wazne_do=dt.date(2026, 12, 31),
    )  # fmt: skip
    reference = office.run(job).variables["pismo_ref"]
    filled = office.case.documents[reference]
    shown = text_of(filled, tmp_path)
    for text in ("Zofia *Żak*", "zzak", "31.12.2026", "Pełnomocnik"):
        assert text in shown
    require_accessible(filled, tmp_path, letter._F01)


def test_a_case_fills_f01_in_with_its_school_s_name_and_the_proxy_who_came() -> None:
    shown = {"mocodawca": "Joanna Kowalska", "pelnomocnik": None, "wazne_do": dt.date(2026, 12, 17)}
    known = letter.f01_fields(
        {"placowka": {"nazwa": "SP 900"}, "pelnomocnik": "Jan", "wydanie": {"f01": shown}, "haslo_ref": "s"}
    )
    assert known.keys() == set(letter.F01_FIELDS)
    assert (known["placowka"], known["mocodawca"], known["pelnomocnik"]) == (
        "SP 900",
        "Joanna Kowalska",
        "Jan",
    )
    assert letter.f01_fields({"placowka": "SP 1", "wydanie": {"f01": None}})["placowka"] == "SP 1"


def test_a_letter_is_written_from_the_template_of_a_mail(office: Any, tmp_path: Path) -> None:
    job = office.job("letter.write", {"szablon": "zszo03/pokwitowanie"}, **CASE)
    content = office.case.documents[office.run(job).variables["pismo_ref"]]
    assert "jkowalska" in text_of(content, tmp_path)


def test_a_long_extract_repeats_its_head_on_every_page(tmp_path: Path) -> None:
    rows = [[str(number), f"#panic() $x$ *{number}*", "żółć " * 5] for number in range(90)]
    content = sheet.set_extract(
        "Rejestr incydentów",
        ("Nr", "Czego dotyczy", "Opis"),
        rows,
        office=OFFICE,
        made_at=AT,
        notes=("Wyciąg.",),
    )
    shown = text_of(content, tmp_path)
    assert "#panic() $x$ *89*" in shown
    assert shown.count("Czego dotyczy") == shown.count("\f") > 2
    assert "Liczba pozycji: 90" in shown
    require_accessible(content, tmp_path, "Rejestr incydentów")


@pytest.mark.parametrize("text", ["#panic()", "a]b[c", '"}, {', "$ x $", '#read("letter.typ")', "\\u{1F600}"])
def test_markup_stays_text(tmp_path: Path, text: str) -> None:
    content = sheet.set_letter(text, f"Pole: {text}\n\nAkapit {text}", office=OFFICE, made_at=AT)
    shown = "".join(text_of(content, tmp_path).split())
    assert shown.count("".join(text.split())) >= 3


def test_the_same_letter_has_the_same_bytes() -> None:
    first, second = (sheet.set_letter("A", "B: c\n\nd", office=OFFICE, made_at=AT) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("layout", ["nosuch", "../package", "frame/../letter", ""])
def test_only_layouts_that_are_there(layout: str) -> None:
    with pytest.raises(ValueError, match="expected a layout"):
        sheet.set_sheet(layout, {}, made_at=AT)


@pytest.mark.parametrize(
    "headers", [{}, {"wydruk": "zszo03/wydruk_danych"}, TEMPLATES | {"wydruk": "zszo03/nosuch"}]
)
def test_a_letter_without_its_templates_is_a_failure_no_retry_can_help(
    office: Any, headers: dict[str, str]
) -> None:
    reference = office.run(office.job("password.generate")).variables["haslo_ref"]
    asked = CASE | {"haslo_ref": reference, "haslo_wazne_do": AT}
    with pytest.raises(JobFailure) as caught:
        office.run(office.job("letter.render", headers, **asked))
    assert caught.value.permanent


def test_a_form_that_is_not_known_is_refused(office: Any) -> None:
    with pytest.raises(JobFailure, match="formularz"):
        office.run(office.job("letter.write", {"formularz": "F-02"}))


def test_setting_a_letter_takes_little_time() -> None:
    sheet.set_letter("A", "B: c", office=OFFICE, made_at=AT)
    started = time.process_time()
    sheet.set_letter("A", "B: c", office=OFFICE, made_at=AT)
    assert time.process_time() - started < 0.5
