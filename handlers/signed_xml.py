"""What a signed XML file claims to be, before anything is computed: one signature, in one of two places, over
exactly one document and its own signed properties, by means we can follow (``domain.md`` §6.3).

What is refused here never reaches the cryptography. Wrapping attacks live on a signature that is valid over
another part of the file than the part that is read, so the signed part must be the whole document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, TypeAlias

import msgspec
from lxml import etree

Node: TypeAlias = etree._Element

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
MAX_BYTES = 10 * 1024 * 1024
MAX_ELEMENTS = 20_000
MAX_CERTIFICATES = 10

C14N = frozenset(
    {
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        "http://www.w3.org/2006/12/xml-c14n11",
        "http://www.w3.org/2001/10/xml-exc-c14n#",
    }
)
ENVELOPED = f"{DS}enveloped-signature"
BASE64 = f"{DS}base64"
XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
FILTER2 = "http://www.w3.org/2002/06/xmldsig-filter2"
DIGESTS = frozenset(
    {
        "http://www.w3.org/2001/04/xmlenc#sha256",
        "http://www.w3.org/2001/04/xmldsig-more#sha384",
        "http://www.w3.org/2001/04/xmlenc#sha512",
    }
)
_MORE, _MORE_2007 = "http://www.w3.org/2001/04/xmldsig-more#", "http://www.w3.org/2007/05/xmldsig-more#"
METHODS = frozenset(
    {f"{_MORE}{key}-sha{size}" for key in ("rsa", "ecdsa") for size in (256, 384, 512)}
    | {f"{_MORE_2007}sha{size}-rsa-MGF1" for size in (256, 384, 512)}
)
_DECLARATION = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)", re.IGNORECASE)
_ENCODING = re.compile(rb"\A\s*<\?xml\b[^>]*?\bencoding\s*=\s*[\"']([^\"']*)[\"']", re.IGNORECASE)
# The two expressions that mean the same as the enveloped-signature transform where there is one signature.
_TAKES_OUT = {
    XPATH: re.compile(r"not\(ancestor-or-self::(\w+):Signature\)"),
    FILTER2: re.compile(r"/descendant::(\w+):Signature"),
}


class Refusal(StrEnum):
    """Why a signature is not accepted."""

    NOT_XML = "not_xml"
    TOO_LARGE = "too_large"
    DOCTYPE = "doctype"
    NO_SIGNATURE = "no_signature"
    SEVERAL_SIGNATURES = "several_signatures"
    MISPLACED = "misplaced_signature"
    AMBIGUOUS = "ambiguous_ids"
    NOT_THE_DOCUMENT = "not_the_document"
    PROPERTIES = "properties_not_signed"
    DETACHED = "detached"
    TRANSFORM = "transform"
    ALGORITHM = "algorithm"
    CERTIFICATE = "certificate"
    NO_ROOTS = "no_roots"
    CHAIN = "chain"
    CRYPTOGRAPHY = "cryptography"
    NOT_THE_SEAL = "not_the_seal"
    CLAIMS = "claims"


class Refused(Exception):
    """A signature is not accepted: why, and what exactly was found, without personal data."""

    def __init__(self, refusal: Refusal, found: str) -> None:
        super().__init__(f"{refusal}: {found}")
        self.refusal = refusal
        self.found = found


class SignedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that may be verified. ``document`` and ``properties`` are indexes of its references."""

    root: Node
    signature: Node
    document: int
    properties: int
    enveloping: bool


def ds(name: str) -> str:
    """Return a name of XML Signature as lxml writes it."""
    return f"{{{DS}}}{name}"


def xades(name: str) -> str:
    """Return a name of XAdES 1.3.2 as lxml writes it."""
    return f"{{{XADES}}}{name}"


def parse(content: bytes) -> Node:
    """Parse a file somebody sent in: UTF-8, no document type, bounded; raises ``Refused``."""
    if len(content) > MAX_BYTES:
        raise Refused(Refusal.TOO_LARGE, f"expected at most {MAX_BYTES} bytes, but got {len(content)}")
    declared = _ENCODING.match(content)
    if b"\x00" in content or (declared is not None and declared[1].lower() not in (b"utf-8", b"utf8")):
        raise Refused(Refusal.NOT_XML, "expected UTF-8, but the file has another encoding")
    if _DECLARATION.search(content):
        raise Refused(Refusal.DOCTYPE, "expected no document type or entity, but the file declares one")
    try:
        root = etree.fromstring(content, parser())
    except etree.XMLSyntaxError:
        raise Refused(Refusal.NOT_XML, "expected well-formed XML, but it is not") from None
    finally:
        etree.clear_error_log()  # it keeps pieces of the file
    information: Any = root.getroottree().docinfo
    if information.doctype or information.internalDTD is not None:
        raise Refused(Refusal.DOCTYPE, "expected no document type, but the file has one")
    if sum(1 for _ in root.iter(etree.Element)) > MAX_ELEMENTS:
        raise Refused(Refusal.TOO_LARGE, f"expected at most {MAX_ELEMENTS} elements, but there are more")
    return root


def parser() -> etree.XMLParser:
    """Return a parser that reaches for nothing outside the bytes it is given."""
    return etree.XMLParser(
        resolve_entities="internal",  # type: ignore[arg-type]  # lxml-stubs is older than this value
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        recover=False,
    )


