"""How often each address may still try to sign in, at all programs that serve these pages together."""

from __future__ import annotations

import datetime as dt
from ipaddress import IPv6Address, ip_address, ip_network

from engine import Accounts

FREE = 20  # a school behind one address signs in at eight, and some mistype
COMES_BACK = dt.timedelta(seconds=30)  # one try each


class Attempts:
    """The tries that have failed lately, by address; an IPv6 customer has a network of addresses, not one."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def take(self, address: str) -> bool:
        """Count a try before it is made; False where none is left."""
        return self._accounts.take_try(_network(address), free=FREE, comes_back=COMES_BACK)

    def give_back(self, address: str) -> None:
        """Forget a try that was no failure."""
        self._accounts.give_back_try(_network(address), comes_back=COMES_BACK)


def _network(address: str) -> str:
    try:
        known = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((known, 64), strict=False)) if isinstance(known, IPv6Address) else address
