"""``signature.verify`` against honest signatures and files that are none, with xmlsec1 as a second
opinion. Keys and certificates are drawn in the run.
"""

from __future__ import annotations

import base64
import datetime as dt
import io
import time
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID
from lxml import etree

from demo.context import MemoryJobContext
from engine import JobFailure
from handlers import signature
from handlers.seals import ORGANIZATION_IDENTIFIER, SignatureSettings, Trust, sha256_of
from handlers.signed_xml import Refusal
from tests import signing
from tests.signing import (
    APPLICATION,
    AT,
    OTHER_PESEL,
    WSP,
    application,
    claims,
    outcome,
    root,
    seal,
    signed,
    verified,
)


@pytest.fixture
def settings(tmp_path: Path) -> SignatureSettings:
    (tmp_path / "roots.pem").write_text(root().pem)
    return SignatureSettings(roots=str(tmp_path / "roots.pem"))


def test_the_persons_own_signature_replaces_the_confirmation_of_identity(settings: SignatureSettings) -> None:
    told = verified(settings, signed())
    assert (told["podpis"], told["podpis_wynik"]) == ("wazny", "PZ_WAZNY")
    report = told["podpis_raport"]
    assert report["uniewaznienie"] == "nie sprawdzono"
    assert "nie sprawdzono" in told["podpis_opis"]
    assert report["sha256_certyfikatu"] == sha256_of(seal().certificate)
    assert report["sprawdzono_na"] == AT
    assert any(each.startswith("signxml 5") for each in report["narzedzia"])


def test_a_report_names_nobody(settings: SignatureSettings) -> None:
    for content in (signed(), signed(role=claims(pesel=OTHER_PESEL)), signed(by=signing.person())):
        told = str(verified(settings, content))
        for personal in (APPLICATION["pesel"], OTHER_PESEL, "Przykładowa", "Anna"):
            assert personal not in told


@pytest.mark.parametrize("spelling", ["enveloped", "xpath", "filter2"])
def test_signatures_of_another_program_verify_in_all_three_spellings(
    settings: SignatureSettings, tmp_path: Path, spelling: str
) -> None:
    document = etree.tostring(application(), encoding="unicode")
    inside = signing.template(seal(), signing.TRANSFORMS[spelling] + signing._EXCLUSIVE)
    unsigned = document.replace("</wniosek>", f"{inside}\n </wniosek>")
    content = signing.signed_by_xmlsec(tmp_path, unsigned, seal())
    assert outcome(settings, content) == ("PZ_WAZNY", "valid")
    assert outcome(settings, content.replace(b">999001<", b">999002<"))[0] == "PZ_NIEWAZNY"


def test_a_file_inside_its_signature_is_read_as_it_was_signed(
    settings: SignatureSettings, tmp_path: Path
) -> None:
    text = base64.b64encode(etree.tostring(application())).decode()
    wrapped = f'<ds:Object Id="o1" Encoding="http://www.w3.org/2000/09/xmldsig#base64">{text}</ds:Object>'
    for transforms in (
        signing._EXCLUSIVE,
        '<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#base64"/>',
    ):
        unsigned = signing.template(seal(), transforms, uri="#o1", data=wrapped)
        content = signing.signed_by_xmlsec(tmp_path, unsigned, seal())
        assert outcome(settings, content) == ("PZ_WAZNY", "valid")
    assert outcome(settings, signed(enveloping=True)) == ("PZ_WAZNY", "valid")


def test_xmlsec_agrees_on_good_and_tampered_files(tmp_path: Path) -> None:
    content = signed()
    assert signing.xmlsec_verifies(tmp_path, content, root())
    assert not signing.xmlsec_verifies(tmp_path, content.replace(b">999001<", b">999002<"), root())
    forged = content.replace(
        APPLICATION["pesel"].encode() + b"</os:PESEL", OTHER_PESEL.encode() + b"</os:PESEL"
    )
    assert forged != content
    assert not signing.xmlsec_verifies(tmp_path, forged, root())


def test_an_elliptic_curve_seal_verifies(settings: SignatureSettings) -> None:
    content = signed(by=signing.issue(signing.SEAL_NAME, root(), curve=True))
    assert outcome(settings, content) == ("PZ_WAZNY", "valid")


