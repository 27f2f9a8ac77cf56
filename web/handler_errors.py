"""What a handler's error means to an operator, in a sentence or two: what happened, what to do.

The errors themselves are English and stay as they are; they are shown below as the detail. Each is known by
how it is worded; ``tests/unit/web/test_handler_errors.py`` lists those that nothing here knows.
"""

from __future__ import annotations

import re

from web.translation import N_, Table

_PATTERNS = {
    "recipient": r"^expected the recipient the message was made for",
    "mail_server": r"^expected the mail server to accept the message",
    "prepared": r"; correct the input mapping or the headers of the task$",
    "address": r"^expected one plain e-mail address",
    "message": r"^expected (printable text in a header|an attachment name|only the headers we set|"
    r"exactly one recipient|the subject and the sender's name|plain ASCII lines|texts that can be sent)",
    "sms_token": r"^expected a token for the SMS gateway",
    "sms_number": r"^expected a Polish mobile number",
    "sms_day": r"^expected at most .+ parts of texts a day",
    "sms_case": r"; hand the key over another way$",
    "sms_refused": r"^expected the SMS gateway to (take (the|one) message|queue one message)",
    "rspo_stale": r"^expected RSPO to answer or a snapshot",
    "rspo_snapshot": r"^expected (the snapshot in .+ to have its own hash|a snapshot of RSPO in)",
    "rspo_answer": r"^expected (a numerRspo|a date) from RSPO|^expected at most .+ pages from RSPO|"
    r"^expected new schools on page",
    "refused": r"^expected .+ to answer 2xx, but",
    "body": r"^expected .+ to answer as agreed, but|^expected at most .+ bytes from .+, but the reply",
    "silent": r"^expected .+ to answer, but",
    "typst": r"^expected typst to return bytes",
    "layout": r"^expected a layout of",
    "template": r"^expected (a template id|a file .+ in a messages folder|the first line of template|"
    r"the subject of|UTF-8 in|template .+ to give at most|a text, number or date to show|"
    r"a date for the filter|a time for the filter|at most .+ bytes in)",
    "register": r"; look it up in the register$",
    "moved_on": r"^expected entry .+ to be the last of",
    "unstorable": r"^the handler's answer cannot be stored",
    "no_answer": r"^expected the handler of .+ to return Completed",
    "program": r"^[A-Z]\w*: ",
}
_KNOWN = {name: re.compile(pattern, re.DOTALL) for name, pattern in _PATTERNS.items()}
_LONGEST = 4_000  # characters that are looked at
_SENTENCES = Table(
    {
        "recipient": N_(
            "Adres odbiorcy zmienił się, odkąd przygotowano wiadomość. Wznów z zaznaczonym „Wykonaj na "
            "zewnątrz od nowa”: powstanie nowa wiadomość."
        ),
        "mail_server": N_(
            "Serwer poczty nie przyjął wiadomości. Sprawdź, czy działa i czy ustawienia poczty "
            "(OBIEG_SMTP_…) są dobre, potem wznów."
        ),
        "prepared": N_(
            "Krok dostał dane, z których nie może skorzystać. Popraw dane sprawy albo ustawienia kroku w "
            "diagramie, potem wznów."
        ),
        "address": N_("To nie jest jeden zwykły adres e-mail. Popraw adres w danych sprawy, potem wznów."),
        "message": N_(
            "Wiadomości w tej postaci nie wolno wysłać. Popraw szablon albo dane, które do niego trafiają, "
            "potem wznów."
        ),
        "sms_token": N_("Brak klucza do bramki SMS. Ustaw OBIEG_SMS_TOKEN, uruchom Obieg ponownie i wznów."),
        "sms_number": N_(
            "To nie jest polski numer telefonu komórkowego. Popraw numer w sprawie, potem wznów."
        ),
        "sms_day": N_(
            "Wyczerpano dzienny limit SMS-ów. Sprawdź, skąd tyle wiadomości, potem podnieś "
            "OBIEG_SMS_PER_DAY albo wznów jutro."
        ),
        "sms_case": N_("Wyczerpano limit SMS-ów w tej sprawie. Przekaż klucz w inny sposób."),
        "sms_refused": N_(
            "Bramka SMS odmówiła wysłania wiadomości. Sprawdź kod błędu w szczegółach, konto i ustawienia "
            "bramki, potem wznów."
        ),
        "rspo_stale": N_(
            "RSPO nie odpowiada, a migawki rejestru nie ma albo jest za stara. Pobierz nową poleceniem "
            "„obieg rspo”, potem wznów."
        ),
        "rspo_snapshot": N_(
            "Plik z migawką RSPO jest uszkodzony albo ktoś go zmienił. Pobierz nową poleceniem „obieg "
            "rspo”, potem wznów."
        ),
        "rspo_answer": N_(
            "RSPO odpowiedziało inaczej, niż opisuje swój interfejs. Spróbuj później; jeżeli to się "
            "powtarza, przekaż szczegóły administratorowi."
        ),
        "refused": N_(
            "System zewnętrzny odmówił albo ma awarię. Kod odpowiedzi jest w szczegółach; gdy przyczyna "
            "zniknie, wznów."
        ),
        "body": N_(
            "System zewnętrzny odpowiedział inaczej, niż było umówione. Przekaż szczegóły administratorowi,"
            " potem wznów."
        ),
        "silent": N_(
            "System zewnętrzny nie odpowiada. Sprawdź, czy działa i czy jest do niego droga, potem wznów."
        ),
        "typst": N_("Nie udało się złożyć pisma w PDF. Przekaż szczegóły administratorowi, potem wznów."),
        "layout": N_("Nie ma takiego układu pisma. Popraw nazwę w ustawieniach kroku, potem wznów."),
        "template": N_(
            "Szablonu wiadomości lub pisma nie ma albo jest błędny. Popraw plik szablonu albo jego nazwę w "
            "kroku, potem wznów."
        ),
        "register": N_(
            "Wpis w rejestrze upoważnień nie pozwala na tę czynność. Sprawdź go w rejestrze i popraw dane "
            "sprawy, potem wznów."
        ),
        "moved_on": N_(
            "W tej chwili ktoś inny pisał do tego samego rejestru. Wznów: krok przeczyta go na nowo."
        ),
        "unstorable": N_(
            "Wyniku czynności nie da się zapisać w sprawie. Przekaż szczegóły administratorowi."
        ),
        "no_answer": N_("Program obsługi nie oddał wyniku. Przekaż szczegóły administratorowi."),
        "program": N_(
            "Program wykonujący ten krok napotkał nieprzewidziany błąd. Przekaż szczegóły administratorowi;"
            " wznów, gdy usunie przyczynę."
        ),
        "other": N_("Szczegóły są w komunikacie poniżej. Gdy przyczyna zniknie, wznów."),
    }
)


def known(message: str) -> str:
    """Return which known error a message is, "" for none."""
    looked_at = message[:_LONGEST].strip()
    return next((name for name, pattern in _KNOWN.items() if pattern.search(looked_at)), "")


def explained(message: str) -> str:
    """Return what an error of a handler means and what to do, in the visitor's language."""
    return _SENTENCES[known(message) or "other"]
