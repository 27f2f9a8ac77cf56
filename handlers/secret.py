"""``secret.destroy``: destroys secrets after delivery, so that nothing is left to reveal (AA17,
``security.md`` §9).
"""

from __future__ import annotations

from engine import Completed, HandlerRegistry, JobContext
from handlers import inputs


def register(registry: HandlerRegistry) -> None:
    """Register ``secret.destroy``: header ``referencje`` lists the variables that hold references; variable
    ``zniszczono``.
    """

    @registry.handler("secret.destroy", together=True)
    def destroy(context: JobContext) -> Completed:
        listed = context.job.headers.get("referencje", "haslo_ref, klucz_ref")
        names = [name.strip() for name in listed.split(",") if name.strip()]
        present = [name for name in names if context.job.variables.get(name) is not None]
        for name in present:
            context.destroy_secret(inputs.text(context, name))
        return Completed({"zniszczono": present, "zniszczono_o": context.now})
