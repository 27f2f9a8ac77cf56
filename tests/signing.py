"""An authority of our own and signatures in the shape of the trusted profile: made anew in every run.

``signed`` signs with signxml, ``signed_by_xmlsec`` with the xmlsec1 program: a signer independent of what
verifies.
"""

from __future__ import annotations

import base64
import datetime as dt
import functools
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml import methods
from signxml.xades.xades import XAdESSigner

from demo.context import CaseMemory, MemoryJobContext
from engine import HandlerRegistry
from handlers import signature
from handlers.seals import ORGANIZATION_IDENTIFIER, QC_STATEMENTS, SignatureSettings
from handlers.signed_xml import DS, XADES, ds, xades
from handlers.trusted_signature import OSOBA, PODPIS

AT = dt.datetime(2026, 12, 17, 9, 0, tzinfo=dt.UTC)
WSP = "{urn:obieg:sio:wniosek:1}"
MINISTER = "Minister do spraw informatyzacji"
APPLICATION = {
    "imie": "Anna",
    "nazwisko": "Przykładowa",
    "pesel": "44051401359",
    "numer_rspo": "999001",
    "regon": "351554353",
    "adres_email": "dyrektor@sp900.example",
    "upowaznienie_od": "2027-01-01",
    "upowaznienie_do": "2031-08-31",
}
OTHER_PESEL = "02070803628"
_QCT = {"seal": "060704008e46010602", "person": "060704008e46010601"}


class Signer(NamedTuple):
    """A key and the certificate over it."""

    key: Any
    certificate: x509.Certificate

    @property
    def pem(self) -> str:
        """Return the certificate as PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()


def statements(kind: str) -> x509.UnrecognizedExtension:
    """Return QCStatements with the type eSeal or eSign (ETSI EN 319 412-5)."""
    kinds = bytes.fromhex(_QCT[kind])
    types = b"\x30" + bytes([len(kinds)]) + kinds
    qct = bytes.fromhex("060604008e460106") + types
    inner = b"\x30" + bytes([len(qct)]) + qct
    return x509.UnrecognizedExtension(QC_STATEMENTS, b"\x30" + bytes([len(inner)]) + inner)


def subject(**parts: str) -> x509.Name:
    """Return a name of C, O, CN, OI, GN, SN in the order given."""
    kinds = {
        "C": NameOID.COUNTRY_NAME, "O": NameOID.ORGANIZATION_NAME, "CN": NameOID.COMMON_NAME,
        "OI": ORGANIZATION_IDENTIFIER, "GN": NameOID.GIVEN_NAME, "SN": NameOID.SURNAME,
    }  # fmt: skip
    return x509.Name([x509.NameAttribute(kinds[kind], text) for kind, text in parts.items()])


SEAL_NAME = subject(
    C="PL", O=MINISTER, OI="VATPL-5252955037", CN="Minister do spraw informatyzacji - pieczec"
)


def issue(
    name: x509.Name,
    issuer: Signer | None = None,
    *,
    kind: str = "seal",
    authority: bool = False,
    curve: bool = False,
    days: tuple[int, int] = (-30, 700),
    key: Any = None,
) -> Signer:
    """Return a new signer; without an issuer its certificate is self-signed. ``days`` are from ``AT``."""
    own: Any = key or (
        ec.generate_private_key(ec.SECP256R1()) if curve else rsa.generate_private_key(65537, 2048)
    )
    by, by_name = (own, name) if issuer is None else (issuer.key, issuer.certificate.subject)
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=not authority, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=authority, crl_sign=authority,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    draft = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(by_name)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(AT + dt.timedelta(days=days[0]))
        .not_valid_after(AT + dt.timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
    )
    if not authority:
        draft = draft.add_extension(statements(kind), critical=False)
    return Signer(own, draft.sign(by, hashes.SHA256()))


@functools.cache
def root() -> Signer:
    """Return the authority that is trusted."""
    return issue(subject(C="PL", O="TEST CA", CN="TEST Kwalifikowany"), authority=True, days=(-2000, 4000))


@functools.cache
def seal() -> Signer:
    """Return the minister's seal."""
    return issue(SEAL_NAME, root())


@functools.cache
def person() -> Signer:
    """Return a person's qualified certificate of the same authority."""
    return issue(subject(C="PL", GN="Jan", SN="Oszust", CN="Jan Oszust"), root(), kind="person")


