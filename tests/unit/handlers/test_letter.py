"""``letter.render``: the print-out is a secret, the receipt a document without one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine import JobFailure

MESSAGES = Path(__file__).parents[3] / "processes" / "zszo03" / "messages"
TEMPLATES = {"wydruk": "zszo03/wydruk_danych", "pokwitowanie": "zszo03/pokwitowanie"}
CASE = {"login": "jkowalska", "numer_sprawy": "ZSZO/2026/17", "haslo_wazne_do": None}


@pytest.fixture
def office(office_with: Any) -> Any:
    return office_with(SMTP_MESSAGES=str(MESSAGES))


def test_the_print_out_carries_the_password_and_is_kept_like_one(office: Any) -> None:
    reference = office.run(office.job("password.generate")).variables["haslo_ref"]
    password = office.case.secrets[reference]
    asked = CASE | {"haslo_ref": reference, "haslo_wazne_do": office.job("x").now}
    job = office.job("letter.render", TEMPLATES, **asked)
    done = office.run(job).variables
    assert password in office.case.secrets[done["wydruk_ref"]]
    (receipt,) = office.case.documents.values()
    assert password.encode() not in receipt
    assert "Podpis" in receipt.decode()
    assert password not in str(done)
    assert office.run(job.again()).variables == done
    assert len(office.case.documents) == 1


@pytest.mark.parametrize(
    "headers", [{}, {"wydruk": "zszo03/wydruk_danych"}, TEMPLATES | {"wydruk": "zszo03/nosuch"}]
)
def test_a_letter_without_its_templates_is_a_failure_no_retry_can_help(
    office: Any, headers: dict[str, str]
) -> None:
    reference = office.run(office.job("password.generate")).variables["haslo_ref"]
    asked = CASE | {"haslo_ref": reference, "haslo_wazne_do": office.job("x").now}
    with pytest.raises(JobFailure) as caught:
        office.run(office.job("letter.render", headers, **asked))
    assert caught.value.permanent
