"""All demo servers together: in this process for tests, or in one of their own so that the engine can be
killed.

    python -m demo.servers --ports-file run/servers.json --log-dir run/outside

writes the addresses (as ``OBIEG_`` variables) to the ports file once every server answers, and serves until
SIGTERM.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.request import Request as UrlRequest
from urllib.request import urlopen

import msgspec

from demo import city, rspo, sio, sms, smtp
from demo.http_server import Answer, HttpServer, Request
from demo.journal import Journal
from demo.sms_reporter import SmsReporter

_REPORTS = "demo-delivery-reports-of-this-machine"  # ends the address the gateway reports to


class Outside:
    """What came of a run, read from the servers' files: works while they run and after, from any process."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def mails(self) -> list[EmailMessage]:
        """Return the mails taken, oldest first."""
        return smtp.read_outbox(self.directory / "outbox")

    def sms(self) -> list[dict[str, Any]]:
        """Return the SMS accepted: id, idx, to, message, sender, notify_url."""
        return self.lines("sms", "sms")

    def lines(self, server: str, event: str | None = None) -> list[dict[str, Any]]:
        """Return the journal of ``smtp``, ``sms``, ``rspo``, ``city``, ``sio``, or its lines of one event."""
        path = self.directory / f"{server}.jsonl"
        return Journal(path).read(event) if path.exists() else []


