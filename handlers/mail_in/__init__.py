"""Mail that comes to the office: bounces stop clocks (BB3), requests for extension reach their case (B42).

All else waits for a clerk.

``imap`` fetches, ``letter`` reads hostile MIME within bounds, ``bounces`` recognises what could not be
delivered, ``sorting`` decides what a letter is, ``intake`` takes it in once and then lets the server move it.
"""
