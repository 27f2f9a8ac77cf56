"""The named checks a form asks for in a component's property ``obieg:validate``.

To add one: write a function of the value (and of now), give it a line in ``CHECKS`` and a test with a value
that is almost right. The only door to python-stdnum and phonenumbers inside the engine.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass

import phonenumbers
from stdnum.pl import nip as nip_number
from stdnum.pl import pesel as pesel_number
from stdnum.pl import regon as regon_number

from engine.clock import WARSAW
from engine.feel import Value

_LOGIN = re.compile(r"[a-z0-9._-]{3,64}")
_RSPO = re.compile(r"[0-9]{1,7}")
_DIGITS_AND_SEPARATORS = re.compile(r"[0-9 -]{1,30}")
_PHONE = re.compile(r"\+?[0-9 ()-]{5,30}")
_LOCAL_PART = re.compile(r"[A-Za-z0-9_%+-]+(?:\.[A-Za-z0-9_%+-]+)*")
_DOMAIN = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
)
_MAX_LOCAL_PART, _MAX_DOMAIN = 64, 253  # RFC 5321 §4.5.3.1


class Refused(Exception):
    """What was given cannot be taken; the text is the Polish message for the person."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One named check: whether it is about dates (else texts), and what returns the canonical value."""

    about_dates: bool
    apply: Callable[[Value, dt.datetime], Value]


def local_day(value: Value) -> dt.date:
    """Return the day in Warsaw of a date or an instant."""
    if isinstance(value, dt.datetime):
        return value.astimezone(WARSAW).date()
    if isinstance(value, dt.date):
        return value
    raise TypeError(f"expected a date, but got {type(value).__name__}")


def login(text: str) -> str:
    """Return a user identifier of ZSZO (``domain.md`` §3.3); raises ``Refused``."""
    if _LOGIN.fullmatch(text) is None:
        raise Refused("Wpisz login: od 3 do 64 małych liter bez polskich znaków, cyfr, kropek, _ lub -.")
    return text


def pesel(text: str) -> str:
    """Return a PESEL number as 11 digits; raises ``Refused`` for a wrong check digit or date."""
    if _DIGITS_AND_SEPARATORS.fullmatch(text) is None or not pesel_number.is_valid(text):
        raise Refused("Wpisz poprawny numer PESEL: 11 cyfr, sprawdź, czy nie ma pomyłki.")
    return str(pesel_number.compact(text))


def regon(text: str) -> str:
    """Return a REGON number as 9 or 14 digits; raises ``Refused`` for a wrong check digit."""
    if _DIGITS_AND_SEPARATORS.fullmatch(text) is None or not regon_number.is_valid(text):
        raise Refused("Wpisz poprawny numer REGON: 9 albo 14 cyfr, sprawdź, czy nie ma pomyłki.")
    return str(regon_number.compact(text))


def nip(text: str) -> str:
    """Return a NIP number as 10 digits; raises ``Refused`` for a wrong check digit."""
    if _DIGITS_AND_SEPARATORS.fullmatch(text) is None or not nip_number.is_valid(text):
        raise Refused("Wpisz poprawny numer NIP: 10 cyfr, sprawdź, czy nie ma pomyłki.")
    return str(nip_number.compact(text))


def rspo(text: str) -> str:
    """Return an RSPO number, 1 to 7 digits without leading zeros; raises ``Refused``."""
    number = text.lstrip("0")
    if _RSPO.fullmatch(text) is None or not number:
        raise Refused("Wpisz numer RSPO: od 1 do 7 cyfr.")
    return number


def mobile(text: str) -> str:
    """Return a Polish mobile number in E.164 form (+48500600700); raises ``Refused`` for any other number."""
    if _PHONE.fullmatch(text) is not None:
        try:
            number = phonenumbers.parse(text, "PL")
        except phonenumbers.NumberParseException:
            number = phonenumbers.PhoneNumber()
        is_mobile = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
        if is_mobile and phonenumbers.is_valid_number_for_region(number, "PL"):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    raise Refused("Wpisz polski numer telefonu komórkowego, np. 500 600 700.")


def email(text: str) -> str:
    """Return one plain e-mail address; display names, comments and lists of addresses raise ``Refused``."""
    bounded = text[: _MAX_LOCAL_PART + _MAX_DOMAIN + 2]  # longer ones fail below, before any costly step
    local, at, domain = bounded.rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        ascii_domain = ""
    sizes = len(local) <= _MAX_LOCAL_PART and len(ascii_domain) <= _MAX_DOMAIN
    if not (at and sizes and _LOCAL_PART.fullmatch(local) and _DOMAIN.fullmatch(ascii_domain)):
        raise Refused("Wpisz jeden poprawny adres e-mail, np. sekretariat@szkola.pl.")
    return text


def not_future(value: Value, now: dt.datetime) -> Value:
    """Return a date or instant that is not after now; raises ``Refused``."""
    late = value > now if isinstance(value, dt.datetime) else local_day(value) > local_day(now)
    if late:
        raise Refused("Ta data jest z przyszłości; podaj dzisiejszą lub wcześniejszą.")
    return value


def not_past(value: Value, now: dt.datetime) -> Value:
    """Return a date that is today or later: a document is valid through its last day; raises ``Refused``."""
    if local_day(value) < local_day(now):
        raise Refused("Ta data już minęła; dokument stracił ważność.")
    return value


def within_a_year(value: Value, now: dt.datetime) -> Value:
    """Return a date at most one year back, the same day a year ago included; raises ``Refused``."""
    today = local_day(now)
    try:
        earliest = today.replace(year=today.year - 1)
    except ValueError:  # 29 February
        earliest = today.replace(year=today.year - 1, day=28)
    if local_day(value) < earliest:
        raise Refused("Ta data jest sprzed więcej niż roku; sprawdź rok.")
    return value


def _about_texts(function: Callable[[str], str]) -> Check:
    return Check(about_dates=False, apply=lambda value, _now: function(str(value)))


CHECKS: dict[str, Check] = {
    "login": _about_texts(login),
    "pesel": _about_texts(pesel),
    "regon": _about_texts(regon),
    "nip": _about_texts(nip),
    "rspo": _about_texts(rspo),
    "telefon_komorkowy": _about_texts(mobile),
    "email": _about_texts(email),
    "data_nie_przyszla": Check(about_dates=True, apply=not_future),
    "data_nie_miniona": Check(about_dates=True, apply=not_past),
    "data_z_ostatniego_roku": Check(about_dates=True, apply=within_a_year),
}
