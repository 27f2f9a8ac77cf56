"""``signature.verify`` against the attacks of ``domain.md`` §6.3 and then some: each with the verdict it gets
and the guard that gives it.
"""

from __future__ import annotations

import base64
import copy
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from handlers.seals import SignatureSettings
from handlers.signed_xml import DS, ds, xades
from handlers.trusted_signature import OSOBA
from tests import signing
from tests.signing import APPLICATION, OTHER_PESEL, WSP, application, claims, outcome, root, seal, signed


@pytest.fixture
def settings(tmp_path: Path) -> SignatureSettings:
    (tmp_path / "roots.pem").write_text(root().pem)
    return SignatureSettings(roots=str(tmp_path / "roots.pem"))


def forged_pesel() -> bytes:
    return signed(role=claims(pesel=OTHER_PESEL)).replace(
        OTHER_PESEL.encode() + b"</os:PESEL", APPLICATION["pesel"].encode() + b"</os:PESEL"
    )


def wrapped_whole() -> bytes:
    """The signed document moved under an evil root: domain.md §6.3 (6)."""
    evil = application(numer_rspo="666666")
    evil.set("ID", "evil")
    etree.SubElement(evil, f"{WSP}x").append(etree.fromstring(signed()))
    return etree.tostring(evil)


def wrapped_beside() -> bytes:
    """The signature moved up to the evil root, the signed document kept where nobody reads it."""
    tree = etree.fromstring(signed())
    evil = application(numer_rspo="666666")
    evil.set("ID", "evil")
    mark = signing.signature_of(tree)
    tree.remove(mark)
    hidden = etree.SubElement(evil, f"{WSP}x")
    hidden.append(tree)
    evil.append(mark)
    return etree.tostring(evil)


def wrapped_same_id() -> bytes:
    tree = etree.fromstring(wrapped_beside())
    tree.set("ID", "w1")
    return etree.tostring(tree)


def wrapped_other_case() -> bytes:
    tree = etree.fromstring(wrapped_beside())
    tree.attrib.pop("ID")
    tree.set("Id", "w1")
    return etree.tostring(tree)


def second_properties() -> bytes:
    """A second PodpisZP in unsigned properties before the signed ones."""
    tree = etree.fromstring(signed(role=claims(pesel=OTHER_PESEL)))
    (signed_ones,) = tree.iter(xades("QualifyingProperties"))
    evil = copy.deepcopy(signed_ones)
    for number in evil.iter(f"{{{OSOBA}}}PESEL"):
        number.text = APPLICATION["pesel"]
    for each in evil.iter(xades("SignedProperties")):
        del each.attrib["Id"]
    holder = signed_ones.getparent()
    assert holder is not None
    holder.addprevious(etree.Element(ds("Object")))
    before = holder.getprevious()
    assert before is not None
    before.append(evil)
    return etree.tostring(tree)


def unsigned_properties() -> bytes:
    """SignedProperties that no reference covers."""
    tree = etree.fromstring(signed())
    information = signing.signature_of(tree)[0]
    for reference in information.findall(ds("Reference")):
        if "SignedProperties" in (reference.get("Type") or ""):
            information.remove(reference)
    return etree.tostring(tree)


def claims_beside_the_role() -> bytes:
    """Claims in an object of the signature that nothing covers."""
    tree = etree.fromstring(signed(bare=True))
    etree.SubElement(signing.signature_of(tree), ds("Object")).append(claims())
    return etree.tostring(tree)


def two_roles() -> bytes:
    both = claims()
    both.append(claims(pesel=OTHER_PESEL))
    return signed(role=both)


def self_signed() -> bytes:
    return signed(by=signing.issue(signing.SEAL_NAME))


def other_authority() -> bytes:
    fake = signing.issue(root().certificate.subject, authority=True, days=(-2000, 4000))
    return signed(by=signing.issue(signing.SEAL_NAME, fake))


def clerk_of_the_ministry() -> bytes:
    """A qualified certificate of a person employed there: the organization is right, it is no seal."""
    name = signing.subject(C="PL", O=signing.MINISTER, GN="Jan", SN="Oszust", CN="Jan Oszust")
    return signed(by=signing.issue(name, root(), kind="person"))


def look_alike_organization() -> bytes:
    name = signing.subject(C="PL", O="Minister do spraw informatyzacji sp. z o.o.", CN="Pieczec")
    return signed(by=signing.issue(name, root()))


def seal_name_without_seal_type() -> bytes:
    return signed(by=signing.issue(signing.SEAL_NAME, root(), kind="person"))


def expired() -> bytes:
    return signed(by=signing.issue(signing.SEAL_NAME, root(), days=(-800, -1)))


def not_yet() -> bytes:
    return signed(by=signing.issue(signing.SEAL_NAME, root(), days=(1, 800)))


def sha1_digest() -> bytes:
    weak = b"http://www.w3.org/2000/09/xmldsig#sha1"
    return signed().replace(b"http://www.w3.org/2001/04/xmlenc#sha256", weak)


def sha1_signature() -> bytes:
    return signed().replace(
        b"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", b"http://www.w3.org/2000/09/xmldsig#rsa-sha1"
    )


def hmac() -> bytes:
    return signed().replace(
        b"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        b"http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
    )


