"""``signature.verify``: is the application signed with the trusted profile of the very person who files it
(art. 71 ust. 3, B39, R3)?

Only ``PZ_WAZNY`` replaces the confirmation of identity. Everything a machine cannot be sure of goes to a
clerk, who may rely on the official validation (podpis.gov.pl) and writes down what it said.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from engine import Completed, HandlerRegistry, JobContext, NotFound
from handlers import inputs, trusted_signature
from handlers.seals import SignatureSettings, Trust
from handlers.signed_pdf import PdfSignature, signatures_of
from handlers.signed_xml import Refusal, Refused, parse

# What the signed application must repeat: without it, any letter the person ever signed would do.
FIELDS = "imie, nazwisko, pesel, numer_rspo, regon, adres_email, upowaznienie_od, upowaznienie_do"
REVOCATION = "Unieważnienia certyfikatu nie sprawdzono (Obieg nie łączy się z listami CRL ani z OCSP)."


class Verdict(StrEnum):
    """What a file is worth as the applicant's trusted signature."""

    VALID = "PZ_WAZNY"
    INVALID = "PZ_NIEWAZNY"
    OTHER_PERSON = "INNA_OSOBA"
    OTHER_SIGNATURE = "INNY_PODPIS"
    FOR_A_CLERK = "DO_SPRAWDZENIA"
    NONE = "BRAK"


# What the clerk's form is filled in with; None: the clerk must choose.
_ANSWERS = {
    Verdict.VALID: "wazny",
    Verdict.INVALID: "niewazny",
    Verdict.OTHER_PERSON: "innej_osoby",
    Verdict.NONE: "brak",
}
_OF_REFUSAL = {
    Refusal.NO_SIGNATURE: (Verdict.NONE, "Plik XML nie zawiera podpisu."),
    Refusal.SEVERAL_SIGNATURES: (Verdict.FOR_A_CLERK, "Plik ma kilka podpisów; sprawdź każdy z nich."),
    Refusal.NOT_XML: (Verdict.FOR_A_CLERK, "Pliku nie da się odczytać jako XML w UTF-8 ani jako PDF."),
    Refusal.TOO_LARGE: (Verdict.FOR_A_CLERK, "Plik jest za duży, by sprawdzić go samoczynnie."),
    Refusal.DETACHED: (Verdict.FOR_A_CLERK, "Podpis dotyczy innego pliku niż ten, w którym się znajduje."),
    Refusal.TRANSFORM: (Verdict.FOR_A_CLERK, "Podpis przekształca treść w sposób, którego Obieg nie zna."),
    Refusal.NO_ROOTS: (Verdict.FOR_A_CLERK, "Administrator nie wskazał zaufanych wystawców pieczęci."),
    Refusal.DOCTYPE: (Verdict.INVALID, "Plik ma niedozwoloną deklarację typu dokumentu."),
    Refusal.MISPLACED: (Verdict.INVALID, "Podpis obejmuje fragment pliku, a nie cały wniosek."),
    Refusal.AMBIGUOUS: (Verdict.INVALID, "Dwa miejsca pliku mają ten sam identyfikator."),
    Refusal.NOT_THE_DOCUMENT: (Verdict.INVALID, "Podpis nie obejmuje dokładnie jednego, całego wniosku."),
    Refusal.PROPERTIES: (Verdict.INVALID, "Podpis nie obejmuje danych osoby podpisującej."),
    Refusal.ALGORITHM: (Verdict.INVALID, "Podpis użył zbyt słabego albo niedozwolonego algorytmu."),
    Refusal.CERTIFICATE: (Verdict.INVALID, "Certyfikatu podpisu nie da się odczytać albo nie jest jeden."),
    Refusal.CHAIN: (Verdict.INVALID, "Certyfikat nie prowadzi do zaufanego wystawcy albo był nieważny."),
    Refusal.CRYPTOGRAPHY: (Verdict.INVALID, "Podpis nie zgadza się z treścią: plik zmieniono po podpisaniu."),
    Refusal.NOT_THE_SEAL: (Verdict.OTHER_SIGNATURE, "To ważny podpis, ale nie pieczęć podpisu zaufanego."),
    Refusal.CLAIMS: (Verdict.INVALID, "Dane osoby w podpisie nie pochodzą z pieczęci ministra."),
}


