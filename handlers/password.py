"""``password.generate``: draws a start password once; only its reference becomes a variable (A16, A17,
``domain.md`` §6.5).
"""

from __future__ import annotations

import datetime as dt

from engine import Completed, HandlerRegistry, JobContext, draw_characters
from handlers import inputs
from handlers.connection import Connection

# Letters and digits that cannot be mistaken for one another on paper or read aloud: no 0, O, 1, l, I.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


class PasswordSettings(Connection, frozen=True, kw_only=True):
    """Policy of start passwords; a task's headers ``dlugosc`` and ``waznosc_dni`` override it within
    bounds.
    """

    length: int = 14
    lifetime_days: int = 30  # the sealed copy: validity of the password plus the time a case may need


def register(registry: HandlerRegistry, settings: PasswordSettings) -> None:
    """Register ``password.generate``: variable ``haslo_ref``."""

    @registry.handler("password.generate")
    def generate(context: JobContext) -> Completed:
        length = inputs.header_number(context, "dlugosc", settings.length, least=14, most=64)
        valid = inputs.parameter_number(context, "waznosc_hasla", 0)
        usual = max(settings.lifetime_days, 2 * valid)
        days = inputs.header_number(context, "waznosc_dni", usual, least=1, most=366)
        reference = context.draw(
            "haslo_startowe", lambda: draw_characters(ALPHABET, length), lifetime=dt.timedelta(days=days)
        )
        return Completed({"haslo_ref": reference})
