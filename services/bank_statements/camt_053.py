"""A bank's statement in camt.053 (ISO 20022, Bank to Customer Statement), of any version of its namespace.

An entry becomes one line, or, where it stands for several transactions with amounts of their own (a batch), one line for each.
Only booked entries count. The sign is that of CdtDbtInd, also of a reversal: there the indicator says how the reversal itself
moves the account. Paths of later versions are tried beside those of version 2: the status may hold a code, a party may hold a
party, an amount may stand in the transaction itself.
"""

import re
from dataclasses import replace
from datetime import date
from typing import Final

from services.bank_statements.entries import (
    MAX_ENTRIES,
    MAX_PROBLEMS,
    Entry,
    Problem,
    Reading,
    Statement,
    check_arithmetic,
    cleaned,
)
from services.bank_statements.xml_files import Element, parse
from services.rules.errors import InvalidInput
from services.rules.money import MINOR_UNITS, Money, parse_amount

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."
_OPENING: Final = ("OPBD", "PRCD")
_NO_ID: Final = {"NOTPROVIDED", "NONREF", "NOTAVAILABLE"}


def read_camt_053(content: bytes | str) -> Reading:
    """All statements of the file, and everything that is wrong with it by line. Never raises for what the file holds."""
    try:
        root, namespace = parse(content)
    except InvalidInput as refusal:
        return Reading(
            (), (Problem(refusal.details.get("line", 1), refusal.code, refusal.message),)
        )
    if root.name != "Document" or not namespace.startswith(NAMESPACE):
        said = f"{root.name} of {namespace}" if namespace else f"{root.name} without a namespace"
        return Reading(
            (),
            (
                Problem(
                    root.line, "NOT_CAMT_053", f"This is not camt.053: its root is {said[:120]}."
                ),
            ),
        )
    found = root.all("BkToCstmrStmt/Stmt")
    if not found:
        return Reading(
            (), (Problem(root.line, "STATEMENT_EMPTY", "There is no statement in this file."),)
        )
    problems: list[Problem] = []
    statements = []
    for element in found:
        statement = _statement(element, problems)
        if statement is not None:
            statements.append(statement)
    if sum(len(statement.entries) for statement in statements) > MAX_ENTRIES:
        problems.append(Problem(1, "TOO_LARGE", f"A file has at most {MAX_ENTRIES} entries."))
    problems.sort(key=lambda problem: problem.line)
    return Reading(tuple(statements), tuple(problems[:MAX_PROBLEMS]))


def _statement(element: Element, problems: list[Problem]) -> Statement | None:
    account = element.said("Acct/Id/IBAN", "Acct/Id/Othr/Id")
    amounts = [found for path in ("Bal/Amt", "Ntry/Amt") for found in element.all(path)]
    currency = element.said("Acct/Ccy") or (amounts[0].attributes.get("Ccy", "") if amounts else "")
    if currency not in MINOR_UNITS:
        problems.append(
            Problem(element.line, "CURRENCY_UNKNOWN", f"{currency[:10]!r} is no currency.")
        )
        return None
    opening = _balance(element, _OPENING, currency, problems)
    closing = _balance(element, ("CLBD",), currency, problems)
    for kind, value in (("opening", opening), ("closing", closing)):
        if value is None:
            problems.append(
                Problem(element.line, "BALANCE_MISSING", f"The statement has no {kind} balance that is booked.")
            )  # fmt: skip
    entries = [
        entry for each in element.all("Ntry") for entry in _entries(each, currency, problems)
    ]
    statement = Statement(
        element.line,
        element.said("Id")[:140],
        account,
        currency,
        cleaned(entries),
        opening,
        closing,
    )
    # An entry that could not be read would only be told a second time.
    if not any(problem.line >= element.line and not problem.is_note for problem in problems):
        problems += check_arithmetic(statement)
    return statement


def _balance(
    element: Element, codes: tuple[str, ...], currency: str, problems: list[Problem]
) -> int | None:
    for code in codes:
        for balance in element.all("Bal"):
            if balance.said("Tp/CdOrPrtry/Cd") == code:
                return _money(balance, currency, problems)
    return None


