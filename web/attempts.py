"""How often each address may still try to sign in: kept in memory by each program, for so many addresses."""

from __future__ import annotations

import datetime as dt
import threading
from ipaddress import IPv6Address, ip_address, ip_network

FREE = 20  # a school behind one address signs in at eight, and some mistype
COMES_BACK = dt.timedelta(seconds=30)  # one try each
_MOST_ADDRESSES = 10_000


class Attempts:
    """The tries that have failed lately, by address; an IPv6 customer has a network of addresses, not one."""

    def __init__(self) -> None:
        self._used: dict[str, tuple[float, dt.datetime]] = {}
        self._lock = threading.Lock()

    def take(self, address: str, now: dt.datetime) -> bool:
        """Count a try before it is made; False where none is left."""
        with self._lock:
            used = self._now_used(_network(address), now)
            left = used + 1 <= FREE
            self._keep(_network(address), used + 1 if left else used, now)
        return left

    def give_back(self, address: str, now: dt.datetime) -> None:
        """Forget a try that was no failure."""
        with self._lock:
            self._keep(_network(address), max(0.0, self._now_used(_network(address), now) - 1), now)

    def _now_used(self, network: str, now: dt.datetime) -> float:
        used, at = self._used.get(network, (0.0, now))
        return max(0.0, used - max(0.0, (now - at) / COMES_BACK))

    def _keep(self, network: str, used: float, now: dt.datetime) -> None:
        self._used.pop(network, None)
        self._used[network] = (used, now)
        if len(self._used) > _MOST_ADDRESSES:
            del self._used[next(iter(self._used))]


def _network(address: str) -> str:
    try:
        known = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((known, 64), strict=False)) if isinstance(known, IPv6Address) else address