def test_any_letter_the_person_once_signed_is_not_this_application(settings: SignatureSettings) -> None:
    letter = etree.fromstring(b'<pismo ID="w1"><tresc>Zamawiam kwiaty.</tresc></pismo>')
    assert outcome(settings, signed(letter)) == ("DO_SPRAWDZENIA", "other_content")
    for twice in ("pesel", "adres_email"):
        document = application()
        etree.SubElement(document, f"{WSP}{twice}").text = APPLICATION[twice]
        assert outcome(settings, signed(document)) == ("DO_SPRAWDZENIA", "other_content")


def test_a_comment_in_the_claims_hides_nothing(settings: SignatureSettings) -> None:
    """Canonical XML leaves comments out: a value must not be read up to the comment only."""
    content = signed(role=claims(pesel=APPLICATION["pesel"]))
    whole, cut = b">44051401359</os:PESEL", b">4405<!-- x -->1401359</os:PESEL"
    assert whole in content
    assert outcome(settings, content.replace(whole, cut)) == ("PZ_WAZNY", "valid")


def test_spelling_of_names_does_not_make_another_person(settings: SignatureSettings) -> None:
    given = {"imie": "ANNA", "nazwisko": "Przykładowa \N{EN DASH} Nowak"}
    content = signed(application(**given), role=claims(nazwisko="przykładowa-nowak"))
    assert outcome(settings, content, **given) == ("PZ_WAZNY", "valid")
    decomposed = "Przykładowa-Żak".replace("Ż", "Z\N{COMBINING DOT ABOVE}")
    content = signed(application(nazwisko="Przykładowa-Żak"), role=claims(nazwisko=decomposed))
    assert outcome(settings, content, nazwisko="Przykładowa-Żak") == ("PZ_WAZNY", "valid")


def test_a_foreigner_without_pesel_is_compared_by_a_clerk(settings: SignatureSettings) -> None:
    assert outcome(settings, signed(), pesel="") == ("DO_SPRAWDZENIA", "no_pesel")


def test_expiry_counts_at_receipt_not_at_the_time_the_signer_writes(settings: SignatureSettings) -> None:
    content = signed(by=signing.issue(signing.SEAL_NAME, root(), days=(-10, 1)))
    assert outcome(settings, content) == ("PZ_WAZNY", "valid")
    assert outcome(settings, content, zlozono=AT + dt.timedelta(days=2)) == ("PZ_NIEWAZNY", "chain")


def test_only_pinned_certificates_count_where_there_are_pins(settings: SignatureSettings) -> None:
    second = signing.issue(signing.SEAL_NAME, root())
    pinned = SignatureSettings(
        roots=settings.roots, pins=f"{'0' * 64}; {sha256_of(seal().certificate).upper()}"
    )
    assert outcome(pinned, signed()) == ("PZ_WAZNY", "valid")
    assert outcome(pinned, signed(by=second)) == ("PZ_NIEWAZNY", "claims")


def test_the_identifier_of_the_seal_counts_where_it_is_configured(settings: SignatureSettings) -> None:
    (identifier,) = seal().certificate.subject.get_attributes_for_oid(ORGANIZATION_IDENTIFIER)
    right = SignatureSettings(roots=settings.roots, identifier=str(identifier.value))
    wrong = SignatureSettings(roots=settings.roots, identifier="VATPL-0000000000")
    assert outcome(right, signed())[0] == "PZ_WAZNY"
    assert outcome(wrong, signed())[0] == "PZ_NIEWAZNY"
    (organization,) = seal().certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    assert organization.value == signing.MINISTER


def test_without_roots_everything_goes_to_a_clerk() -> None:
    assert outcome(SignatureSettings(), signed()) == ("DO_SPRAWDZENIA", "no_roots")


@pytest.mark.parametrize("content", [b"", b"no certificate"])
def test_roots_that_cannot_be_read_are_refused_at_the_start(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "roots.pem").write_bytes(content)
    with pytest.raises(ValueError, match="OBIEG_SIGNATURE_ROOTS"):
        Trust(SignatureSettings(roots=str(tmp_path / "roots.pem")))
    with pytest.raises(ValueError, match="OBIEG_SIGNATURE_ROOTS"):
        Trust(SignatureSettings(roots=str(tmp_path / "nowhere.pem")))


