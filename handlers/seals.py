"""Certificates: does a chain lead to a root this office trusts, and is the certificate the minister's seal
rather than a person's (``domain.md`` §6.3).

Both matter: chain and cryptography say only that somebody with a qualified certificate signed. Anybody with
one can write any PESEL among the claims; only the seal vouches for them. Revocation is not asked about here:
no lists and no responders are reached, and the report says so.
"""

from __future__ import annotations

import datetime as dt
import os
from base64 import b64decode
from binascii import Error as NotBase64
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import verification
from cryptography.x509.oid import NameOID, ObjectIdentifier

from handlers.connection import Connection
from handlers.signed_xml import MAX_CERTIFICATES, Node, Refusal, Refused, ds

ORGANIZATION_IDENTIFIER = ObjectIdentifier("2.5.4.97")
QC_STATEMENTS = ObjectIdentifier("1.3.6.1.5.5.7.1.3")
# id-etsi-qct-eseal, 0.4.0.1862.1.6.2, as DER writes it inside the statements (ETSI EN 319 412-5 §4.2.3).
_QCT_ESEAL = bytes.fromhex("060704008e46010602")
_OF_PERSONS = (NameOID.GIVEN_NAME, NameOID.SURNAME)


class SignatureSettings(Connection, frozen=True, kw_only=True):
    """Which seal is believed. Without ``roots`` nothing is, and every signature goes to a clerk.

    ``roots``: PEM files of trusted authorities; ``pins``: SHA-256 of the seal's certificates (hexadecimal),
    and then no other is believed; ``organizations``: who the seal must name; ``identifier``: the seal's
    organizationIdentifier. Several are separated by the path separator (``roots``) or a semicolon.
    """

    roots: str = ""
    pins: str = ""
    organizations: str = "Minister do spraw informatyzacji"
    identifier: str = ""


class Trust:
    """The roots and the seal that settings name, read once."""

    def __init__(self, settings: SignatureSettings) -> None:
        files = [Path(each) for each in settings.roots.split(os.pathsep) if each]
        try:
            roots = [each for file in files for each in x509.load_pem_x509_certificates(file.read_bytes())]
        except (OSError, ValueError) as error:
            raise ValueError(f"expected OBIEG_SIGNATURE_ROOTS to be PEM files, but {error}") from error
        self._store = verification.Store(roots) if roots else None
        self._pins = frozenset(_parts(settings.pins.replace(":", "").lower()))
        self._organizations = frozenset(_parts(settings.organizations))
        self._identifier = settings.identifier.strip()

    def check_chain(self, signature: Node, at: dt.datetime) -> x509.Certificate:
        """Return the certificate that must have signed, its chain checked for the moment ``at``.

        Raises ``Refused``.
        """
        certificates = _certificates(signature)
        ends = [each for each in certificates if not _is_authority(each)]
        if len(ends) != 1:
            raise Refused(
                Refusal.CERTIFICATE, f"expected one signer's certificate, but there are {len(ends)}"
            )
        if self._store is None:
            raise Refused(
                Refusal.NO_ROOTS, "expected trusted roots in OBIEG_SIGNATURE_ROOTS, but it is empty"
            )
        authorities = [each for each in certificates if each is not ends[0]]
        verifier = (
            verification.PolicyBuilder()
            .store(self._store)
            .time(at)
            .extension_policies(ca_policy=_AUTHORITIES, ee_policy=_SIGNERS)
            .build_client_verifier()
        )
        try:
            verifier.verify(ends[0], authorities)
        except verification.VerificationError as error:
            raise Refused(Refusal.CHAIN, f"expected a chain to a trusted root, but {error}"[:200]) from None
        return ends[0]

    def require_seal(self, certificate: x509.Certificate) -> None:
        """Raise ``Refused`` unless the certificate is the seal: pinned, or named as configured and no
        person's.
        """
        if self._pins:
            if sha256_of(certificate) not in self._pins:
                raise Refused(Refusal.NOT_THE_SEAL, "expected a pinned certificate, but it is another one")
            return
        subject = certificate.subject
        if any(subject.get_attributes_for_oid(each) for each in _OF_PERSONS):
            raise Refused(Refusal.NOT_THE_SEAL, "expected a seal, but the certificate is a person's")
        if _only(subject, NameOID.ORGANIZATION_NAME) not in self._organizations:
            raise Refused(Refusal.NOT_THE_SEAL, "expected the minister's seal, but it is somebody else's")
        if self._identifier and _only(subject, ORGANIZATION_IDENTIFIER) != self._identifier:
            raise Refused(Refusal.NOT_THE_SEAL, "expected the minister's identifier, but it is another one")
        if not _is_qualified_seal(certificate):
            raise Refused(Refusal.NOT_THE_SEAL, "expected a qualified seal (QcType eSeal), but it is none")


def sha256_of(certificate: x509.Certificate) -> str:
    """Return a certificate's fingerprint, 64 hexadecimal digits."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def _may_sign(
    _policy: verification.Policy, _certificate: x509.Certificate, usage: x509.ExtensionType | None
) -> None:
    """Require a usage that signs; seals often have contentCommitment alone."""
    if not isinstance(usage, x509.KeyUsage) or not (usage.digital_signature or usage.content_commitment):
        raise ValueError("the certificate may not sign")


_AUTHORITIES = verification.ExtensionPolicy.webpki_defaults_ca()
_SIGNERS = verification.ExtensionPolicy.permit_all().require_present(
    x509.KeyUsage, verification.Criticality.AGNOSTIC, _may_sign
)


def _certificates(signature: Node) -> list[x509.Certificate]:
    """Return the certificates the signature carries, each once."""
    written = [each.text or "" for each in signature.findall(f"{ds('KeyInfo')}/{ds('X509Data')}/*")
               if each.tag == ds("X509Certificate")]  # fmt: skip
    if not 0 < len(written) <= MAX_CERTIFICATES:
        raise Refused(Refusal.CERTIFICATE, f"expected 1 to {MAX_CERTIFICATES}, but there are {len(written)}")
    try:
        found = [x509.load_der_x509_certificate(b64decode("".join(each.split()), validate=True))
                 for each in written]  # fmt: skip
    except (ValueError, NotBase64):
        raise Refused(Refusal.CERTIFICATE, "expected X.509 certificates, but one cannot be read") from None
    return list(dict.fromkeys(found))


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
    except ValueError:
        raise Refused(Refusal.CERTIFICATE, "expected readable extensions, but they are not") from None


def _is_qualified_seal(certificate: x509.Certificate) -> bool:
    try:
        statements = certificate.extensions.get_extension_for_oid(QC_STATEMENTS).value
    except x509.ExtensionNotFound:
        return False
    return isinstance(statements, x509.UnrecognizedExtension) and _QCT_ESEAL in statements.value


def _only(name: x509.Name, attribute: ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(attribute)
    return str(found[0].value).strip() if len(found) == 1 else ""


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]
