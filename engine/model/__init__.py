"""Frozen records that several floors speak of; no behaviour, no I/O.

``definition`` is what a diagram compiles to, ``records`` is what the public door answers with.
"""
