"""Alembic's revisions: ``versions/`` in order.

The statements of a revision never change once it is released.
"""
