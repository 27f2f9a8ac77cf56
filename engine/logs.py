"""Log events: a name in the past tense and ids, never a personal datum, never what an error says.

An error's text may quote what somebody typed; so an event names the error's class and, for bugs, the places
it came through. ``log_events`` says where events go; without it they go where the program's logging goes.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

structlog.configure(
    processors=[structlog.stdlib.filter_by_level, structlog.stdlib.render_to_log_kwargs],
    wrapper_class=structlog.stdlib.BoundLogger,
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)


def event_log(name: str) -> Any:
    """Return a logger of events: ``log.warning("job_given_back", key=7)``."""
    return structlog.stdlib.get_logger(f"obieg.{name}")


def places(error: BaseException) -> str:
    """Return where an error came from, innermost last: files, lines and functions, no values."""
    frames = traceback.extract_tb(error.__traceback__)
    return " > ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames)


def _without_words(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Name an exception that a library logs as ours are: its text and its variables may be what somebody
    typed."""
    raised = event.pop("exc_info", None)
    error = raised[1] if isinstance(raised, tuple) else raised
    if isinstance(error, BaseException):
        event.update(error=type(error).__name__, at=places(error))
    return event


def log_events(stream: TextIO, *, as_json: bool, level: int = logging.INFO) -> None:
    """Send all events, one a line, to a stream: JSON, or for people to read."""
    people: Any = structlog.dev.ConsoleRenderer(colors=False)
    render: Any = structlog.processors.JSONRenderer() if as_json else people
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.stdlib.ExtraAdder(),
            ],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _without_words, render],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for chatty in ("apscheduler", "pikepdf", "httpx", "celery", "kombu"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
