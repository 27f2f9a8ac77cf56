"""A proxy before PostgreSQL that cuts the line at a COMMIT: before the server gets it, or before its answer
is passed on, so that nobody on this side can know."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url

PORT = 5432
_MOST = 1 << 16


class SeveredLine:
    """Passes bytes between clients and a server; ``cut`` says what happens at the next COMMIT."""

    def __init__(self, server: Path, folder: Path) -> None:
        self.folder = folder
        self.cuts = 0
        self._cut: str | None = None
        self._deaf: set[socket.socket] = set()
        self._server = server
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / f".s.PGSQL.{PORT}"))
        self._listening.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, when: str) -> None:
        """Cut the line at the next COMMIT, ``before`` the server gets it or ``after`` it has answered."""
        self._cut = when

    def close(self) -> None:
        """Take no more clients."""
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(self._server / f".s.PGSQL.{PORT}"))
            for pump in (self._ask, self._answer):
                threading.Thread(target=pump, args=(client, server), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        for data in _read(client):
            cut = self._cut if b"COMMIT" in data else None
            if cut is not None:
                self._cut, self.cuts = None, self.cuts + 1
            if cut == "before":
                break
            if cut == "after":
                self._deaf.add(client)
            try:
                server.sendall(data)
            except OSError:
                break
        for end in (server, client):
            _shut(end)

    def _answer(self, client: socket.socket, server: socket.socket) -> None:
        for data in _read(server):
            if client in self._deaf:
                self._deaf.remove(client)
                break  # the server has committed and says so, but nobody hears it
            try:
                client.sendall(data)
            except OSError:
                break
        for end in (client, server):
            _shut(end)
        for end in (client, server):
            end.close()


def _read(end: socket.socket) -> Iterator[bytes]:
    while True:
        try:
            data = end.recv(_MOST)
        except OSError:
            return
        if not data:
            return
        yield data


def _shut(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it is shut already


@contextmanager
def severed_line(url: str, folder: Path) -> Iterator[tuple[SeveredLine, str]]:
    """Put a proxy before a database for as long as the block lasts; return it and its address."""
    address = make_url(url)
    line = SeveredLine(Path(str(address.query["host"])), folder)
    try:
        yield line, address.update_query_dict({"host": str(folder)}).render_as_string(hide_password=False)
    finally:
        line.close()