class _Role(XAdESSigner):
    """signxml's signer that writes the claims as nested XML."""

    def __init__(self, claims: etree._Element | None, **options: Any) -> None:
        super().__init__(**options)
        self._claims = claims

    def add_signer_role(self, ssp: Any, sig_root: Any, signing_settings: Any) -> None:
        if self._claims is not None:
            roles = etree.SubElement(etree.SubElement(ssp, xades("SignerRole")), xades("ClaimedRoles"))
            etree.SubElement(roles, xades("ClaimedRole")).append(self._claims)


def claims(imie: str = "Anna", nazwisko: str = "Przykładowa", pesel: str = "44051401359") -> etree._Element:
    """Return PodpisZP as the trusted profile writes it."""
    podpis = etree.Element(f"{{{PODPIS}}}PodpisZP", nsmap={"ppZP": PODPIS, "os": OSOBA})
    account = etree.SubElement(podpis, f"{{{PODPIS}}}DanePodpisu")
    etree.SubElement(account, f"{{{PODPIS}}}IdKontaUzytkownikaEpuap").text = "aprzykladowa"
    person_data = etree.SubElement(
        etree.SubElement(podpis, f"{{{PODPIS}}}DaneZP"), f"{{{PODPIS}}}DaneZPOsobyFizycznej"
    )
    for name, text in (("Nazwisko", nazwisko), ("Imie", imie), ("PESEL", pesel)):
        etree.SubElement(person_data, f"{{{OSOBA}}}{name}").text = text
    return podpis


def application(**changed: str) -> etree._Element:
    """Return an application to sign, with an id."""
    document = etree.Element(
        "{urn:obieg:sio:wniosek:1}wniosek", nsmap=cast(Any, {None: "urn:obieg:sio:wniosek:1"})
    )
    document.set("ID", "w1")
    for name, text in {**APPLICATION, **changed}.items():
        etree.SubElement(document, f"{{urn:obieg:sio:wniosek:1}}{name}").text = text
    return document


def signed(
    document: etree._Element | None = None,
    by: Signer | None = None,
    role: etree._Element | None = None,
    *,
    bare: bool = False,
    enveloping: bool = False,
    **options: Any,
) -> bytes:
    """Return a document signed with signxml; ``bare`` leaves the claims out."""
    signer = by or seal()
    given = {
        "signature_algorithm": "ecdsa-sha256" if isinstance(signer.key, ec.EllipticCurvePrivateKey)
        else "rsa-sha256",
        "digest_algorithm": "sha256",
        **options,
    }  # fmt: skip
    tool = _Role(
        None if bare else (claims() if role is None else role),
        method=methods.enveloping if enveloping else methods.enveloped,
        **given,
    )
    result = tool.sign(
        application() if document is None else document,
        key=signer.key,
        cert=[signer.pem],
        always_add_key_value=False,
    )
    return etree.tostring(result)


_XPATH = (
    f'<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116">'
    f'<ds:XPath xmlns:ds="{DS}">not(ancestor-or-self::ds:Signature)</ds:XPath></ds:Transform>'
)
_FILTER2 = (
    '<ds:Transform Algorithm="http://www.w3.org/2002/06/xmldsig-filter2">'
    '<f:XPath xmlns:f="http://www.w3.org/2002/06/xmldsig-filter2" Filter="subtract">/descendant::ds:Signature'
    "</f:XPath></ds:Transform>"
)
_ENVELOPED = '<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>'
TRANSFORMS = {"enveloped": _ENVELOPED, "xpath": _XPATH, "filter2": _FILTER2}
_EXCLUSIVE = '<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>'
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"


