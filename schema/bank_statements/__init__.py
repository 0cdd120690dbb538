"""Accounts at banks, their statements, and what the lines are."""

from schema.bank_statements.changes import BankMutation
from schema.bank_statements.queries import BankQuery
from schema.bank_statements.types import BankAccount, BankLine, BankStatement

__all__ = ["BankAccount", "BankLine", "BankMutation", "BankQuery", "BankStatement"]
