"""What Alembic runs to migrate.

Our connection, handed over by ``engine.store.schema``: inside a transaction, or each statement by itself.
"""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
