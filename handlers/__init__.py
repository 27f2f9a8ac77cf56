"""What service tasks do: one module per outside system, one shape, nothing of the engine but its front door.

Each module has a frozen settings record and ``register(registry, settings)``. To add a handler: copy the
module nearest to yours, add its settings to ``Settings`` and its ``register`` to ``register_all``, and test
it against a server of ``demo/``. The modules share ``connection`` (settings), ``inputs`` (reading a job) and
``outbound`` (HTTP and the watchdog). ``templates``, ``message`` and ``smtp`` are the floors under ``email``;
``signed_xml``, ``seals`` and ``trusted_signature`` those under ``signature``; ``mail_in`` is what comes back.

In each line: job type, variables in (``?`` = may be absent) and [headers] → variables out; ! BPMN errors.

    rspo.lookup               numer_rspo → placowka, rspo_migawka (parameter rspo_csv_max_age);
                              ! RSPO_NIE_ZNALEZIONO, PLACOWKA_ZLIKWIDOWANA
    seod.load_applicant       wnioskodawca → dane_wnioskodawcy, kontakt; ! BRAK_DOSTEPU
    seod.open_ticket          login, wnioskodawca, numer_sprawy? → zgloszenie_seod, podjeto_seod;
                              ! ZGLOSZENIE_OTWARTE
    seod.close_ticket         zgloszenie_seod, wynik? [wynik] → zamknieto_seod
    zszo.check_account        login, numer_rspo, blokada_w_sprawie? → konto;
                              ! BRAK_KONTA, KONTO_ZABLOKOWANE, NIE_TA_SAMA_PLACOWKA
    zszo.set_password         login, haslo_ref, blokada_w_sprawie? [waznosc_dni] → haslo_ustawiono,
                              haslo_wazne_do;
                              ! BRAK_KONTA, KONTO_ZABLOKOWANE
    zszo.block_account        login [powod] → konto; ! BRAK_KONTA
    zszo.lock_start_password  login → konto; ! BRAK_KONTA
    password.generate         [dlugosc, waznosc_dni] → haslo_ref
    package.encrypt           login, haslo_ref, numer_sprawy?, nazwa_placowki?, format_pakietu? →
                              pakiet_ref, pakiet_nazwa, pakiet_format, klucz_ref, pakiet_sha256
    email.send                do, zalacznik?, zalacznik_nazwa?, what the template names [template] → wyslano,
                              wiadomosc_id, wiadomosc_sha256; ! EMAIL_ODRZUCONY
    sms.send                  telefon, klucz_ref, numer_sprawy [tekst] → sms_id, sms_idx, sms_wyslano;
                              ! SMS_NUMER_BLEDNY
    incident.register         login, powod, data_wykrycia?, numer_sprawy? → incydent (and register incydenty)
    report.register           login, powod, numer_sprawy? → zgloszenie_zszo05 (and register zgloszenia)
    sio.perform               czynnosc, numer_sprawy, numer_sio?, numer_upowaznienia?, the application → sio
    authorisation.check       the application → rejestr, podpowiedz_rejestru (and register wnioski_sio)
    authorisation.conclude    numer_sprawy, wynik_wniosku → (register wnioski_sio)
    authorisation.grant       numer_upowaznienia, the application → upowaznienie (and register upowaznienia);
                              ! KOLIZJA_UPOWAZNIEN
    authorisation.find        numer_upowaznienia, pesel? → upowaznienie; ! BRAK_UPOWAZNIENIA
    authorisation.extend      numer_upowaznienia, upowaznienie_do → upowaznienie (and register upowaznienia);
                              ! KOLIZJA_UPOWAZNIEN
    authorisation.end         numer_upowaznienia, podstawa_blokady? [zdarzenie] → (register upowaznienia)
    breach.register           stwierdzono, login?, numer_sprawy?, what the stage is about [etap] → naruszenie
                              (and register naruszenia)
    signature.verify          podpisany_plik?, zlozono?, the application [pola] → podpis, podpis_wynik,
                              podpis_opis, podpis_raport
    letter.render             haslo_ref, what the templates name [wydruk, pokwitowanie] → wydruk_ref,
                              pokwitowanie_ref (print-out: a secret; receipt: a PDF of the case)
    letter.write              szablon?, what the template names [szablon, nazwa], or the fields of the form
                              [formularz = F-01, nazwa] → pismo_ref
    secret.destroy            the variables listed in [referencje] → zniszczono, zniszczono_o
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from engine import HandlerRegistry
from handlers import (
    authorisation,
    breach,
    email,
    incident,
    letter,
    package,
    password,
    rspo,
    secret,
    seod,
    signature,
    sio,
    sms,
    templates,
    zszo,
)
from handlers.connection import read
from handlers.mail_in.imap import MailInSettings
from handlers.seals import SignatureSettings
from handlers.smtp import EmailSettings

# What the office keeps: the handlers' registers, and those clerks write by hand.
REGISTERS = (
    "incydenty",
    "naruszenia",
    "poczta_przychodzaca",
    "raporty_sms",
    "rozmowy",
    "terminarz",
    "tryb_papierowy",
    "upowaznienia",
    "wnioski_sio",
    "zgloszenia",
    "zmiany_rspo",
)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of every handler; passwords and tokens never show in ``repr``."""

    email: EmailSettings
    sms: sms.SmsSettings = sms.SmsSettings()
    rspo: rspo.RspoSettings = rspo.RspoSettings()
    seod: seod.SeodSettings = seod.SeodSettings()
    zszo: zszo.ZszoSettings = zszo.ZszoSettings()
    sio: sio.SioSettings = sio.SioSettings()
    password: password.PasswordSettings = password.PasswordSettings()
    package: package.PackageSettings = package.PackageSettings()
    signature: SignatureSettings = SignatureSettings()
    mail_in: MailInSettings = MailInSettings()


