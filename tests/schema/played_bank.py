"""Accounts at banks, a statement, and payments: one thing for each mutation of payments and statements to work on."""

from typing import Any

DANISH: dict[str, Any] = {
    "delimiter": ";", "decimalMark": ",", "dateFormat": "DD-MM-YYYY", "encoding": "latin-1", "hasHeadings": True,
    "dateColumn": "Dato", "amountColumn": "Beløb", "creditColumn": "", "debitColumn": "", "textColumn": "Tekst", "referenceColumn": "", "balanceColumn": "Saldo",
    "counterpartyColumn": "", "entryIdColumn": "", "currencyColumn": "",
}  # fmt: skip
"""Every part of a mapping."""

STATEMENT = "Dato;Tekst;Beløb;Saldo\n02-03-2026;Ny;5,00;5,00"


def kroner(amount: str) -> dict[str, str]:
    """A MoneyInput."""
    return {"amount": amount, "currency": "DKK"}


def exchange() -> dict[str, Any]:
    """DKK 69.00 of an invoice, at DKK 690.00 for USD 100.00."""
    return {
        "settles": kroner("69.00"),
        "rate": {
            "home": kroner("690.00"), "foreign": {"amount": "100.00", "currency": "USD"}, "source": "The central bank",
        },
    }  # fmt: skip


async def bank(played: Any, today: str) -> None:
    """Make them all. The invoice that is owed stays open enough."""
    ids, received = played.ids, {"receivedOn": today, "bankReference": "R 9"}
    for name, currency in (
        ("account", "DKK"),
        ("account changed", "DKK"),
        ("account abroad", "USD"),
    ):
        made = await played.do(
            "addBankAccount",
            {"name": name, "currency": currency, "identification": "", "mapping": DANISH},
        )
        ids[name] = made["bankAccount"]["id"]
    for name in ("moved", "bounced", "tied"):
        made = await played.do(
            "recordReceipt",
            {
                "clientId": ids["client"], "amount": kroner("500.00"), **received,
                "allocations": [{"invoiceId": ids["invoice owed"], "amount": kroner("100.00")}],
                "idempotencyKey": f"receipt {name}",
            },
        )  # fmt: skip
        ids[f"payment {name}"] = made["payment"]["id"]
    rows = ("Undone;-4,00;96,00", "Rejected;7,00;103,00", "Aside;8,00;111,00")
    text = "\n".join(["Dato;Tekst;Beløb;Saldo", *(f"02-03-2026;{row}" for row in rows)])
    await _store(played, "account", text)
    await _store(played, "account abroad", "Dato;Tekst;Beløb;Saldo\n02-03-2026;Abroad;10,00;10,00")
    await played.do(
        "confirmBankMatch",
        {
            "bankLineId": ids["line Undone"], "target": {"isBankCharge": True}, "idempotencyKey": "charge",
        },
    )  # fmt: skip


async def _store(played: Any, account: str, text: str) -> None:
    made = await played.do(
        "importBankStatement",
        {
            "bankAccountId": played.ids[account], "format": "CSV", "content": {"text": text}, "source": "march.csv",
            "idempotencyKey": f"statement {account}",
        },
    )  # fmt: skip
    statement = made["statements"][0]["id"]
    played.ids[f"statement {account}"] = statement
    data = await played.apis["owner"].ask(
        "query($id: ID!) { bankLines(bankStatementId: $id) { nodes { id text } } }", id=statement
    )
    for node in data["bankLines"]["nodes"]:
        played.ids[f"line {node['text']}"] = node["id"]
