"""A statement of account with every kind of line, after the refund memo's story."""

from contracts.payloads import Locale
from contracts.payloads.statement_of_account import AccountMovement, StatementOfAccountPayload
from contracts.samples.people import client, dkk, pick, practice


def statement_of_account(locale: Locale) -> StatementOfAccountPayload:
    """Two months: opening balance, movements of all kinds, one invoice overdue."""
    moves: tuple[tuple[str, str, str, int], ...] = (
        ("2027-01-04", "opening", "2026-031", 50_000),
        ("2027-01-12", "invoice", "2027-006", 100_000),
        ("2027-01-14", "drawdown", "2027-006", -37_500),
        ("2027-01-20", "payment", "2026-031", -50_000),
        ("2027-01-22", "credit_note", "2027-006", -2_500),
        ("2027-01-25", "retention_release", "2026-031", 5_000),
        ("2027-02-01", "late_charge", "LC-0001", 310),
        ("2027-02-02", "write_off", "2026-031", -5_000),
        ("2027-02-03", "reversal", "2026-031", 5_000),
        ("2027-02-08", "refund", "", 10_000),
        ("2027-02-09", "credit_application", "2027-006", -10_000),
        ("2027-02-12", "kill_fee", "K-2026-014", 12_500),
        ("2027-02-15", "other", "", -310),
    )
    lines: list[AccountMovement] = []
    balance = 0
    for on, kind, number, amount in moves:
        balance += amount
        lines.append(
            {
                "on": on,
                "kind": kind,  # type: ignore[typeddict-item]
                "number": number,
                "text": pick(locale, "Correction", "Rettelse"),
                "amount": dkk(amount),
                "balance": dkk(balance),
            }
        )
    return {
        "document": {"number": "2027-02-28", "version": 1, "issued_on": "2027-02-28"},
        "practice": practice(locale),
        "client": client(locale),
        "from_date": "2027-01-01",
        "to_date": "2027-02-28",
        "sections": [
            {
                "currency": "DKK",
                "opening": dkk(0),
                "lines": lines,
                "closing": dkk(balance),
                "overdue": [
                    {"number": "2027-006", "due_on": "2027-01-26", "days": 33, "open": dkk(60_000)}
                ],
                "overdue_total": dkk(60_000),
                "held": dkk(11_666, 67),
            }
        ],
        "account": {"account": "9370 0004561237"},
    }
