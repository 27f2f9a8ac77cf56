"""Loopback servers in the real wire formats, invented people, and an in-memory job context.

``make run`` and the tests use the same servers. Each writes what it was asked to a file outside the engine's
database, can be told to misbehave, and lives on when the engine is killed. Nothing here imports ``handlers``:
the servers give their addresses as the ``OBIEG_`` variables an administrator would set.
"""
