"""`obieg serve` told to stop while it works: a mail is being handed over, a form is on its way."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from commands.office import Office
from engine import ProcessEngine
from tests.acceptance.command_line import PROGRAM, environment
from tests.builders import process
from tests.web.conftest import form
from tests.web.files import pdf

PATIENCE = 120.0
_HALF = 400  # bytes
_FORM = form(
    "filing",
    {"type": "textfield", "id": "f_name", "key": "imie", "label": "Imię"},
    {"type": "filepicker", "id": "f_file", "key": "pismo", "label": "Pismo", "accept": ".pdf"},
)


class MailServer:
    """Takes one mail after another (RFC 5321) and answers DATA only when ``answering`` is set."""

    def __init__(self) -> None:
        self.got, self.answering = threading.Event(), threading.Event()
        self.mails: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        with suppress(OSError), connection, connection.makefile("rwb") as stream:  # the program may be gone
            stream.write(b"220 here\r\n")
            stream.flush()
            for line in stream:
                word = line[:4].upper()
                stream.write(b"354 go on\r\n" if word == b"DATA" else b"250 fine\r\n")
                stream.flush()
                if word == b"DATA":
                    self.mails.append(b"".join(iter(stream.readline, b".\r\n")))
                    self.got.set()
                    self.answering.wait(PATIENCE)
                    stream.write(b"250 taken\r\n")
                    stream.flush()

    def close(self) -> None:
        """Answer whoever still waits, and end."""
        self.answering.set()
        self._listener.close()


@pytest.fixture
def mail() -> Iterator[MailServer]:
    """A mail server that keeps its clients waiting."""
    running = MailServer()
    yield running
    running.close()


class Outside:
    """A served office with a mail being handed over and half of a form sent."""

    def __init__(self, folder: Path, mail: MailServer, tables: Path) -> None:
        self.mail = mail
        shutil.copytree(tables, folder, dirs_exist_ok=True)  # a database that is made already
        self.settings = {
            "OBIEG_SMTP_HOST": "127.0.0.1", "OBIEG_SMTP_PORT": str(mail.port), "OBIEG_SMTP_TLS": "off",
            "OBIEG_SMTP_SENDER": "urzad@um.krakow.example", "OBIEG_DATABASE": f"sqlite:///{folder}/obieg.db",
        }  # fmt: skip
        drawn = (
            process("letter")
            .start()
            .service_task(
                "send", "email.send", headers={"template": "urzad/list"}, inputs={"do": '="a@szkola.example"'}
            )
        )
        words = ("urzad/messages/list.txt.j2", b"Subject: List\n\nTekst")
        with self.engine() as engine:
            engine.people.add("anna", name="Anna", roles=["applicant"], by="test")
            filed = process("zgloszenie").start("s", form="filing").user_task("t").end("e")
            filed.lane("Wnioskodawca", "s", group="wnioskodawca").lane("Urząd", "t", "e", group="EK-04")
            engine.deploy([*drawn.end("done").files(), *filed.files(), _FORM, words], by="olga")
            engine.start("letter", actor="olga")
            session = engine.accounts.session(token := engine.accounts.open("anna"))
        assert session is not None
        self._head, self._rest = _form(token, session.form_token)

    @contextmanager
    def engine(self) -> Iterator[ProcessEngine]:
        """The office's engine in this process, with its handlers."""
        nowhere = Path("nowhere")
        handlers = Office(processes=nowhere, forms=nowhere).handlers(self.settings)
        with ProcessEngine(self.settings["OBIEG_DATABASE"], handlers=handlers) as engine:
            yield engine

    @contextmanager
    def served(self, folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], socket.socket]]:
        """Serve it; a mail has been handed over but not taken, and half of a form is sent, then SIGTERM."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        command = [*PROGRAM, "serve", "--port", str(port), "--threads", "1", *options]
        with subprocess.Popen(
            command, cwd=folder, env=environment(self.settings), stdout=subprocess.PIPE
        ) as program:
            try:
                assert program.stdout is not None
                assert program.stdout.readline().startswith(b"http://")
                assert self.mail.got.wait(PATIENCE)
                with socket.create_connection(("127.0.0.1", port), PATIENCE) as line:
                    line.sendall(self._head)
                    assert line.recv(100).startswith(b"HTTP/1.1 100 ")  # the page is reading the form
                    line.sendall(self._rest[:_HALF])
                    program.send_signal(signal.SIGTERM)
                    _until_refused(port)
                    yield program, line
            finally:
                program.kill()

    def rest(self, line: socket.socket) -> bytes:
        """Send the other half of the form and return the answer's first line."""
        line.sendall(self._rest[_HALF:])
        return line.makefile("rb").readline()


def _form(token: str, form_token: str) -> tuple[bytes, bytes]:
    """Return a filled-in form with a file as a browser sends it, cut in the middle of the file."""
    fields = {"form_token": form_token, "request": "r" * 22, "field.imie": "Zofia"}
    parts = [
        f'--X\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    parts += [
        b'--X\r\nContent-Disposition: form-data; name="field.pismo"; filename="a.pdf"\r\n'
        b"Content-Type: application/pdf\r\n\r\n",
        pdf(),
        b"\r\n--X--\r\n",
    ]
    body = b"".join(parts)
    head = (
        "POST /start/zgloszenie HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\n"
        f"Cookie: obieg={token}; __Host-obieg={token}\r\n"
        f"Content-Type: multipart/form-data; boundary=X\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode(), body


def _until_refused(port: int) -> None:
    """Return once nobody can connect any more: the program has been told to stop."""
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        try:
            socket.create_connection(("127.0.0.1", port), PATIENCE).close()
        except ConnectionRefusedError:
            return
    raise AssertionError("expected the program to stop listening, but it does not")


def test_what_runs_when_it_is_told_to_stop_is_finished_once(
    tmp_path: Path, mail: MailServer, sqlite_template: Path
) -> None:
    outside = Outside(tmp_path, mail, sqlite_template)
    with outside.served(tmp_path) as (program, line):
        assert b" 303 " in outside.rest(line)  # it was filed; the browser goes on to the case
        mail.answering.set()
        assert program.wait(PATIENCE) == 0
    with outside.engine() as engine:
        states = {each.process_id: str(each.state) for each in engine.instances()}
        assert states == {"letter": "completed", "zgloszenie": "active"}
        [filed] = engine.instances(process_id="zgloszenie")
        assert len(engine.variables(filed.key)["pismo"]) == 1
        engine.run_until_idle()
    assert len(mail.mails) == 1


def test_what_does_not_end_in_time_is_given_up_and_done_once_more(
    tmp_path: Path, mail: MailServer, sqlite_template: Path
) -> None:
    outside = Outside(tmp_path, mail, sqlite_template)
    with outside.served(tmp_path, "--drain", "1") as (program, _line):
        assert program.wait(PATIENCE) == 0  # though neither the mail server nor the sender goes on
    mail.answering.set()
    with outside.engine() as engine:
        assert [str(each.state) for each in engine.instances()] == ["active"]
        engine.run_until_idle()
        assert [str(each.state) for each in engine.instances()] == ["completed"]
        assert engine.verify().ok
    first, second = mail.mails
    assert first == second  # the same Message-ID, the same bytes
