"""The only door to the database: transactions, and one module of plain functions per noun, each ``f(tx, …)``.

What belongs here: tables, statements, connections, sealing of stored bytes. The store deals in row records
(``rows.py``) and bytes; it knows nothing of the kernel's types and decides nothing about the case.
"""

from __future__ import annotations

from engine.store.database import Store
from engine.store.transaction import Transaction

__all__ = ["Store", "Transaction"]
