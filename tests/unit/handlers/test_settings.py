"""Settings: read from ``OBIEG_`` variables, safe to print, refused where credentials would travel in the
clear.
"""

from __future__ import annotations

from typing import Any

import pytest

import handlers
from demo.servers import DemoServers
from engine import HandlerRegistry
from handlers.connection import is_loopback


def test_all_handlers_register_and_say_which_errors_they_raise(office: Any) -> None:
    registry = office.registry
    assert set(registry.types()) >= {
        "rspo.lookup",
        "password.generate",
        "package.encrypt",
        "email.send",
        "sms.send",
        "incident.register",
        "report.register",
        "secret.destroy",
        "seod.load_applicant",
        "seod.open_ticket",
        "seod.close_ticket",
        "zszo.set_password",
    }
    assert registry.get("email.send").errors == ("EMAIL_ODRZUCONY",)
    assert registry.get("rspo.lookup").errors == ("RSPO_NIE_ZNALEZIONO", "PLACOWKA_ZLIKWIDOWANA")


def test_credentials_never_show(servers: DemoServers) -> None:
    shown = repr(handlers.settings_from(servers.environment))
    assert "***" in shown
    for name, value in servers.environment.items():
        if name.endswith(("_PASSWORD", "_TOKEN")):
            assert value not in shown


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("OBIEG_SMTP_PORT", "many", "OBIEG_SMTP_PORT"),
        ("OBIEG_SMTP_TLS", "maybe", "OBIEG_SMTP_TLS"),
        ("OBIEG_SMTP_PROT", "25", "prot"),
        ("OBIEG_RSPO_DEADLINE", "", "OBIEG_RSPO_DEADLINE"),
    ],
)
def test_a_wrong_setting_is_named(servers: DemoServers, name: str, value: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        handlers.settings_from({**servers.environment, name: value})


@pytest.mark.parametrize("name", ["OBIEG_RSPO_URL", "OBIEG_SMS_URL", "OBIEG_SEOD_URL", "OBIEG_ZSZO_URL"])
@pytest.mark.parametrize(
    "url", ["http://api.example", "ftp://127.0.0.1", "//x", "", "http://127.0.0.1.evil.example"]
)
def test_credentials_do_not_travel_in_the_clear(servers: DemoServers, name: str, url: str) -> None:
    with pytest.raises(ValueError, match=name):
        handlers.register_all(HandlerRegistry(), handlers.settings_from({**servers.environment, name: url}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OBIEG_SMTP_SENDER", "edukacja"),
        ("OBIEG_SMTP_SENDER", "a@b.example, c@d.example"),
        ("OBIEG_SMTP_SENDER_NAME", "Urząd\r\nBcc: x@evil.example"),
        ("OBIEG_SMTP_SENDER_NAME", "Office\r\nBcc: x@evil.example"),
    ],
)
def test_a_wrong_sender_is_found_at_the_start(servers: DemoServers, name: str, value: str) -> None:
    with pytest.raises(ValueError, match="OBIEG_SMTP_SENDER"):
        handlers.register_all(HandlerRegistry(), handlers.settings_from({**servers.environment, name: value}))


def test_loopback() -> None:
    assert all(is_loopback(host) for host in ("localhost", "127.9.9.9", "::1"))
    assert not any(is_loopback(host) for host in ("10.0.0.1", "localhost.evil", "127.0.0.1.evil", ""))