class DemoServers(Outside):
    """Every server on a free loopback port; a context manager.

    ``environment`` are the settings to reach them (for ``handlers.settings_from``); ``fault(server, kind)``
    scripts what goes wrong next; ``mails()`` and ``sms()`` are what arrived. ``now`` is the business time the
    city's systems go by; ``drip`` is the pause between the bytes of a ``slow`` answer, in seconds. With
    ``pages``, the address the office's pages are at, the SMS gateway reports there what became of each text.
    """

    def __init__(
        self,
        directory: Path | None = None,
        *,
        tls: bool = True,
        now: Callable[[], dt.datetime] | None = None,
        drip: float = 1.0,
        pages: str = "",
    ) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="obieg-demo-") if directory is None else None
        super().__init__(Path(self._temporary.name) if self._temporary else directory or Path())
        self.directory.mkdir(parents=True, exist_ok=True)
        self._tls = tls
        self.smtp = smtp.SmtpServer(self.directory, tls=tls, drip=drip)
        self.gateway = sms.SmsServer(self.directory, drip=drip)
        self.rspo = rspo.RspoServer(self.directory, drip=drip)
        self.city = city.CityServer(self.directory, now=now, drip=drip)
        self.sio = sio.SioServer(self.directory, now=now, drip=drip)
        self.control = HttpServer("control", self._controlled, Journal(self.directory / "control.jsonl"))
        self._servers = (self.smtp, self.gateway, self.rspo, self.city, self.sio, self.control)
        self._pages = pages
        self._reporter = SmsReporter(self.gateway) if pages else None

    def __enter__(self) -> DemoServers:
        """Start every server."""
        for server in self._servers:
            server.start()
        if self._reporter is not None:
            self._reporter.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop them all; a temporary directory goes with them."""
        if self._reporter is not None:
            self._reporter.stop()
        for server in self._servers:
            server.stop()
        if self._temporary is not None:
            self._temporary.cleanup()

    @property
    def environment(self) -> dict[str, str]:
        """Return the ``OBIEG_`` variables that point the handlers here."""
        mail_account = {"OBIEG_SMTP_USERNAME": smtp.USERNAME, "OBIEG_SMTP_PASSWORD": smtp.PASSWORD}
        return {
            "OBIEG_SMTP_HOST": "127.0.0.1",
            "OBIEG_SMTP_PORT": str(self.smtp.port),
            "OBIEG_SMTP_TLS": "required" if self._tls else "off",
            "OBIEG_SMTP_SENDER": "edukacja@um.krakow.example",
            **({**mail_account, "OBIEG_SMTP_CA_FILE": str(self.smtp.ca_file)} if self._tls else {}),
            "OBIEG_SMS_URL": self.gateway.url,
            "OBIEG_SMS_TOKEN": sms.TOKEN,
            **({"OBIEG_SMS_NOTIFY_URL": f"{self._pages}/reports/sms/{_REPORTS}"} if self._pages else {}),
            "OBIEG_RSPO_URL": self.rspo.url,
            "OBIEG_RSPO_USERNAME": rspo.USERNAME,
            "OBIEG_RSPO_PASSWORD": rspo.PASSWORD,
            "OBIEG_SIO_URL": self.sio.url,
            "OBIEG_SIO_USERNAME": sio.USERNAME,
            "OBIEG_SIO_PASSWORD": sio.PASSWORD,
            **{f"OBIEG_{name}_URL": f"{self.city.url}/{name.lower()}" for name in ("SEOD", "ZSZO")},
            **{f"OBIEG_{name}_USERNAME": city.USERNAME for name in ("SEOD", "ZSZO")},
            **{f"OBIEG_{name}_PASSWORD": city.PASSWORD for name in ("SEOD", "ZSZO")},
        }

    def fault(self, server: str, kind: str, *, match: str = "", times: int = 1) -> None:
        """Script a fault of ``smtp``, ``sms``, ``rspo``, ``city`` or ``sio``; ValueError for another name."""
        scripts: dict[str, Callable[..., None]] = {
            "smtp": self.smtp.faults.script,
            "sms": self.gateway.script,
            "rspo": self.rspo.faults.script,
            "city": self.city.faults.script,
            "sio": self.sio.faults.script,
        }
        if server not in scripts:
            raise ValueError(f"expected one of {', '.join(scripts)}, but got {server!r}")
        scripts[server](kind, match=match, times=times)

    def _controlled(self, request: Request) -> Answer:
        """Script faults and send delivery reports on behalf of another process."""
        body = request.json()
        if request.path == "/faults":
            self.fault(body["server"], body["kind"], match=body.get("match", ""), times=body.get("times", 1))
            return Answer(200, {})
        if request.path == "/reports":
            return Answer(200, {"replies": self.gateway.report(status=body.get("status", 404))})
        return Answer(404, {})


class Remote(Outside):
    """The servers of another process, found through its ports file."""

    def __init__(self, ports_file: Path) -> None:
        ports = msgspec.json.decode(ports_file.read_bytes())
        super().__init__(Path(ports["directory"]))
        self.environment: dict[str, str] = ports["environment"]
        self.pid: int = ports["pid"]
        self._control = str(ports["control"])

    def fault(self, server: str, kind: str, *, match: str = "", times: int = 1) -> None:
        """Script a fault there, as ``DemoServers.fault`` does here."""
        self._post("/faults", {"server": server, "kind": kind, "match": match, "times": times})

    def report_sms(self, status: int = 404) -> list[str]:
        """Have the delivery reports of all messages sent; return the replies' texts."""
        return list(self._post("/reports", {"status": status})["replies"])

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        request = UrlRequest(self._control + path, data=msgspec.json.encode(body))  # noqa: S310  our own loopback address
        with urlopen(request, timeout=10) as reply:  # noqa: S310
            return dict(msgspec.json.decode(reply.read()))


def main(arguments: list[str] | None = None) -> None:
    """Run the servers until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m demo.servers", description="Demo servers on loopback")
    parser.add_argument("--ports-file", type=Path, required=True, help="where to write the addresses (JSON)")
    parser.add_argument("--log-dir", type=Path, required=True, help="where journals and mails go")
    parser.add_argument(
        "--announce", action="store_true", help="write 'ready' to standard output when they are"
    )
    parser.add_argument("--no-tls", action="store_true", help="mail without STARTTLS and AUTH")
    options = parser.parse_args(arguments)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    with DemoServers(options.log_dir, tls=not options.no_tls) as servers:
        ports = {
            "environment": servers.environment, "directory": str(options.log_dir.resolve()),
            "control": servers.control.url, "pid": os.getpid(),
        }  # fmt: skip
        unfinished = options.ports_file.with_suffix(".part")
        unfinished.write_bytes(msgspec.json.encode(ports))
        unfinished.replace(options.ports_file)  # readers see all of it or nothing
        if options.announce:
            sys.stdout.write("ready\n")
            sys.stdout.flush()
        stopping.wait()


if __name__ == "__main__":
    main()