def stylesheet() -> bytes:
    return signed().replace(
        b"http://www.w3.org/2000/09/xmldsig#enveloped-signature",
        b"http://www.w3.org/TR/1999/REC-xslt-19991116",
    )


def other_xpath() -> bytes:
    xpath = signing.TRANSFORMS["xpath"].replace("not(ancestor-or-self::ds:Signature)", "self::ds:wniosek")
    tree = etree.fromstring(signed())
    (spot, *_) = tree.iter(ds("Transforms"))
    spot.insert(0, etree.fromstring(xpath.replace("<ds:Transform", f'<ds:Transform xmlns:ds="{DS}"', 1)))
    return etree.tostring(tree)


def detached() -> bytes:
    return (
        signed()
        .replace(b'URI="#w1"', b'URI="http://example.org/w.xml"')
        .replace(b'URI=""', b'URI="http://example.org/w.xml"')
    )


def doctype() -> bytes:
    return b'<!DOCTYPE wniosek [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + signed()


def other_certificate() -> bytes:
    """The seal's certificate shown with a signature somebody else made."""
    text = base64.b64encode(signing.person().certificate.public_bytes(Encoding.DER)).decode()
    good = base64.b64encode(seal().certificate.public_bytes(Encoding.DER)).decode()
    tree = etree.fromstring(signed(by=signing.person()))
    (shown,) = tree.iter(ds("X509Certificate"))
    assert "".join((shown.text or "").split()) == text
    shown.text = good
    return etree.tostring(tree)


def person_with_forged_claims() -> bytes:
    return signed(by=signing.person())


def two_signatures() -> bytes:
    tree = etree.fromstring(signed())
    tree.append(copy.deepcopy(signing.signature_of(tree)))
    return etree.tostring(tree)


def wrong_check_digit() -> bytes:
    return signed(role=claims(pesel="44051401358"))


ATTACKS = [
    (forged_pesel, "PZ_NIEWAZNY", "cryptography"),
    (lambda: signed().replace(b">999001<", b">999002<"), "PZ_NIEWAZNY", "cryptography"),
    (wrapped_whole, "PZ_NIEWAZNY", "misplaced_signature"),
    (wrapped_beside, "PZ_NIEWAZNY", "not_the_document"),
    (wrapped_same_id, "PZ_NIEWAZNY", "ambiguous_ids"),
    (wrapped_other_case, "PZ_NIEWAZNY", "ambiguous_ids"),
    (second_properties, "PZ_NIEWAZNY", "properties_not_signed"),
    (unsigned_properties, "PZ_NIEWAZNY", "properties_not_signed"),
    (claims_beside_the_role, "PZ_NIEWAZNY", "claims"),
    (two_roles, "PZ_NIEWAZNY", "claims"),
    (wrong_check_digit, "PZ_NIEWAZNY", "claims"),
    (person_with_forged_claims, "PZ_NIEWAZNY", "claims"),
    (clerk_of_the_ministry, "PZ_NIEWAZNY", "claims"),
    (look_alike_organization, "PZ_NIEWAZNY", "claims"),
    (seal_name_without_seal_type, "PZ_NIEWAZNY", "claims"),
    (self_signed, "PZ_NIEWAZNY", "chain"),
    (other_authority, "PZ_NIEWAZNY", "chain"),
    (expired, "PZ_NIEWAZNY", "chain"),
    (not_yet, "PZ_NIEWAZNY", "chain"),
    (other_certificate, "PZ_NIEWAZNY", "cryptography"),
    (sha1_digest, "PZ_NIEWAZNY", "algorithm"),
    (sha1_signature, "PZ_NIEWAZNY", "algorithm"),
    (hmac, "PZ_NIEWAZNY", "algorithm"),
    (doctype, "PZ_NIEWAZNY", "doctype"),
    (stylesheet, "DO_SPRAWDZENIA", "transform"),
    (other_xpath, "DO_SPRAWDZENIA", "transform"),
    (detached, "DO_SPRAWDZENIA", "detached"),
    (two_signatures, "DO_SPRAWDZENIA", "several_signatures"),
    (lambda: signed(by=signing.person(), bare=True), "INNY_PODPIS", "not_the_seal"),
    (lambda: signed(role=claims(pesel=OTHER_PESEL)), "INNA_OSOBA", "other_pesel"),
    (lambda: signed(role=claims(nazwisko="Nowa")), "DO_SPRAWDZENIA", "other_name"),
    (lambda: signed(application(adres_email="oszust@zly.example")), "PZ_NIEWAZNY", "content_differs"),
    (lambda: etree.tostring(application()), "BRAK", "no_signature"),
    (lambda: b"\xff\xfe<\x00", "DO_SPRAWDZENIA", "not_xml"),
    (lambda: b"PK\x03\x04asic", "DO_SPRAWDZENIA", "not_xml"),
    (lambda: b"<a>" + b"x" * (10 * 1024 * 1024) + b"</a>", "DO_SPRAWDZENIA", "too_large"),
    (lambda: b"<a>" + b"<b/>" * 20_001 + b"</a>", "DO_SPRAWDZENIA", "too_large"),
    (lambda: None, "BRAK", "no_file"),
]


@pytest.mark.parametrize(("attack", "wynik", "reason"), ATTACKS)
def test_attacks(settings: SignatureSettings, attack: Any, wynik: str, reason: str) -> None:
    assert outcome(settings, attack()) == (wynik, reason)
