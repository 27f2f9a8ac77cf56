"""The trusted signature (podpis zaufany): the minister's seal over a document and over whom it stands for.

The cryptography is signxml's. What is read afterwards is read from what signxml says was signed, never from
the file. Structure and meaning: ``domain.md`` §6.3.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from importlib.metadata import version
from typing import Any

import msgspec
from cryptography import x509
from lxml import etree
from signxml.exceptions import SignXMLException
from signxml.xades.xades import XAdESSignatureConfiguration, XAdESVerifier
from stdnum.pl import pesel as pesel_number

from handlers.seals import Trust, sha256_of
from handlers.signed_xml import (
    Node,
    Refusal,
    Refused,
    SignedFile,
    admit,
    ds,
    parser,
    takes_out_signature,
    xades,
)

PODPIS = "http://crd.gov.pl/xml/schematy/ppzp/"
OSOBA = "http://crd.gov.pl/xml/schematy/osoba/2009/03/06/"
TOOLS = tuple(f"{name} {version(name)}" for name in ("signxml", "cryptography", "lxml"))


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the seal says it stands for."""

    first_name: str
    surname: str
    pesel: str

    def __repr__(self) -> str:
        """Return nothing of the person."""
        return "Claims(***)"


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """What a verified signature says; everything in it was covered by the signature."""

    claims: Claims
    content: bytes
    certificate: x509.Certificate
    enveloping: bool
    signing_time: str

    @property
    def facts(self) -> dict[str, Any]:
        """Return what a report tells of the signature, without personal data."""
        return {
            "postac": "XAdES otaczający" if self.enveloping else "XAdES otoczony",
            "podmiot_pieczeci": self.certificate.subject.rfc4514_string(),
            "wystawca_pieczeci": self.certificate.issuer.rfc4514_string(),
            "numer_certyfikatu": f"{self.certificate.serial_number:x}",
            "sha256_certyfikatu": sha256_of(self.certificate),
            "czas_podpisu_deklarowany": self.signing_time,
            "sha256_tresci": hashlib.sha256(self.content).hexdigest(),
        }


def verify(content: bytes, trust: Trust, *, at: dt.datetime) -> Signed:
    """Verify a signed XML file as of ``at``, the moment it was received; raises ``Refused``.

    The time the signer writes is not believed: with it an expired certificate would sign for ever.
    """
    file = admit(content)
    certificate = trust.check_chain(file.signature, at)
    document, properties = _checked(file, certificate, at)
    try:
        trust.require_seal(certificate)
    except Refused as refused:
        # Somebody else's signature is one thing; somebody else's with such claims is a forgery.
        if refused.refusal is Refusal.NOT_THE_SEAL and _claimed(properties):
            raise Refused(Refusal.CLAIMS, f"claims of a trusted signature, but {refused.found}") from None
        raise
    return Signed(
        claims=_claims(properties),
        content=_content(file, document),
        certificate=certificate,
        enveloping=file.enveloping,
        signing_time=(properties.findtext(f".//{xades('SigningTime')}") or "").strip()[:40],
    )


class _Verifier(XAdESVerifier):
    """signxml's verifier, which knows one spelling of "without the signature", taught the other two."""

    def _apply_transforms(self, payload: Any, *, transforms_node: Any, signature: Any) -> Any:
        if transforms_node is not None and any(map(takes_out_signature, transforms_node)):
            _take_out(signature)
        return super()._apply_transforms(payload, transforms_node=transforms_node, signature=signature)


def _take_out(signature: Node) -> None:
    """Remove a signature and nothing else: the text after it stays."""
    around = signature.getparent()
    if around is None:
        return
    before = signature.getprevious()
    if before is None:
        around.text = (around.text or "") + (signature.tail or "") or None
    else:
        before.tail = (before.tail or "") + (signature.tail or "") or None
    signature.tail = None
    around.remove(signature)


def _checked(file: SignedFile, certificate: x509.Certificate, at: dt.datetime) -> tuple[Any, Node]:
    """Return the results for the document and for the properties; raises ``Refused``."""
    expected = XAdESSignatureConfiguration(expect_references=True, verification_time=at, location="./")
    try:
        results = _Verifier().verify(
            file.root, x509_cert=certificate, parser=parser(), expect_config=expected
        )
    except (SignXMLException, etree.LxmlError, ValueError, TypeError, KeyError) as error:
        kind = type(error).__name__
        raise Refused(Refusal.CRYPTOGRAPHY, f"expected a valid signature, but it is not ({kind})") from None
    finally:
        etree.clear_error_log()
    properties = results[file.properties].signed_xml
    if properties is None or properties.tag != xades("SignedProperties"):
        raise Refused(Refusal.PROPERTIES, "expected the signed properties, but something else was signed")
    return results[file.document], properties


def _content(file: SignedFile, document: Any) -> bytes:
    """Return the bytes somebody signed, as they were signed."""
    if not file.enveloping:
        if document.signed_xml is None or document.signed_xml.tag != file.root.tag:
            raise Refused(Refusal.NOT_THE_DOCUMENT, "expected the whole document, but a part was signed")
        return bytes(document.signed_data)
    wrapper = document.signed_xml
    if wrapper is None or wrapper.tag != ds("Object"):
        return bytes(document.signed_data)  # taken through the base64 transform: the file itself
    if len(wrapper) == 1:
        return etree.tostring(wrapper[0], with_tail=False)
    if len(wrapper) > 1:
        raise Refused(Refusal.NOT_THE_DOCUMENT, "expected one document in the signature, but it has several")
    return _decoded(wrapper)


def _decoded(wrapper: Node) -> bytes:
    try:
        return base64.b64decode("".join((wrapper.text or "").split()), validate=True)
    except ValueError:  # not written in base64: a plain text was signed
        return (wrapper.text or "").encode()


def _claimed(properties: Node) -> list[Node]:
    return list(properties.iter(f"{{{PODPIS}}}PodpisZP"))


def _claims(properties: Node) -> Claims:
    """Read the claims of the one role of these signed properties; raises ``Refused``."""
    signature = properties.find(xades("SignedSignatureProperties"))
    roles = [] if signature is None else [
        claim
        for role in ("SignerRole", "SignerRoleV2")
        for claim in signature.findall(f"{xades(role)}/{xades('ClaimedRoles')}/{xades('ClaimedRole')}")
    ]  # fmt: skip
    placed = [each for role in roles for each in role.findall(f"{{{PODPIS}}}PodpisZP")]
    if len(placed) != 1 or _claimed(properties) != placed:
        raise Refused(Refusal.CLAIMS, f"expected one PodpisZP among the roles, but there are {len(placed)}")
    person = placed[0].findall(f"{{{PODPIS}}}DaneZP/{{{PODPIS}}}DaneZPOsobyFizycznej")
    if len(person) != 1:
        raise Refused(Refusal.CLAIMS, f"expected one person in PodpisZP, but there are {len(person)}")
    number = _texts(person[0], "PESEL")
    if len(number) != 1 or not pesel_number.is_valid(number[0]):
        raise Refused(Refusal.CLAIMS, "expected one PESEL with a right check digit, but it is not")
    names, surnames = _texts(person[0], "Imie"), _texts(person[0], "Nazwisko")
    if len(names) != 1 or not surnames:
        raise Refused(Refusal.CLAIMS, "expected one first name and a surname, but there are not")
    return Claims(first_name=names[0], surname="-".join(surnames), pesel=number[0])


def _texts(person: Node, name: str) -> list[str]:
    found = (str(each.xpath("string()")).strip() for each in person.findall(f"{{{OSOBA}}}{name}"))
    return [each for each in found if each]
