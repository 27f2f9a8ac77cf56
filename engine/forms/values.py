"""From what a person sent to a FEEL value: one reader per type of field, every refusal a Polish sentence."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal

from engine.clock import WARSAW
from engine.errors import EvaluationError
from engine.feel import Value, pattern_occurs
from engine.forms import checks
from engine.forms.checks import Refused
from engine.forms.parts import MAX_FILE_BYTES, MAX_FILES, MAX_TEXT_BYTES, Component, ComponentType

__all__ = ["Refused", "missing", "read"]

_NUMBER = re.compile(r"[+-]?[0-9]{1,34}(?:[.,][0-9]{1,34})?")
_MAX_DIGITS = 34
_GROUPING = str.maketrans("", "", " \u00a0\u202f")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_POLISH_DATE = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
_TIME = re.compile(r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?")
_FIRST_YEAR, _LAST_YEAR = 1800, 2999  # birth dates of the living, and far from the calendar's ends
_ZONE = re.compile(r"(?:Z|[+-][0-9]{2}:[0-9]{2})?")
_HTML_CHECKED = frozenset({"on", "true", "tak"})
# Controls, bidi and zero-width marks, halves of characters, non-characters, line separators
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})


def read(field: Component, given: object, now: dt.datetime) -> Value:
    """Return what was given for a field as a FEEL value, null when empty; raises ``Refused``."""
    if field.type is ComponentType.CHECKBOX:
        return _checkbox(given)
    if given is None or given == "" or given == []:
        return None
    value = _READERS[field.type](field, given)
    if value is not None:
        for name in field.checks:
            value = checks.CHECKS[name].apply(value, now)
        if field.future_only and checks.local_day(value) < checks.local_day(now):
            raise Refused("Wybierz datę dzisiejszą lub późniejszą.")
    return value


def missing(field: Component) -> str:
    """Return the message for a required field left empty."""
    if field.type is ComponentType.CHECKBOX:
        return f"Zaznacz pole „{field.label}”, aby wysłać formularz."
    if field.type is ComponentType.FILEPICKER:
        return f"Dołącz plik w polu „{field.label}”."
    if field.options:
        return f"Wybierz odpowiedź w polu „{field.label}”."
    return f"Uzupełnij pole „{field.label}”."


def _text(field: Component, given: object) -> str | None:
    text = _clean(field, given)
    if not text:
        return None
    if len(text) < field.min_length:
        raise Refused(f"Wpisz co najmniej {_characters(field.min_length)}.")
    if len(text) > field.max_length:
        raise Refused(f"Wpisz najwyżej {_characters(field.max_length)}.")
    if field.email:
        text = checks.email(text)
    if field.pattern:
        _require_pattern(field, text)
    return text


def _require_pattern(field: Component, text: str) -> None:
    try:
        if pattern_occurs(field.pattern, text):
            return
    except EvaluationError:
        raise Refused(
            f"Skróć wpis w polu „{field.label}”: jest zbyt złożony, żeby go sprawdzić. "
            "Jeżeli jest poprawny, powiadom urząd."
        ) from None
    raise Refused(f"Popraw pole „{field.label}”: wpis nie ma oczekiwanej postaci.")


def _clean(field: Component, given: object) -> str:
    """Return the text in NFC without surrounding blanks; what cannot be seen is refused, never dropped."""
    if not isinstance(given, str):
        raise Refused(f"Wpisz tekst w polu „{field.label}”.")
    if len(given) > MAX_TEXT_BYTES or len(given.encode("utf-8", "surrogatepass")) > MAX_TEXT_BYTES:
        raise Refused("Skróć wpis: jest dłuższy niż 64 kB.")
    text = unicodedata.normalize("NFC", given)
    if field.type is ComponentType.TEXTAREA:
        text = text.replace("\r\n", "\n")
        visible = text.replace("\n", " ").replace("\t", " ")
    else:
        visible = text
    if any(unicodedata.category(character) in _INVISIBLE for character in visible):
        raise Refused(f"Usuń niewidoczne znaki z pola „{field.label}” (najlepiej wpisz je ręcznie).")
    return text.strip()


def _characters(count: int) -> str:
    """Return a number of characters in Polish: 1 znak, 3 znaki, 5 znaków."""
    if count == 1:
        return "1 znak"
    few = count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14)
    return f"{count} {'znaki' if few else 'znaków'}"


def _number(field: Component, given: object) -> int | Decimal:
    number = _parse_number(given)
    _, digits, exponent = number.as_tuple()
    places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    if len(digits) > _MAX_DIGITS or places > _MAX_DIGITS:
        raise Refused(f"Wpisz liczbę o najwyżej {_MAX_DIGITS} cyfrach.")
    if field.decimals is not None and places > field.decimals:
        digits_after = f"Liczba cyfr po przecinku: najwyżej {field.decimals}."
        raise Refused(digits_after if field.decimals else "Wpisz liczbę całkowitą.")
    if field.minimum is not None and number < field.minimum:
        raise Refused(f"Wartość nie może być mniejsza niż {_shown(field.minimum)}.")
    if field.maximum is not None and number > field.maximum:
        raise Refused(f"Wartość nie może być większa niż {_shown(field.maximum)}.")
    return int(number) if not places else number


def _parse_number(given: object) -> Decimal:
    """Return a number given as text (60 000,5), int or Decimal; a binary fraction is no exact number."""
    if isinstance(given, int) and not isinstance(given, bool) and abs(given) < 10**_MAX_DIGITS:
        return Decimal(given)
    text = str(given) if isinstance(given, Decimal) else given
    if isinstance(text, str):
        bare = text.strip().translate(_GROUPING)
        if _NUMBER.fullmatch(bare):
            return Decimal(bare.replace(",", "."))
    raise Refused("Wpisz liczbę, np. 1250,50.")


def _shown(number: Decimal) -> str:
    return str(number).replace(".", ",")


def _checkbox(given: object) -> bool:
    if given is None or given == "" or given is False or given == "false":
        return False
    if given is True or (isinstance(given, str) and given in _HTML_CHECKED):
        return True
    raise Refused("Zaznacz pole albo zostaw je puste.")


def _choice(field: Component, given: object) -> str:
    for option in field.options:
        if option.value == given:
            return option.value
    raise Refused(f"Wybierz jedną z podanych odpowiedzi w polu „{field.label}”.")


def _choices(field: Component, given: object) -> list[Value]:
    chosen = [given] if isinstance(given, str) else given
    if not isinstance(chosen, list | tuple) or len(chosen) > len(field.options):
        raise Refused(f"Wybierz spośród podanych odpowiedzi w polu „{field.label}”.")
    wanted = {_choice(field, item) for item in chosen}
    return [option.value for option in field.options if option.value in wanted]


def _temporal(field: Component, given: object) -> dt.date | dt.time | dt.datetime:
    if field.subtype == "time":
        return _time(given)
    value = _date(given) if field.subtype == "date" else _instant(given)
    if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        raise Refused(f"Sprawdź rok: przyjmujemy lata od {_FIRST_YEAR} do {_LAST_YEAR}.")
    return _in_warsaw(value) if isinstance(value, dt.datetime) and value.tzinfo is None else value


def _date(given: object) -> dt.date:
    if isinstance(given, dt.date) and not isinstance(given, dt.datetime):
        return given
    text = given.strip() if isinstance(given, str) else ""
    if match := _DATE.fullmatch(text):
        year, month, day = map(int, match.groups())
    elif match := _POLISH_DATE.fullmatch(text):
        day, month, year = map(int, match.groups())
    else:
        raise Refused("Wpisz datę, np. 17.12.2026.")
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise Refused("Nie ma takiego dnia w kalendarzu; popraw datę.") from None


def _time(given: object) -> dt.time:
    if isinstance(given, dt.time) and given.tzinfo is None:
        return given
    if isinstance(given, str) and _TIME.fullmatch(given.strip()):
        with contextlib.suppress(ValueError):  # 25:00
            return dt.time.fromisoformat(_two_digits(given.strip()))
    raise Refused("Wpisz godzinę, np. 08:30.")


def _instant(given: object) -> dt.datetime:
    if isinstance(given, dt.datetime):
        return given
    day, _, clock = (
        (given if isinstance(given, str) else "").strip().replace(", ", " ").replace(" ", "T").partition("T")
    )
    hour = _TIME.match(clock)
    if hour is None or not _ZONE.fullmatch(clock[hour.end() :]):
        raise Refused("Wpisz datę i godzinę, np. 17.12.2026 08:30.")
    zone = clock[hour.end() :].replace("Z", "+00:00")
    try:
        return dt.datetime.fromisoformat(f"{_date(day)}T{_two_digits(hour[0])}{zone}")
    except ValueError:
        raise Refused("Wpisz datę i godzinę, np. 17.12.2026 08:30.") from None


def _two_digits(hour: str) -> str:
    """Return an hour as ISO 8601 writes it: 08:30 for 8:30."""
    return f"0{hour}" if hour[1] == ":" else hour


def _in_warsaw(moment: dt.datetime) -> dt.datetime:
    """Return a moment given without a zone as Warsaw's; it must exist there when the clocks change."""
    local = moment.replace(tzinfo=WARSAW)
    if local.astimezone(dt.UTC).astimezone(WARSAW).replace(tzinfo=None) != moment:
        raise Refused("Tej godziny nie było: tej nocy zmienił się czas. Podaj inną godzinę.")
    return local