def _entries(ntry: Element, currency: str, problems: list[Problem]) -> list[Entry]:
    status = ntry.said("Sts/Cd", "Sts")
    if status and status != "BOOK":
        problems.append(
            Problem(ntry.line, "NOT_BOOKED", f"An entry that is {status[:20]}, passed over.", True)
        )
        return []
    amount_minor = _money(ntry, currency, problems)
    booked_on = _date(ntry, "BookgDt", problems) or _date(ntry, "ValDt", problems)
    if amount_minor is None:
        return []
    if booked_on is None:
        problems.append(Problem(ntry.line, "DATE_INVALID", "The entry has no date of booking."))
        return []
    if amount_minor == 0:
        problems.append(
            Problem(ntry.line, "NOTHING_MOVED", "An entry of nothing, passed over.", True)
        )
        return []
    whole = Entry(
        line=ntry.line,
        booked_on=booked_on,
        amount_minor=amount_minor,
        text=ntry.said("AddtlNtryInf"),
        value_on=_date(ntry, "ValDt", problems),
        entry_id=_id(ntry.said("AcctSvcrRef")),
        # Many banks count from 1 in every statement, so this tells nothing by itself.
        serial=_id(ntry.said("NtryRef")),
        charge_minor=_charge(ntry, currency),
    )
    transactions = ntry.all("NtryDtls/TxDtls")
    if len(transactions) > 1:
        parts = [_own_amount(each, ntry, currency) for each in transactions]
        if all(part is not None for part in parts):
            return _batch(ntry, whole, transactions, [part or 0 for part in parts], problems)
    for transaction in transactions[:1]:
        whole = _with_details(whole, transaction, currency)
        # The bank's id of the entry tells it from every other; the transaction's own stands in for a missing one.
        whole = replace(whole, entry_id=whole.entry_id or _id(transaction.said("Refs/AcctSvcrRef")))
    if len(transactions) > 1:
        names = [_with_details(whole, each, currency) for each in transactions]
        whole = replace(whole, text=" / ".join(dict.fromkeys(each.text for each in names)))
    return [whole]


def _batch(
    ntry: Element,
    whole: Entry,
    transactions: list[Element],
    parts: list[int],
    problems: list[Problem],
) -> list[Entry]:
    if sum(parts) != whole.amount_minor:
        problems.append(
            Problem(ntry.line, "BATCH_SUM", "The transactions of this entry do not add up to it.")
        )
        return []
    entries = []
    for number, (transaction, part) in enumerate(zip(transactions, parts, strict=True), start=1):
        entry = _with_details(replace(whole, charge_minor=0), transaction, "")
        own = _id(transaction.said("Refs/AcctSvcrRef")) or _id(transaction.said("Refs/TxId"))
        entry_id = f"{whole.entry_id}/{own or number}" if whole.entry_id else own
        entries.append(replace(entry, line=transaction.line, amount_minor=part, entry_id=entry_id))
    return [entry for entry in entries if entry.amount_minor]


def _own_amount(transaction: Element, ntry: Element, currency: str) -> int | None:
    """What a transaction of a batch moved, where it says so in the account's currency; its sign is its own or the entry's."""
    found = transaction.first("Amt", "AmtDtls/TxAmt/Amt")
    if found is None or found.attributes.get("Ccy") != currency:
        return None
    amount = _parsed(found.text, currency)
    direction = transaction.said("CdtDbtInd") or ntry.said("CdtDbtInd")
    return None if amount is None else amount if direction == "CRDT" else -amount


