"""A real IMAP server (dovecot, from Debian) on a free port of this machine, with one mailbox."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trustme

USERNAME, PASSWORD = "poczta", "haslo-skrzynki"
_CONFIGURATION = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = required
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.key
mail_location = maildir:{folder}/mail
first_valid_uid = 1
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={owner} gid={owner_group} home={folder}/mail
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
namespace inbox {{
  inbox = yes
  separator = .
}}
"""


@contextmanager
def running(authority: trustme.CA) -> Iterator[int]:
    """Run dovecot with a certificate of this authority; yields its port (IMAP over TLS)."""
    program = shutil.which("dovecot") or "/usr/sbin/dovecot"
    with tempfile.TemporaryDirectory(prefix="obieg-dovecot-") as name:
        folder = Path(name)
        port = _free_port()
        _prepare(folder, authority)
        (folder / "dovecot.conf").write_text(_configuration(folder, port), encoding="utf-8")
        server = subprocess.Popen([program, "-F", "-c", str(folder / "dovecot.conf")], stderr=subprocess.PIPE)
        try:
            _wait(port, server, folder / "log")
            yield port
        finally:
            server.terminate()
            server.communicate(timeout=20)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _prepare(folder: Path, authority: trustme.CA) -> None:
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(str(folder / "server.key"))
    certificate.cert_chain_pems[0].write_to_path(str(folder / "server.pem"))
    (folder / "mail").mkdir()
    folder.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(folder / "mail", "mail", "mail")


def _configuration(folder: Path, port: int) -> str:
    root = os.geteuid() == 0
    me = getpass.getuser()
    users = {
        "internal": "dovecot" if root else me, "login": "dovenull" if root else me,
        "group": "dovecot" if root else str(os.getegid()), "owner": "mail" if root else str(os.geteuid()),
        "owner_group": "mail" if root else str(os.getegid()),
    }  # fmt: skip
    return _CONFIGURATION.format(folder=folder, port=port, password=PASSWORD, **users)


def _wait(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until it greets; a server that ended says why."""
    for _ in range(200):
        if server.poll() is not None:
            told = server.stderr.read() if server.stderr else b""
            raise RuntimeError(f"expected dovecot to run, but it ended: {told.decode()} {_log(log)}")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            threading.Event().wait(0.05)  # a real program comes up in its own time
    raise RuntimeError(f"expected dovecot to listen within 10 s, but it does not: {_log(log)}")


def _log(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")[-2000:] if path.exists() else ""
