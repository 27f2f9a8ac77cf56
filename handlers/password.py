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
SHORTEST, LONGEST = 14, 64  # characters: 82 bits and more
LONGEST_LIFE = 366  # days


class PasswordSettings(Connection, frozen=True, kw_only=True):
    """Policy of start passwords; a task's headers ``dlugosc`` and ``waznosc_dni`` override it within
    bounds.
    """

    length: int = 14
    lifetime_days: int = 30  # the sealed copy: validity of the password plus the time a case may need


def register(registry: HandlerRegistry, settings: PasswordSettings) -> None:
    """Register ``password.generate``: variable ``haslo_ref``.

    Raises ValueError for a policy weaker than 80 bits or a lifetime out of bounds.
    """
    length, days = settings.length, settings.lifetime_days
    if not SHORTEST <= length <= LONGEST:
        raise ValueError(f"expected OBIEG_PASSWORD_LENGTH from {SHORTEST} to {LONGEST}, but it is {length}")
    if not 1 <= days <= LONGEST_LIFE:
        raise ValueError(f"expected OBIEG_PASSWORD_LIFETIME_DAYS from 1 to {LONGEST_LIFE}, but it is {days}")

    @registry.handler("password.generate", together=True)
    def generate(context: JobContext) -> Completed:
        length = inputs.header_number(context, "dlugosc", settings.length, least=SHORTEST, most=LONGEST)
        valid = inputs.parameter_number(context, "waznosc_hasla", 0)
        usual = max(settings.lifetime_days, 2 * valid)
        days = inputs.header_number(context, "waznosc_dni", usual, least=1, most=LONGEST_LIFE)
        reference = context.draw(
            "haslo_startowe", lambda: draw_characters(ALPHABET, length), lifetime=dt.timedelta(days=days)
        )
        return Completed({"haslo_ref": reference})
