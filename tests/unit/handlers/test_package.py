"""``password.generate``, ``package.encrypt``, ``secret.destroy``; the package is opened by qpdf and
pdftotext too.
"""

from __future__ import annotations

import math
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from engine import JobFailure
from handlers.package import draw_key
from handlers.password import ALPHABET


def package(office: Any, **variables: Any) -> tuple[bytes, str, str]:
    """Return a package's bytes, its key and the password inside."""
    password = office.run(office.job("password.generate")).variables["haslo_ref"]
    given = {"login": "jkowalska", "haslo_ref": password, "numer_sprawy": "ZSZO/2026/17", **variables}
    context = office.job("package.encrypt", **given)
    done = office.run(context).variables
    assert office.run(context.again()).variables == done
    secrets = office.case.secrets
    return office.case.documents[done["pakiet_ref"]], secrets[done["klucz_ref"]], secrets[password]


def tool(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert shutil.which(arguments[0]), (
        f"expected the Debian tool {arguments[0]} (apt-get install qpdf poppler-utils)"
    )
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


def test_other_programs_open_the_package_with_the_key_only(office: Any, tmp_path: Path) -> None:
    sealed, key, password = package(office, nazwa_placowki="SP 900 „Żółć”")
    file = tmp_path / "p.pdf"
    file.write_bytes(sealed)
    shown = tool("qpdf", "--show-encryption", f"--password={key}", str(file))
    assert "R = 6" in shown.stdout
    assert "AESv3" in shown.stdout
    text = tool("pdftotext", "-upw", key, str(file), "-").stdout
    assert "jkowalska" in text
    assert password in text
    assert "ZSZO/2026/17" in text
    assert "Żółć" in text
    for wrong in ("", password, key.replace("-", ""), key.lower()):
        assert tool("qpdf", "--check", f"--password={wrong}", str(file)).returncode == 2
        assert tool("pdftotext", "-upw", wrong, str(file), "-").returncode != 0


def test_nothing_of_the_content_lies_open_in_the_bytes(office: Any) -> None:
    sealed, key, password = package(office)
    for plain in ("jkowalska", password, key, "ZSZO/2026/17", "Dane dost"):
        for form in (plain.encode(), plain.encode("utf-16-be"), plain.encode().hex().encode()):
            assert form not in sealed


@pytest.mark.parametrize(
    "login",
    ["#panic()", "a]b[c", '"}, {', "$ x $", "*x* _y_ `z`", '#read("package.typ")', "\\u{1F600}", "</script>"],
)
def test_markup_in_a_value_stays_text(office: Any, tmp_path: Path, login: str) -> None:
    sealed, key, _ = package(office, login=login)
    file = tmp_path / "p.pdf"
    file.write_bytes(sealed)
    shown = tool("pdftotext", "-layout", "-upw", key, str(file), "-").stdout
    assert login in shown


def test_it_is_one_page_of_a4_in_polish(office: Any, tmp_path: Path) -> None:
    sealed, key, _ = package(office)
    (tmp_path / "p.pdf").write_bytes(sealed)
    with pikepdf.open(tmp_path / "p.pdf", password=key) as document:
        assert (len(document.pages), document.is_encrypted, document.encryption.R) == (1, True, 6)
        assert [round(float(edge)) for edge in document.pages[0].mediabox] == [0, 0, 595, 842]
        assert str(document.Root.Lang) == "pl"


def test_passwords_and_keys_are_hard_to_guess_and_easy_to_read(office: Any) -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 57
    assert set("0O1lI").isdisjoint(ALPHABET)
    keys = {draw_key() for _ in range(200)}
    assert len(keys) == 200
    assert all(re.fullmatch(r"(?:[2-9A-HJ-NP-Za-km-z]{4}-){3}[2-9A-HJ-NP-Za-km-z]{4}", key) for key in keys)
    reference = office.run(office.job("password.generate", {"dlugosc": "20"})).variables["haslo_ref"]
    assert re.fullmatch(r"[2-9A-HJ-NP-Za-km-z]{20}", office.case.secrets[reference])


@pytest.mark.parametrize(
    ("name", "given"),
    [
        *[("PASSWORD_LENGTH", each) for each in ("13", "65", "0")],
        *[("PASSWORD_LIFETIME_DAYS", each) for each in ("0", "367")],
        *[("PACKAGE_KEY_LIFETIME_DAYS", each) for each in ("0", "367")],
    ],
)
def test_an_offices_policy_out_of_bounds_is_refused_at_the_start(
    office_with: Any, name: str, given: str
) -> None:
    with pytest.raises(ValueError, match=f"OBIEG_{name}"):
        office_with(**{name: given})


def test_the_weakest_secrets_take_more_than_80_bits_to_guess(office_with: Any) -> None:
    office = office_with(PASSWORD_LENGTH="14")
    reference = office.run(office.job("password.generate")).variables["haslo_ref"]
    per_character = math.log2(len(ALPHABET))
    assert len(office.case.secrets[reference]) * per_character > 80
    assert len(draw_key().replace("-", "")) * per_character > 80


@pytest.mark.parametrize("length", ["13", "65", "-1", "ten", "1_6"])
def test_a_policy_out_of_bounds_is_refused(office: Any, length: str) -> None:
    with pytest.raises(JobFailure, match="dlugosc"):
        office.run(office.job("password.generate", {"dlugosc": length}))


def test_destroyed_secrets_are_gone_and_the_package_cannot_be_made(office: Any) -> None:
    reference = office.run(office.job("password.generate")).variables["haslo_ref"]
    job = office.job(
        "secret.destroy", {"referencje": "haslo_ref, klucz_ref"}, haslo_ref=reference, klucz_ref=None
    )
    assert office.run(job).variables["zniszczono"] == ["haslo_ref"]
    assert office.run(job.again()).variables["zniszczono"] == ["haslo_ref"]
    assert office.case.secrets == {}
    with pytest.raises(JobFailure, match="destroyed"):
        office.run(office.job("package.encrypt", login="jkowalska", haslo_ref=reference))


def test_making_a_package_takes_little_time(office: Any) -> None:
    package(office)
    office.case.made.clear()
    started = time.process_time()
    package(office)
    assert time.process_time() - started < 0.5  # 50 ms on an idle machine; the bound is for busy ones


@pytest.mark.parametrize("wanted", ["zip", "7z"])
def test_an_archive_is_opened_by_another_program_with_the_key_only(
    office: Any, tmp_path: Path, wanted: str
) -> None:
    password = office.run(office.job("password.generate")).variables["haslo_ref"]
    job = office.job("package.encrypt", login="jkowalska", haslo_ref=password, format_pakietu=wanted)
    done = office.run(job).variables
    assert (done["pakiet_format"], done["pakiet_nazwa"]) == (wanted, f"dane-dostepowe.{wanted}")
    file, key = tmp_path / done["pakiet_nazwa"], office.case.secrets[done["klucz_ref"]]
    file.write_bytes(office.case.documents[done["pakiet_ref"]])
    assert "AES" in tool("7zz", "l", "-slt", f"-p{key}", str(file)).stdout
    for wrong in ("x", office.case.secrets[password], key.lower()):
        assert tool("7zz", "t", f"-p{wrong}", str(file)).returncode == 2
    assert tool("7zz", "x", f"-p{key}", f"-o{tmp_path}", str(file)).returncode == 0
    shown = tool("pdftotext", str(tmp_path / "dane-dostepowe.pdf"), "-").stdout
    assert office.case.secrets[password] in shown
    assert b"jkowalska" not in file.read_bytes()


def test_a_package_is_what_it_is_called_though_the_format_changed_meanwhile(office: Any) -> None:
    password = office.run(office.job("password.generate")).variables["haslo_ref"]
    for wanted, begin in (("pdf", b"%PDF"), ("zip", b"PK"), ("pdf", b"%PDF")):
        given = {"login": "jkowalska", "haslo_ref": password, "format_pakietu": wanted}
        done = office.run(office.job("package.encrypt", **given)).variables
        assert office.case.documents[done["pakiet_ref"]].startswith(begin)
        assert done["pakiet_nazwa"].endswith(wanted)


def test_the_format_is_the_tasks_else_the_offices(office: Any, office_with: Any) -> None:
    password = office.run(office.job("password.generate")).variables["haslo_ref"]
    given = {"login": "a", "haslo_ref": password}
    assert office.run(office.job("package.encrypt", **given)).variables["pakiet_format"] == "pdf"
    with pytest.raises(JobFailure, match="pdf, zip, 7z"):
        office.run(office.job("package.encrypt", format_pakietu="rar", **given))
    with pytest.raises(ValueError, match="OBIEG_PACKAGE_"):
        office_with(PACKAGE_FORMAT="rar")
    zipping = office_with(PACKAGE_FORMAT="zip")
    given["haslo_ref"] = zipping.run(zipping.job("password.generate")).variables["haslo_ref"]
    done = zipping.run(zipping.job("package.encrypt", **given)).variables
    assert done["pakiet_nazwa"] == "dane-dostepowe.zip"