def settings_from(environment: Mapping[str, str]) -> Settings:
    """Build all settings from variables ``OBIEG_SMTP_…``, ``OBIEG_SMS_…``, ``OBIEG_RSPO_…``,
    ``OBIEG_SEOD_…``, ``OBIEG_ZSZO_…``, ``OBIEG_SIO_…``, ``OBIEG_PASSWORD_…``,
    ``OBIEG_PACKAGE_…``, ``OBIEG_SIGNATURE_…``, ``OBIEG_MAIL_…`` (the mailbox of ``obieg mail-in``); raises
    ValueError naming a wrong one.
    """
    return Settings(
        email=read(EmailSettings, "OBIEG_SMTP_", environment),
        sms=read(sms.SmsSettings, "OBIEG_SMS_", environment),
        rspo=read(rspo.RspoSettings, "OBIEG_RSPO_", environment),
        seod=read(seod.SeodSettings, "OBIEG_SEOD_", environment),
        zszo=read(zszo.ZszoSettings, "OBIEG_ZSZO_", environment),
        sio=read(sio.SioSettings, "OBIEG_SIO_", environment),
        password=read(password.PasswordSettings, "OBIEG_PASSWORD_", environment),
        package=read(package.PackageSettings, "OBIEG_PACKAGE_", environment),
        signature=read(SignatureSettings, "OBIEG_SIGNATURE_", environment),
        mail_in=read(MailInSettings, "OBIEG_MAIL_", environment),
    )


def register_all(registry: HandlerRegistry, settings: Settings) -> None:
    """Register every handler and the office's registers; raises ValueError for settings that are unsafe."""
    registry.keep(*REGISTERS)
    registry.check_message = templates.complaint
    authorisation.register(registry)
    breach.register(registry)
    email.register(registry, settings.email)
    letter.register(registry, settings.email, settings.package.office)
    incident.register(registry)
    package.register(registry, settings.package)
    password.register(registry, settings.password)
    rspo.register(registry, settings.rspo)
    secret.register(registry)
    seod.register(registry, settings.seod)
    signature.register(registry, settings.signature)
    sio.register(registry, settings.sio)
    sms.register(registry, settings.sms)
    zszo.register(registry, settings.zszo)
