"""HTTP: pages, API and islands. Imports only ``engine``, and is the only place for ``async``.

Pages are made on the server and work without JavaScript; a page is a plain function that a thread runs.
"""

from __future__ import annotations

from web.application import Demonstration, create_application

__all__ = ["Demonstration", "create_application"]