def pdf(contents: bytes | None, *, kids: bool = False, byte_range: Any = None) -> bytes:
    written = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        field = pikepdf.Dictionary({"/FT": pikepdf.Name.Sig, "/T": "podpis"})
        if contents is not None:
            field.V = pikepdf.Dictionary(
                Type=pikepdf.Name.Sig, SubFilter=pikepdf.Name("/ETSI.CAdES.detached"),
                Contents=pikepdf.String(contents), Reason="w imieniu: Anna Przykładowa",
            )  # fmt: skip
            field.V.ByteRange = pikepdf.Array(byte_range or [0, 1, 2, 3])
        parent = pikepdf.Dictionary(Kids=pikepdf.Array([document.make_indirect(field)])) if kids else field
        fields = pikepdf.Array([document.make_indirect(parent)])
        document.Root.AcroForm = pikepdf.Dictionary(Fields=fields)
        document.save(written)
    return written.getvalue()


def pades(by: signing.Signer) -> bytes:
    """Return a signature as PAdES has it: CMS with its certificates, padded with zeros."""
    builder = pkcs7.PKCS7SignatureBuilder().set_data(b"x").add_signer(by.certificate, by.key, hashes.SHA256())
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    made = builder.add_certificate(root().certificate).sign(serialization.Encoding.DER, options)
    return made + bytes(2_000)


def test_a_signed_pdf_goes_to_a_clerk_who_is_told_what_was_found(settings: SignatureSettings) -> None:
    for kids in (False, True):
        told = verified(settings, pdf(pades(seal()), kids=kids))
        assert (told["podpis_wynik"], told["podpis"]) == ("DO_SPRAWDZENIA", None)
        assert (
            "certyfikat „Minister do spraw informatyzacji”, nie obejmuje całego pliku" in told["podpis_opis"]
        )
    of_a_person = str(verified(settings, pdf(pades(signing.person()))))
    assert "certyfikat osoby" in of_a_person
    assert not any(name in of_a_person for name in ("Anna", "Przykładowa", "Kowalsk"))
    whole = pdf(pades(seal()), byte_range=[0, 10, 20, 99_999])
    whole = whole.replace(b"99999", f"{len(whole) - 20:05}".encode())
    assert "obejmuje cały plik" in verified(settings, whole)["podpis_opis"]


@pytest.mark.parametrize(
    "contents", [b"", b"0", b"\x30\x84\xff\xff\xff\xff", b"\x30\x80" + bytes(50), b"x" * 9]
)
def test_whatever_stands_for_a_signature_in_a_pdf_is_for_a_clerk(
    settings: SignatureSettings, contents: bytes
) -> None:
    told = verified(settings, pdf(contents))
    assert (told["podpis_wynik"], "nieodczytany" in told["podpis_opis"]) == ("DO_SPRAWDZENIA", True)
    assert outcome(settings, pdf(None)) == ("BRAK", "pdf_without_signature")
    assert outcome(settings, b"%PDF-1.7\nnot really") == ("DO_SPRAWDZENIA", "unreadable_pdf")


def test_a_reference_to_no_document_is_the_models_fault(settings: SignatureSettings) -> None:
    with pytest.raises(JobFailure, match="podpisany_plik"):
        verified(settings, None, podpisany_plik="document:none")


def test_the_file_of_a_form_s_field_is_read_and_two_are_not(settings: SignatureSettings) -> None:
    one = {"id": "document:none", "name": "w.xml", "size": 1, "sha256": "0", "type": "application/xml"}
    assert verified(settings, None, podpisany_plik=[])["podpis_wynik"] == "BRAK"
    with pytest.raises(JobFailure, match="there is none"):
        verified(settings, None, podpisany_plik=[one])
    wrongs: tuple[Any, ...] = ([one, one], [{}], [None], 7)
    for wrong in wrongs:
        with pytest.raises(JobFailure, match="one document"):
            verified(settings, None, podpisany_plik=wrong)


def test_every_refusal_has_its_sentence() -> None:
    assert set(signature._OF_REFUSAL) == set(Refusal)


def test_verifying_takes_little_time(settings: SignatureSettings) -> None:
    content, trust = signed(), Trust(settings)
    context = MemoryJobContext("signature.verify", APPLICATION)
    started = time.process_time()
    for _ in range(10):
        signature.judge(content, context, trust, at=AT)
    assert time.process_time() - started < 1.5  # 10 × 7 ms on an idle machine; the bound is for busy ones
