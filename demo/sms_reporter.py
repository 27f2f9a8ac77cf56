"""The demo gateway's delivery reports, sent by itself: a moment after a text was accepted, until "OK" comes.

A number that ends with 405 is one nobody can reach: its texts are reported undelivered, all others delivered.
"""

from __future__ import annotations

import queue
import threading

from demo.sms import SmsServer

UNREACHABLE = "405"
DELIVERED, UNDELIVERED = 404, 405


class SmsReporter:
    """Reports one text after the other in a thread of its own; ``pause`` is in seconds, between attempts."""

    def __init__(self, gateway: SmsServer, *, pause: float = 1.0, attempts: int = 60) -> None:
        self._gateway, self._pause, self._attempts = gateway, pause, attempts
        self._accepted: queue.Queue[tuple[str, str]] = queue.Queue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo-sms-reports", daemon=True)
        gateway.on_accepted = lambda identifier, number: self._accepted.put((identifier, number))

    def start(self) -> None:
        """Begin to report."""
        self._thread.start()

    def stop(self) -> None:
        """End after the report under way; texts not reported yet are not."""
        self._stopping.set()
        self._accepted.put(("", ""))
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stopping.is_set():
            identifier, number = self._accepted.get()
            if identifier:
                self._report(identifier, UNDELIVERED if number.endswith(UNREACHABLE) else DELIVERED)

    def _report(self, identifier: str, status: int) -> None:
        """Report one text until the office says "OK": it may not have written down yet that it was sent."""
        for _ in range(self._attempts):
            if self._stopping.wait(self._pause):
                return
            replies = self._gateway.report(status=status, ids=(identifier,))
            if all(reply == "OK" for reply in replies):
                return