def template(
    by: Signer, transforms: str, *, uri: str = "", digest: str = _SHA256, method: str = "", data: str = ""
) -> str:
    """Return an unsigned signature for xmlsec1 to fill in: one document reference, then the properties."""
    der = by.certificate.public_bytes(serialization.Encoding.DER)
    fingerprint = base64.b64encode(by.certificate.fingerprint(hashes.SHA256())).decode()
    role = etree.tostring(claims()).decode()
    algorithm = method or "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    return (
        f'<ds:Signature xmlns:ds="{DS}" Id="s1"><ds:SignedInfo>'
        '<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>'
        f'<ds:SignatureMethod Algorithm="{algorithm}"/>'
        f'<ds:Reference URI="{uri}"><ds:Transforms>{transforms}</ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{digest}"/><ds:DigestValue/></ds:Reference>'
        f'<ds:Reference URI="#p1" Type="http://uri.etsi.org/01903#SignedProperties">'
        f"<ds:Transforms>{_EXCLUSIVE}</ds:Transforms>"
        f'<ds:DigestMethod Algorithm="{_SHA256}"/><ds:DigestValue/></ds:Reference>'
        "</ds:SignedInfo><ds:SignatureValue/>"
        f"<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{base64.b64encode(der).decode()}</ds:X509Certificate>"
        f"</ds:X509Data></ds:KeyInfo>{data}"
        f'<ds:Object><xades:QualifyingProperties xmlns:xades="{XADES}" Target="#s1">'
        '<xades:SignedProperties Id="p1"><xades:SignedSignatureProperties>'
        "<xades:SigningTime>2026-12-16T12:00:00Z</xades:SigningTime>"
        "<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>"
        f'<ds:DigestMethod Algorithm="{_SHA256}"/><ds:DigestValue>{fingerprint}</ds:DigestValue>'
        "</xades:CertDigest></xades:Cert></xades:SigningCertificateV2>"
        f"<xades:SignerRoleV2><xades:ClaimedRoles><xades:ClaimedRole>{role}</xades:ClaimedRole>"
        "</xades:ClaimedRoles></xades:SignerRoleV2></xades:SignedSignatureProperties>"
        "</xades:SignedProperties></xades:QualifyingProperties></ds:Object></ds:Signature>"
    )


def signed_by_xmlsec(folder: Path, unsigned: str, by: Signer) -> bytes:
    """Return a document whose signature template xmlsec1 has filled in."""
    source, result, key = folder / "unsigned.xml", folder / "signed.xml", folder / "key.pem"
    source.write_text(unsigned, encoding="utf-8")
    key.write_bytes(
        by.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    done = _xmlsec("--sign", "--privkey-pem", str(key), "--output", str(result), *_IDS, str(source))
    key.unlink()
    assert done.returncode == 0, done.stderr
    return result.read_bytes()


def xmlsec_verifies(folder: Path, content: bytes, trusted: Signer) -> bool:
    """Say whether xmlsec1 finds every digest and the signature right, and the chain trusted, as of ``AT``."""
    (folder / "ca.pem").write_text(trusted.pem)
    (folder / "given.xml").write_bytes(content)
    when = AT.strftime("%Y-%m-%d %H:%M:%S")
    return (
        _xmlsec(
            "--verify", "--trusted-pem", str(folder / "ca.pem"), "--verification-time", when, *_IDS,
            str(folder / "given.xml"),
        ).returncode
        == 0
    )  # fmt: skip


_IDS = (
    "--id-attr:ID", "urn:obieg:sio:wniosek:1:wniosek",
    "--id-attr:Id", f"{XADES}:SignedProperties",
    "--id-attr:Id", f"{DS}:KeyInfo",
    "--id-attr:Id", f"{DS}:Object",
)  # fmt: skip


def _xmlsec(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert shutil.which("xmlsec1"), "expected the Debian tool xmlsec1 (apt-get install xmlsec1)"
    return subprocess.run(("xmlsec1", *arguments), capture_output=True, text=True, check=False)


def signature_of(tree: etree._Element) -> etree._Element:
    """Return the only signature of a tree."""
    (found,) = tree.iter(ds("Signature"))
    return found


def verified(settings: SignatureSettings, content: bytes | None, **variables: Any) -> dict[str, Any]:
    """Return the variables ``signature.verify`` answers for a file under the usual application."""
    registry, case = HandlerRegistry(), CaseMemory()
    signature.register(registry, settings)
    given = {**APPLICATION, "zlozono": AT, **variables}
    for name in ("upowaznienie_od", "upowaznienie_do"):
        given[name] = dt.date.fromisoformat(given[name])
    if content is not None:
        case.documents["document:1"] = content
        given["podpisany_plik"] = "document:1"
    registration = registry.get("signature.verify")
    assert registration is not None
    return registration.handler(MemoryJobContext("signature.verify", given, case=case)).variables


def outcome(settings: SignatureSettings, content: bytes | None, **variables: Any) -> tuple[str, str]:
    report = verified(settings, content, **variables)["podpis_raport"]
    return report["wynik"], report["przyczyna"]