def _files(field: Component, given: object) -> list[Value]:
    """Return the references of files; that there are such files is the engine's to know."""
    listed = [given] if isinstance(given, Mapping) else given
    if not isinstance(listed, list | tuple) or not all(_is_reference(each) for each in listed):
        raise Refused(f"Dołącz plik w polu „{field.label}” jeszcze raz.")
    most = MAX_FILES if field.multiple else 1
    if len(listed) > most:
        raise Refused("Dołącz tylko jeden plik." if most == 1 else f"Dołącz najwyżej {most} plików.")
    if any(each["type"] not in field.accept for each in listed):
        raise Refused("Dołącz plik w formacie, który przyjmuje to pole.")
    if len({each["id"] for each in listed}) != len(listed):
        raise Refused("Ten sam plik dołączono dwa razy.")
    return [dict(each) for each in listed]


def _is_reference(given: object) -> bool:
    if not isinstance(given, Mapping) or set(given) != {"id", "name", "size", "sha256", "type"}:
        return False
    texts = all(isinstance(given[each], str) and len(given[each]) <= 256 for each in _TEXTS_OF_FILE)
    size = given["size"]
    return texts and isinstance(size, int) and not isinstance(size, bool) and 0 < size <= MAX_FILE_BYTES


_TEXTS_OF_FILE = ("id", "name", "sha256", "type")
_READERS: dict[ComponentType, Callable[[Component, object], Value]] = {
    ComponentType.TEXTFIELD: _text,
    ComponentType.TEXTAREA: _text,
    ComponentType.NUMBER: _number,
    ComponentType.CHECKLIST: _choices,
    ComponentType.RADIO: _choice,
    ComponentType.SELECT: _choice,
    ComponentType.DATETIME: _temporal,
    ComponentType.FILEPICKER: _files,
}
