"""What a request is told that cannot be answered as asked: a polite page, whatever has happened."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from engine import Conflict, EngineError, InvalidVariables, NotFound
from web.translation import N_, Table, _
from web.visits import CONFLICT, NOT_FOUND, UNPROCESSABLE, Visit

BAD_REQUEST, BROKEN, UNAVAILABLE = 400, 500, 503
_HEADINGS = Table(
    {
        "400": N_("Nie można przyjąć tych danych"),
        "403": N_("Formularz nieaktualny"),
        "404": N_("Nie ma takiej strony"),
        "405": N_("Nie ma takiej strony"),
        "409": N_("Coś się tymczasem zmieniło"),
        "413": N_("Przesłane dane są za duże"),
        "422": N_("Nie można przyjąć tych danych"),
        "429": N_("Za dużo prób"),
        "500": N_("Wystąpił błąd"),
        "503": N_("System chwilowo nie odpowiada"),
    }
)
_SENTENCES = Table(
    {
        "400": N_("Formularza nie dało się odczytać. Otwórz stronę jeszcze raz i wyślij go ponownie."),
        "403": N_("Tego formularza nie można przyjąć. Otwórz stronę jeszcze raz i wyślij go ponownie."),
        "404": N_("Nie ma takiej strony albo nie jest dla Ciebie dostępna."),
        "405": N_("Tej strony nie otwiera się w ten sposób."),
        "409": N_("Tego nie można już zrobić, bo coś się tymczasem zmieniło. Otwórz stronę jeszcze raz."),
        "413": N_("Przesłano za dużo naraz. Nic nie zostało zapisane; dołącz mniej plików albo mniejsze."),
        "422": N_("Tych danych nie można przyjąć: mają niedozwolone znaki albo wartości."),
        "429": N_("Za dużo prób naraz, spróbuj za chwilę."),
        "500": N_("Nie udało się wykonać tej czynności i nic nie zostało zapisane. Błąd został odnotowany."),
        "503": N_("System chwilowo nie odpowiada. Nic nie zostało utracone; spróbuj za chwilę."),
    }
)

# By how Starlette begins to say that a form is beyond its limits.
_FORMS = Table(
    {
        "Too many fields": N_("Formularz ma za dużo pól albo wierszy. Nic nie zostało zapisane."),
        "Part exceeded": N_("Jedno pole ma ponad 1 MB tekstu. Nic nie zostało zapisane; skróć tekst."),
        "Field exceeded": N_("Jedno pole ma ponad 1 MB tekstu. Nic nie zostało zapisane; skróć tekst."),
    }
)


async def refused(request: Request, error: Exception) -> Response:
    """Answer an HTTP error: what its raiser told in a sentence, else what the status means."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it only
    own = error.status_code == 403 and len(error.detail) > 20
    told = error.detail if own or any(map(error.detail.startswith, _FORMS)) else ""
    return await _page(request, error.status_code, told)


async def failed(request: Request, error: Exception) -> Response:
    """Answer an error of the engine no page has told about; a form sent in vain comes back with it."""
    status = _status(request, error)
    sent = await _sent(request) if status == UNAVAILABLE else ()
    return await _page(request, status, sent=sent)


async def broken(request: Request, error: Exception) -> Response:
    """Answer a defect of ours; the server logs it besides."""
    return await _page(request, BROKEN)


def _status(request: Request, error: Exception) -> int:
    """Return what an answer says of an error no page has told about: is it ours, or the request's."""
    if isinstance(error, Conflict):
        return CONFLICT
    if isinstance(error, NotFound):
        return NOT_FOUND
    if isinstance(error, InvalidVariables):
        return UNPROCESSABLE if request.method == "POST" else NOT_FOUND
    return UNAVAILABLE


async def _sent(request: Request) -> Sequence[tuple[str, str]]:
    """Return the texts of a form somebody has filled in, nothing of any other; files cannot come back."""
    if request.method != "POST" or not getattr(request.scope.get("endpoint"), "keeps", False):
        return ()
    form = await request.form()  # read by the route before
    return [(name, each) for name, each in form.multi_items() if isinstance(each, str)]


async def _page(
    request: Request, status: int, told: str = "", *, sent: Sequence[tuple[str, str]] = ()
) -> Response:
    def page() -> Response:
        return _visit(request).page(
            "told.html",
            status=status,
            heading=_HEADINGS.get(str(status), _("Komunikat")),
            sentence=_of_form(status, told)
            or told
            or _SENTENCES.get(str(status), _("Tego nie można teraz zrobić.")),
            back="/",
            sent=sent,
        )

    return await run_in_threadpool(page)


def _of_form(status: int, told: str) -> str:
    """Return in the visitor's language what limit a form is beyond, "" where it is none."""
    begins = (_FORMS[begin] for begin in _FORMS if status == BAD_REQUEST and told.startswith(begin))
    return next(begins, "")


def _visit(request: Request) -> Visit:
    """Return the visit; a stranger's where the database cannot say whose it is."""
    try:
        return Visit(request, None)
    except EngineError:
        return Visit(request, None, as_stranger=True)
