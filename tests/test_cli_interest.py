"""`scopewright interest` as a script uses it: a process of its own, one JSON object out, no database."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


def interest(**options: str | list[str]) -> tuple[int, dict[str, Any], str]:
    """Exit code, answer, and what was said beside it."""
    words = []
    for name, value in options.items():
        for each in value if isinstance(value, list) else [value]:
            words += [f"--{name.replace('_', '-')}", each]
    done = subprocess.run(
        [sys.executable, "cli.py", "interest", *words],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "DATABASE_URL": "mysql://nowhere", "PORT": "none"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, json.loads(done.stdout or "null"), done.stderr


def test_a_danish_debt_is_explained_step_by_step() -> None:
    code, answer, said = interest(
        law="DK", principal="10000.00", currency="DKK", due="2024-11-30", paid_or_until="2025-08-01"
    )
    assert (code, said) == (0, "")
    assert [
        (step["from"], step["to"], step["days"], step["annual_percent"], step["interest"])
        for step in answer["steps"]
    ] == [
        ("2024-12-01", "2024-12-31", 31, "11.50", "97.6712328767"),
        ("2025-01-01", "2025-06-30", 181, "10.75", "533.0821917808"),
        ("2025-07-01", "2025-08-01", 32, "9.75", "85.4794520548"),
    ]
    assert (answer["interest_unrounded"], answer["interest"]) == ("716.2328767123", "716.23")
    assert (answer["fixed_sum"], answer["total"]) == (
        {"amount": "310.00", "currency": "DKK"},
        "1026.23",
    )


def test_part_payments_and_the_contracts_own_rate_are_taken() -> None:
    code, answer, _ = interest(
        law="contract", principal="1000", currency="EUR", due="2026-01-01", paid_or_until="2026-01-21",
        contract_rate="36.5", payment=["2026-01-06=200.00", "2026-01-11=400"],
    )  # fmt: skip
    # 5 days on 1 000, 5 on 800, 10 on 400: 5.00 + 4.00 + 4.00
    assert (code, answer["interest"], answer["fixed_sum"], answer["reference"]) == (
        0, "13.00", None, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"law": "FR"}, ("LAW_UNKNOWN", "law")),
        ({"principal": "-5"}, ("AMOUNT_INVALID", "principal")),
        ({"principal": "NaN"}, ("AMOUNT_INVALID", "principal")),
        ({"principal": "1.005"}, ("AMOUNT_TOO_PRECISE", "principal")),
        ({"currency": "XXX"}, ("CURRENCY_UNKNOWN", "currency")),
        ({"due": "31-01-2025"}, ("DATE_INVALID", "due")),
        ({"day_count": "act/364"}, ("DAY_COUNT_UNKNOWN", "dayCount")),
        ({"law": "contract"}, ("RATE_REQUIRED", "contractRate")),
        ({"law": "contract", "contract_rate": "1e2"}, ("RATE_INVALID", "contractRate")),
        ({"paid_or_until": "2031-01-01"}, ("RATE_UNKNOWN", "law")),
    ],
)
def test_what_cannot_be_computed_is_an_error_that_names_the_field(
    changes: dict[str, str], error: tuple[str, str]
) -> None:
    given = {
        "law": "DK", "principal": "10000", "currency": "DKK", "due": "2025-01-31", "paid_or_until": "2025-03-31",
    }  # fmt: skip
    code, answer, said = interest(**{**given, **changes})
    assert (code, said) == (1, "")
    assert (answer["error"]["code"], answer["error"]["field"]) == error