class Finding(NamedTuple):
    """A verdict, why, and what the report adds; ``alert``: somebody may be passing off as another."""

    verdict: Verdict
    reason: str
    sentence: str
    facts: Mapping[str, Any] = {}
    alert: bool = False


def register(registry: HandlerRegistry, settings: SignatureSettings) -> None:
    """Register ``signature.verify``; raises ValueError where the roots cannot be read.

    In: variable ``podpisany_plik`` (a document's reference, or the one file of a form's field; may be absent
    or empty), ``zlozono`` (when it came in, else now), the application's variables; header ``pola`` lists
    those the signed document must repeat.
    Out: ``podpis`` for the clerk's form, ``podpis_wynik``, ``podpis_raport``, ``podpis_opis``.
    """
    trust = Trust(settings)

    @registry.handler("signature.verify", concurrency=2)
    def verify(context: JobContext) -> Completed:
        reference = _reference(context)
        received = context.job.variables.get("zlozono")
        at = received if isinstance(received, dt.datetime) else context.now
        content = _read(context, reference) if reference else b""
        found = judge(content, context, trust, at=at)
        return Completed(_told(found, content, at))


def judge(content: bytes, context: JobContext, trust: Trust, *, at: dt.datetime) -> Finding:
    """Say what a file is worth as the signature under this application."""
    if not content:
        return Finding(Verdict.NONE, "no_file", "Do wniosku nie dołączono podpisanego pliku.")
    if b"%PDF-" in content[:1024]:
        return _judge_pdf(content)
    try:
        signed = trusted_signature.verify(content, trust, at=at)
    except Refused as refused:
        verdict, sentence = _OF_REFUSAL[refused.refusal]
        forged = refused.refusal is Refusal.CLAIMS
        return Finding(verdict, refused.refusal, sentence, {"stwierdzono": refused.found}, forged)
    return _judge_person(signed, context)


def _judge_pdf(content: bytes) -> Finding:
    """PAdES is recognised, not verified: a clerk does that with the official tool, told what was found."""
    try:
        found = signatures_of(content)
    except ValueError:
        return Finding(Verdict.FOR_A_CLERK, "unreadable_pdf", "Pliku PDF nie da się odczytać.")
    if not found:
        return Finding(Verdict.NONE, "pdf_without_signature", "Plik PDF nie zawiera podpisu elektronicznego.")
    told = "; ".join(map(_of_pdf, found))
    sentence = (
        f"Plik PDF ma podpis (PAdES), którego Obieg nie sprawdza: {told}. "
        "Sprawdź go na podpis.gov.pl, dołącz raport i wpisz wynik."
    )
    facts = {
        "postac": "PAdES", "podpisy": [
            {"format": each.kind, "obejmuje_caly_plik": each.covers_file, "organizacja": each.holder}
            for each in found
        ],
    }  # fmt: skip
    return Finding(Verdict.FOR_A_CLERK, "pades", sentence, facts)


def _of_pdf(each: PdfSignature) -> str:
    whose = "certyfikat osoby" if each.is_person else f"certyfikat „{each.holder or 'nieodczytany'}”"
    covers = "obejmuje cały plik" if each.covers_file else "nie obejmuje całego pliku (dopisano coś później?)"
    return f"{whose}, {covers}"


def _judge_person(signed: trusted_signature.Signed, context: JobContext) -> Finding:
    variables, claims, facts = context.job.variables, signed.claims, signed.facts
    number = str(variables.get("pesel") or "").strip()
    facts["odcisk_osoby"] = hashlib.sha256(f"sio:{claims.pesel}".encode()).hexdigest()[:16]
    if not number:
        sentence = "Wnioskujący nie podał numeru PESEL; porównaj osobę z podpisem."
        return Finding(Verdict.FOR_A_CLERK, "no_pesel", sentence, facts)
    if claims.pesel != number:
        sentence = "Podpis jest ważny, ale złożyła go inna osoba (inny numer PESEL)."
        return Finding(Verdict.OTHER_PERSON, "other_pesel", sentence, facts, True)
    names = ((claims.first_name, "imie"), (claims.surname, "nazwisko"))
    differing = [name for given, name in names if _plain(given) != _plain(variables.get(name))]
    if differing:
        sentence = f"PESEL się zgadza, ale różni się: {', '.join(differing)}; rozstrzygnij, czy to ta osoba."
        return Finding(Verdict.FOR_A_CLERK, "other_name", sentence, facts | {"rozne": differing})
    return _judge_content(signed, context, facts)


