"""Payments: what came in and what it pays. The mutations are in `changes`, which knows invoices; invoices know payments."""

from schema.payments.types import Payment, PaymentQuery

__all__ = ["Payment", "PaymentQuery"]