def admit(content: bytes) -> SignedFile:
    """Return the file as one that may be verified; raises ``Refused``."""
    root = parse(content)
    signature = _only_signature(root)
    ids = _ids(root)
    information = _child(signature, ds("SignedInfo"), Refusal.NOT_XML)
    _allowed(_child(information, ds("CanonicalizationMethod"), Refusal.ALGORITHM), C14N)
    _allowed(_child(information, ds("SignatureMethod"), Refusal.ALGORITHM), METHODS)
    targets = [_target(each, root, ids) for each in information.findall(ds("Reference"))]
    properties = _place(targets, [_properties(signature)], Refusal.PROPERTIES)
    enveloping = signature is root
    document = _place(targets, _signed_whole(root, enveloping), Refusal.NOT_THE_DOCUMENT)
    others = [each for at, each in enumerate(targets) if at not in (document, properties)]
    if any(each is not signature.find(ds("KeyInfo")) for each in others) or len(others) > 1:
        raise Refused(Refusal.NOT_THE_DOCUMENT, "expected nothing signed but one document, but there is more")
    return SignedFile(
        root=root, signature=signature, document=document, properties=properties, enveloping=enveloping
    )


def takes_out_signature(transform: Node) -> bool:
    """Say whether a transform is one of the spellings of "the document without its signature"."""
    algorithm = transform.get("Algorithm", "")
    if algorithm == ENVELOPED:
        return len(transform) == 0
    known = _TAKES_OUT.get(algorithm)
    if known is None or len(transform) != 1:
        return False
    wanted = "XPath" if algorithm == XPATH else f"{{{FILTER2}}}XPath"
    step = transform[0]
    if step.tag != (ds(wanted) if algorithm == XPATH else wanted):
        return False
    if algorithm == FILTER2 and step.get("Filter") != "subtract":
        return False
    written = known.fullmatch("".join((step.text or "").split()))
    return written is not None and len(step) == 0 and step.nsmap.get(written[1]) == DS


def _only_signature(root: Node) -> Node:
    found = list(root.iter(ds("Signature")))
    if not found:
        raise Refused(Refusal.NO_SIGNATURE, "expected a signature, but the file has none")
    if len(found) > 1:
        raise Refused(Refusal.SEVERAL_SIGNATURES, f"expected one signature, but there are {len(found)}")
    if found[0] is not root and found[0].getparent() is not root:
        raise Refused(Refusal.MISPLACED, "expected the signature at the top of the file, but it lies deeper")
    return found[0]


def _ids(root: Node) -> dict[str, Node]:
    """Return the elements by what may name them; a name of two elements is refused, whoever it fools."""
    named: dict[str, Node] = {}
    for element in root.iter(etree.Element):
        for attribute, value in element.attrib.items():
            if etree.QName(attribute).localname.lower() != "id":
                continue
            if named.setdefault(str(value), element) is not element:
                raise Refused(Refusal.AMBIGUOUS, "expected every id once, but one names two elements")
    return named


def _target(reference: Node, root: Node, ids: dict[str, Node]) -> Node:
    _allowed(_child(reference, ds("DigestMethod"), Refusal.ALGORITHM), DIGESTS)
    uri = reference.get("URI")
    target = root if uri == "" else ids.get(uri[1:]) if uri is not None and uri.startswith("#") else None
    if target is None:
        raise Refused(Refusal.DETACHED, "expected a reference to a part of this file, but it leads elsewhere")
    for number, transform in enumerate(_transforms(reference)):
        usual = transform.get("Algorithm") in C14N | {BASE64}
        if number > 3 or not (usual or takes_out_signature(transform)):
            raise Refused(Refusal.TRANSFORM, "expected the usual transforms, but there is another one")
    return target


def _transforms(reference: Node) -> Iterator[Node]:
    for listed in reference.findall(ds("Transforms")):
        yield from listed.iter(ds("Transform"))


def _properties(signature: Node) -> Node:
    """Return this signature's only signed properties."""
    everywhere = list(signature.getroottree().getroot().iter(xades("QualifyingProperties")))
    own = signature.findall(f"{ds('Object')}/{xades('QualifyingProperties')}")
    if len(everywhere) != 1 or own != everywhere:
        raise Refused(
            Refusal.PROPERTIES, f"expected one QualifyingProperties, but there are {len(everywhere)}"
        )
    if own[0].get("Target") != f"#{signature.get('Id')}":
        raise Refused(Refusal.PROPERTIES, "expected the properties of this signature, but they are another's")
    return _child(own[0], xades("SignedProperties"), Refusal.PROPERTIES)


def _signed_whole(root: Node, enveloping: bool) -> list[Node]:
    """Return what may be the signed document: the root around the signature, or an object inside it."""
    if not enveloping:
        return [root]
    objects = root.findall(ds("Object"))
    return [each for each in objects if each.find(xades("QualifyingProperties")) is None]


def _place(targets: list[Node], wanted: list[Node], refusal: Refusal) -> int:
    found = [at for at, target in enumerate(targets) if any(target is each for each in wanted)]
    if len(found) != 1:
        raise Refused(refusal, f"expected it to be signed once, but it is signed {len(found)} times")
    return found[0]


def _child(parent: Node, tag: str, refusal: Refusal) -> Node:
    found = parent.findall(tag)
    if len(found) != 1:
        name = etree.QName(tag).localname
        raise Refused(refusal, f"expected one {name}, but there are {len(found)}")
    return found[0]


def _allowed(element: Node, known: frozenset[str]) -> None:
    if element.get("Algorithm") not in known:
        name = etree.QName(element).localname
        raise Refused(
            Refusal.ALGORITHM, f"expected a strong {name}, but got {element.get('Algorithm')!r:.80}"
        )
