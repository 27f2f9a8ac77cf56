"""What a signed PDF (PAdES) says of itself: found for a clerk, verified by nobody here.

A file may carry anything in the place of a signature. So nothing of it is believed: the form, whether the
signature covers the whole file, and what the certificate calls its holder; never the name of a person.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from typing import Any

import msgspec
import pikepdf
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

MOST_FIELDS, DEEPEST, MOST_SIGNATURES = 2_000, 8, 20
LONGEST_CONTENTS = 262_144
LONGEST_NAME = 120


class PdfSignature(msgspec.Struct, frozen=True, kw_only=True):
    """One signature; ``holder``: the organisation its certificate names, "" where it names none."""

    kind: str
    covers_file: bool
    holder: str
    is_person: bool


def signatures_of(content: bytes) -> list[PdfSignature]:
    """Return the signatures of a PDF; raises ``ValueError`` for one that cannot be read."""
    try:
        with pikepdf.open(io.BytesIO(content)) as document:
            values = list(itertools.islice(_values(document), MOST_SIGNATURES))
            return [_signature(value, len(content)) for value in values]
    except (pikepdf.PdfError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"expected a PDF, but {type(error).__name__}") from None


def _values(document: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """Return what stands in the signature fields (ISO 32000-1 §12.7.4.5), within bounds.

    ``MOST_FIELDS`` references are followed at most, and a field that several name is looked at once: kids
    may name their own parents as often as the file has room for.
    """
    form = document.Root.get("/AcroForm", pikepdf.Dictionary())
    seen: set[tuple[int, int]] = set()
    found = [(field, 0) for field in _first(form.get("/Fields"), MOST_FIELDS)]
    for field, depth in found:  # grows while it is read
        if field.is_indirect:
            if field.objgen in seen:
                continue
            seen.add(field.objgen)
        if field.get("/FT") == "/Sig" and "/V" in field:
            yield field.V
        if depth < DEEPEST:
            found += [(kid, depth + 1) for kid in _first(field.get("/Kids"), MOST_FIELDS - len(found))]


def _first(listed: object, most: int) -> list[pikepdf.Object]:
    """Return the first of an array, one by one: its iterator would copy all of it first."""
    if not isinstance(listed, pikepdf.Array):
        return []
    return [listed[at] for at in range(min(len(listed), most))]


def _signature(value: pikepdf.Object, size: int) -> PdfSignature:
    contents, form = value.get("/Contents"), value.get("/SubFilter")
    certificate = _leaf(bytes(contents)) if isinstance(contents, pikepdf.String) else None
    names = certificate.subject if certificate is not None else x509.Name([])
    is_person = any(names.get_attributes_for_oid(kind) for kind in (NameOID.GIVEN_NAME, NameOID.SURNAME))
    named = names.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    holder = "" if is_person or not named else _plain(str(named[0].value))
    return PdfSignature(
        kind=_plain(str(form)).lstrip("/") if isinstance(form, pikepdf.Name) else "",
        covers_file=_covers(value.get("/ByteRange"), size),
        holder=holder,
        is_person=is_person,
    )


def _covers(byte_range: Any, size: int) -> bool:
    """Say whether a signature speaks of the file from its first byte to its last, but for itself."""
    if byte_range is None or len(byte_range) != 4:
        return False
    begin, first, second, rest = (int(each) for each in byte_range)
    return begin == 0 and 0 < first < second and rest >= 0 and second + rest == size


def _leaf(contents: bytes) -> x509.Certificate | None:
    """Return the certificate nobody else of the bundle was issued by; None where it cannot be read."""
    exact = _without_padding(contents)
    if exact is None:
        return None
    try:
        bundle = pkcs7.load_der_pkcs7_certificates(exact)
        issuers = {each.issuer for each in bundle if each.issuer != each.subject}
        return next((each for each in bundle if each.subject not in issuers), None)
    except ValueError:
        return None


def _without_padding(contents: bytes) -> bytes | None:
    """Return the DER object at the beginning: the room reserved for a signature is filled up with zeros."""
    if len(contents) < 4 or contents[0] != 0x30 or len(contents) > LONGEST_CONTENTS:
        return None
    if contents[1] < 0x80:
        return contents[: 2 + contents[1]]
    wide = contents[1] & 0x7F
    return contents[: 2 + wide + int.from_bytes(contents[2 : 2 + wide], "big")] if 0 < wide <= 4 else None


def _plain(text: str) -> str:
    """Return what of a text can be shown, and no more than a line of it."""
    return "".join(sign for sign in text if sign.isprintable())[:LONGEST_NAME]