def _with_details(entry: Entry, transaction: Element, currency: str) -> Entry:
    """The entry with who, what for and which references its transaction names."""
    side = "Dbtr" if entry.amount_minor > 0 else "Cdtr"
    words = [each.text.strip() for each in transaction.all("RmtInf/Ustrd")]
    references = [
        each.text.strip()
        for path in ("RmtInf/Strd/CdtrRefInf/Ref", "RmtInf/Strd/RfrdDocInf/Nb")
        for each in transaction.all(path)
    ]
    told = " ".join(
        dict.fromkeys(word for word in (*words, transaction.said("AddtlTxInf")) if word)
    )
    return replace(
        entry,
        text=told or entry.text,
        counterparty=transaction.said(f"RltdPties/{side}/Nm", f"RltdPties/{side}/Pty/Nm"),
        counterparty_account=transaction.said(
            f"RltdPties/{side}Acct/Id/IBAN", f"RltdPties/{side}Acct/Id/Othr/Id"
        ),
        reference=" ".join(dict.fromkeys(references)),
        end_to_end_id=_id(transaction.said("Refs/EndToEndId")),
        original=_original(transaction, currency),
        charge_minor=entry.charge_minor or (_charge(transaction, currency) if currency else 0),
    )


def _original(transaction: Element, currency: str) -> Money | None:
    """The sum in another currency that this was exchanged from, where the bank tells it."""
    for path in ("AmtDtls/InstdAmt/Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/CntrValAmt/Amt"):
        found = transaction.first(path)
        told = found.attributes.get("Ccy", "") if found else ""
        if found and currency and told != currency and told in MINOR_UNITS:
            amount = _parsed(found.text, told)
            if amount:
                return Money(amount, told)
    return None


def _charge(element: Element, currency: str) -> int:
    """What the bank says it kept, in the account's currency: a total, or the sum of its records that are debits."""
    total = element.first("Chrgs/TtlChrgsAndTaxAmt")
    records = [
        record.first("Amt")
        for record in (*element.all("Chrgs/Rcrd"), *element.all("Chrgs"))
        if record.said("CdtDbtInd") in {"", "DBIT"}
    ]
    found = [total] if total else records
    return sum(
        _parsed(each.text, currency) or 0
        for each in found
        if each is not None and each.attributes.get("Ccy") == currency
    )


def _money(element: Element, currency: str, problems: list[Problem]) -> int | None:
    amount = element.first("Amt")
    direction = element.said("CdtDbtInd")
    if amount is None or direction not in {"CRDT", "DBIT"}:
        problems.append(
            Problem(element.line, "AMOUNT_INVALID", "An amount or its direction is missing.")
        )
        return None
    told = amount.attributes.get("Ccy", "")
    if told != currency:
        problems.append(
            Problem(amount.line, "CURRENCY_DIFFERS", f"The account is kept in {currency}, this is in {told[:10]!r}.")
        )  # fmt: skip
        return None
    found = _parsed(amount.text, currency)
    if found is None:
        problems.append(
            Problem(amount.line, "AMOUNT_INVALID", f"{amount.text.strip()[:40]!r} is no amount in {currency}.")
        )  # fmt: skip
        return None
    return found if direction == "CRDT" else -found


def _parsed(text: str, currency: str) -> int | None:
    """Minor units, never negative; noughts beyond the currency's decimals say nothing and are dropped."""
    match = re.fullmatch(r"(\d{1,18})(?:\.(\d{0,17}))?", text.strip(), re.ASCII)
    if match is None:
        return None
    digits = MINOR_UNITS[currency]
    decimals = match[2] or ""
    kept = decimals[:digits] + decimals[digits:].rstrip("0")
    try:
        return parse_amount(
            f"{match[1]}.{kept}" if kept else match[1], currency, "amount"
        ).amount_minor
    except InvalidInput:
        return None


def _date(ntry: Element, name: str, problems: list[Problem]) -> date | None:
    text = ntry.said(f"{name}/Dt", f"{name}/DtTm")
    if not text:
        return None
    try:
        found = date.fromisoformat(text[:10])
    except ValueError:
        found = None
    if found is None or not 2000 <= found.year < 10000:
        problems.append(Problem(ntry.line, "DATE_INVALID", f"{text[:30]!r} is no date."))
        return None
    return found


def _id(text: str) -> str:
    """An id, unless it says that there is none."""
    return "" if text.upper() in _NO_ID else text