def _judge_content(signed: trusted_signature.Signed, context: JobContext, facts: dict[str, Any]) -> Finding:
    """Compare what was signed with what was filed."""
    listed = context.job.headers.get("pola", FIELDS)
    fields = [each.strip() for each in listed.split(",") if each.strip()]
    filed = {name: _written(context.job.variables.get(name)) for name in fields}
    written = _fields_of(signed.content)
    missing = [name for name, value in filed.items() if value and name not in written]
    if not written or missing:
        sentence = (
            "Podpis jest ważny, ale podpisany plik to nie ten formularz; porównaj jego treść z wnioskiem."
        )
        return Finding(Verdict.FOR_A_CLERK, "other_content", sentence, facts | {"brak_pol": missing})
    differing = [name for name, value in filed.items() if _plain(written.get(name)) != _plain(value)]
    if differing:
        sentence = f"Podpisany plik różni się od wniosku: {', '.join(differing)}."
        return Finding(Verdict.INVALID, "content_differs", sentence, facts | {"rozne": differing}, True)
    return Finding(Verdict.VALID, "valid", "Ważny podpis zaufany osoby, która złożyła wniosek.", facts)


def _fields_of(content: bytes) -> dict[str, str]:
    """Return the leaves right under the root of the signed document; of two with one name, none counts."""
    try:
        root = parse(content)
    except Refused:
        return {}
    found: dict[str, str] = {}
    twice = set()
    for child in root.iterchildren("{*}*"):
        name = child.tag.rpartition("}")[2]
        twice |= {name} & found.keys()
        if len(child) == 0:
            found[name] = (child.text or "").strip()
    return {name: text for name, text in found.items() if name not in twice}


def _told(found: Finding, content: bytes, at: dt.datetime) -> dict[str, Any]:
    checked = found.verdict in (Verdict.VALID, Verdict.OTHER_PERSON) or "sha256_certyfikatu" in found.facts
    report = {
        "wynik": str(found.verdict),
        "przyczyna": str(found.reason),
        "ostrzezenie": found.alert,
        "sprawdzono_na": at,
        "sha256_pliku": hashlib.sha256(content).hexdigest() if content else None,
        "podpis_kryptograficzny": "sprawdzony" if checked else "nie potwierdzony",
        "uniewaznienie": "nie sprawdzono",
        "narzedzia": list(trusted_signature.TOOLS),
        **found.facts,
    }
    sentence = f"{found.sentence} {REVOCATION}" if checked else found.sentence
    return {
        "podpis": _ANSWERS.get(found.verdict) if content else None,  # without a file SIO itself may have one
        "podpis_wynik": str(found.verdict),
        "podpis_opis": sentence,
        "podpis_raport": report,
    }


def _reference(context: JobContext) -> str:
    """Return the reference of the signed file, "" for none: a text, or what a file field of a form holds."""
    given = context.job.variables.get("podpisany_plik")
    files = [] if given in (None, "") else given if isinstance(given, list) else [given]
    found = [each.get("id") if isinstance(each, Mapping) else each for each in files]
    references = [each for each in found if isinstance(each, str) and each]
    if len(found) > 1 or len(references) < len(found):
        raise inputs.refuse(context, "podpisany_plik to be one document", f"got {len(found)} or no reference")
    return references[0] if references else ""


def _read(context: JobContext, reference: str) -> bytes:
    try:
        return context.document(reference)
    except NotFound:
        raise inputs.refuse(
            context, "podpisany_plik to name a document of the case", "there is none"
        ) from None


def _written(value: object) -> str:
    return value.isoformat() if isinstance(value, dt.date) else "" if value is None else str(value)


def _plain(value: object) -> str:
    """Return a text for comparing: one spelling of letters, spaces and dashes."""
    text = unicodedata.normalize("NFC", str(value or "")).casefold()
    for dash in "‐‑–—":
        text = text.replace(dash, "-")
    return " ".join(text.replace("-", " - ").split())
