"""``obieg mail-in``: looks into the office's mailbox, takes letters in, until it is told to stop."""

from __future__ import annotations

import logging
import signal

import click

from commands import output
from commands.office import Command, Office, pass_office
from commands.running import log_option
from engine import EngineError

log = logging.getLogger("obieg.mail_in")
STOPPING = (signal.SIGTERM, signal.SIGINT)


@click.command(cls=Command)
@click.option("--once", is_flag=True, help="Look once, and end; fails where the mailbox cannot be read.")
@click.option(
    "--every", type=click.IntRange(5, 3600), default=60, show_default=True, help="Seconds between looks."
)
@log_option
@pass_office
def command(office: Office, once: bool, every: int) -> None:
    """Take in what has come to the mailbox of OBIEG_MAIL_… until SIGTERM or SIGINT.

    Bounces and requests for extension reach their case; everything else waits for a clerk. A letter is moved
    to the folder of those done only after it is committed. Several may run at once.
    """
    # httpx, typst and their like come with the handlers' settings: only where they are needed
    from handlers.mail_in.imap import MailboxUnavailable, look
    from handlers.mail_in.intake import MailIntake

    settings = office.settings()
    with office.engine(create=True) as engine:
        intake = MailIntake(engine, settings.email)
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
        while True:
            try:
                taken = look(settings.mail_in, intake.take)
                output.show(f"{len(taken)} letters: {', '.join(taken) or 'none'}")
            except MailboxUnavailable as error:
                if once:
                    raise EngineError(str(error)) from None
                log.warning("mailbox_unavailable reason=%s", error)
            if once or signal.sigtimedwait(STOPPING, every) is not None:
                return
