"""The samples of the papers that move money: change order, retainer agreement, refund memo."""

from contracts.payloads import (
    ChangeOrderPayload,
    Locale,
    PrepaymentInvoicePayload,
    RefundMemoPayload,
    RetainerAgreementPayload,
)
from contracts.samples.contract import title
from contracts.samples.people import bank, client, dkk, pick, practice, signers


def change_order(locale: Locale) -> ChangeOrderPayload:
    """The second order: something added, something removed, something changed; nine days later."""

    def t(english: str, danish: str) -> str:
        return pick(locale, english, danish)

    return {
        "document": {"number": "K-2026-014-AE02", "version": 1, "issued_on": "2027-02-01"},
        "practice": practice(locale),
        "client": client(locale),
        "engagement": {
            "title": title(locale),
            "contract_number": "K-2026-014",
            "contract_signed_on": "2026-11-23",
            "change_clause": "7",
        },
        "order": {
            "number": 2,
            "title": t("Shop in two languages and live stock", "Butik på to sprog og lagertal i realtid"),
            "requested_by": "Karen Ågård Sørensen",
            "requested_on": "2027-01-28",
            "offer_valid_until": "2027-02-15",
            "reason": {
                "code": "client_request",
                "text": t(
                    "German and Swedish dealers are to be able to order in English from the first day.",
                    "Tyske og svenske forhandlere skal kunne bestille på engelsk fra første dag.",
                ),
            },
            "scope_version_before": 2,
            "scope_version_after": 3,
        },
        "lines": [
            {
                "action": "added",
                "key": "C4",
                "name": t("English version of the shop", "Engelsk udgave af butikken"),
                "description": t("Texts are supplied by the Client.", "Tekster leveres af Kunden."),
                "fee_after": dkk(36_000),
                "fee_change": dkk(36_000),
            },
            {
                "action": "changed",
                "kind": "re_estimate",
                "key": "C2",
                "name": t("Link to the order system", "Kobling til ordresystemet"),
                "description": t("Stock at once instead of every 15 minutes.", "Lager straks i stedet for hvert 15. minut."),
                "fee_before": dkk(48_000),
                "fee_after": dkk(60_000),
                "fee_change": dkk(12_000),
            },
            {
                "action": "removed",
                "key": "B3",
                "name": t("Usability test with customers", "Brugertest med kunder"),
                "fee_before": dkk(18_000),
                "fee_change": dkk(-18_000),
            },
        ],
        "sums": {
            "original": dkk(320_000),
            "previously_approved": dkk(12_000),
            "before": dkk(332_000),
            "this_change": dkk(30_000),
            "after": dkk(362_000),
        },
        "tax_change": [
            {"label": t("VAT", "moms"), "rate_bps": 2500, "base": dkk(30_000), "amount": dkk(7_500)}
        ],
        "total_change": dkk(37_500),
        "total_after": dkk(452_500),
        "previous_orders": [
            {
                "number": 1,
                "title": t("Dealer log-in", "Login for forhandlere"),
                "approved_on": "2027-01-20",
                "amount": dkk(12_000),
            }
        ],
        "dates": {
            "change_days": 9,
            "completion_before": "2027-04-23",
            "completion_after": "2027-05-07",
        },
        "milestones": [
            {"name": t("Design approved", "Design godkendt"), "before": "2027-02-12", "after": "2027-02-10", "shift_days": -2},
            {"name": t("Shop on the test server", "Butik på testserver"), "before": "2027-04-09", "after": "2027-04-22", "shift_days": 9},
            {"name": t("English texts delivered", "Engelske tekster leveret"), "after": "2027-03-19", "shift_days": 0},
            {"name": t("Launch", "Lancering"), "before": "2027-04-19", "after": "2027-04-30", "shift_days": 9},
        ],
        "deliverables": [
            {
                "name": t("Link to the order system", "Kobling til ordresystemet"),
                "deliverable": t("Orders and stock exchanged on the test server", "Ordrer og lagertal udveksles på testserveren"),
                "before": "2027-03-26",
                "after": "2027-04-12",
                "shift_days": 9,
            },
            {
                "name": t("English version of the shop", "Engelsk udgave af butikken"),
                "deliverable": t("Every page and every mail of the shop in English", "Alle sider og mails i butikken på engelsk"),
                "after": "2027-04-20",
                "shift_days": 0,
            },
        ],
        "pauses": [
            {
                "first_day": "2027-02-15",
                "last_day": "2027-02-19",
                "working_days": 5,
                "reason": t("The Client’s winter holiday.", "Kundens vinterferie."),
            }
        ],
        "calendars": [
            {
                "is_gone": False,
                "weekend": [6, 7],
                "country": "DK",
                "added": {"days_off": ["2027-05-05"], "weekend": [6, 7]},
                "removed": {"days_off": ["2027-06-04"], "weekend": [6, 7]},
            },
            {
                "title": t("Testing in the shops", "Test i butikkerne"),
                "is_gone": False,
                "weekend": [7],
                "country": "DK",
            },
        ],
        "links": [
            {
                "state": "changed",
                "kind": "FS",
                "predecessor": t("Link to the order system", "Kobling til ordresystemet"),
                "successor": t("Acceptance test", "Overtagelsesprøve"),
                "lag_days": 2,
                "lag_kind": "working",
            },
            {
                "state": "removed",
                "kind": "FS",
                "predecessor": t("Photographs", "Fotografier"),
                "successor": t("Product pages", "Produktsider"),
                "lag_days": 0,
                "lag_kind": "working",
            },
        ],
        "expectations": [
            {
                "state": "added",
                "kind": "exclusion",
                "text": t("Translation of the dealers’ own texts.", "Oversættelse af forhandlernes egne tekster."),
            }
        ],
        "contingency": {"before": dkk(16_000), "drawn": dkk(12_000), "after": dkk(4_000)},
        "retainer": {
            "held": dkk(88_333, 33),
            "required_before": dkk(138_333, 33),
            "required_after": dkk(150_833, 33),
            "top_up": dkk(12_500),
        },
        "signatures": signers(locale),
    }  # fmt: skip


def retainer_agreement(locale: Locale) -> RetainerAgreementPayload:
    """One third of the expected total including tax."""
    return {
        "document": {"number": "F-2026-014", "version": 1, "issued_on": "2026-11-23"},
        "practice": practice(locale),
        "client": client(locale),
        "engagement": {
            "title": title(locale),
            "contract_number": "K-2026-014",
            "contract_signed_on": "2026-11-23",
        },
        "retainer": {
            "amount": dkk(133_333, 33),
            "expected_total": dkk(400_000),
            "share_bps": 3333,
            "kind": "deposit",
            "tax": {
                "label": pick(locale, "VAT", "moms"),
                "rate_bps": 2500,
                "base": dkk(106_666, 66),
                "amount": dkk(26_666, 67),
            },
        },
        "request": {
            "number": "FA-2026-009",
            "due_on": "2026-12-01",
            "bank": bank(),
            "reference": "FA-2026-009",
        },
        "clauses": {
            "drawdown": {"applied_to": "each_invoice", "objection_days": 8},
            "replenishment": {"floor": dkk(25_000), "target": dkk(50_000), "due_days": 8},
            "security": True,
            "availability": {
                "price": dkk(4_000),
                "tax": dkk(1_000),
                "period": "month",
                "periods": 12,
                "starts_on": "2027-01-01",
                "ends_on": "2027-12-31",
            },
            "allowance": {
                "price": dkk(12_000),
                "tax": dkk(3_000),
                "period": "month",
                "periods": 3,
                "starts_on": "2027-01-01",
                "ends_on": "2027-03-31",
                "minutes": 600,
                "rollover_cap_minutes": 240,
                "rollover_periods": 1,
                "settle_after_days": 5,
            },
            "unused": {"settlement_days": 14},
            "separate_account": True,
            "statements": True,
        },
        "law": {
            "jurisdiction": "DK",
            "venue": pick(
                locale, "the District Court in Aarhus (Retten i Aarhus)", "Retten i Aarhus"
            ),
        },
        "signatures": signers(locale),
    }


def prepayment_invoice(locale: Locale) -> PrepaymentInvoicePayload:
    """A deposit of one third that came in, with a fifth of it in tax."""
    return {
        "document": {"number": "P-0007", "version": 1, "issued_on": "2026-12-01"},
        "practice": practice(locale),
        "client": client(locale),
        "engagement": {
            "title": title(locale),
            "contract_number": "K-2026-014",
            "contract_signed_on": "2026-11-23",
        },
        "prepayment": {
            "request_number": "FA-2026-009",
            "kind": "deposit",
            "received_on": "2026-12-01",
            "amount": dkk(133_333, 33),
            "tax": {
                "label": pick(locale, "VAT", "moms"),
                "rate_bps": 2500,
                "base": dkk(106_666, 66),
                "amount": dkk(26_666, 67),
            },
        },
    }


def refund_memo(locale: Locale) -> RefundMemoPayload:
    """A cancelled engagement: every kind of line, and all three ways of settling."""

    def t(english: str, danish: str) -> str:
        return pick(locale, english, danish)

    return {
        "document": {"number": "T-2027-003", "version": 1, "issued_on": "2027-03-12"},
        "practice": practice(locale),
        "client": client(locale),
        "engagement": {
            "title": title(locale),
            "contract_number": "K-2026-014",
            "contract_signed_on": "2026-11-23",
        },
        "memo": {
            "kind": "refund",
            "requested_on": "2027-03-05",
            "approved_on": "2027-03-12",
            "approved_by": "Signe Nørrebæk Holm",
            "reason": t(
                "You cancelled the rest of the work on 3 March 2027 because the move of production to "
                "Ebeltoft was brought forward. What follows settles the work in full.",
                "I afbestilte resten af arbejdet den 3. marts 2027, fordi flytningen af produktionen til "
                "Ebeltoft blev fremrykket. Her følger den samlede opgørelse.",
            ),
        },
        "invoices": [
            {"number": "2026-031", "issued_on": "2026-12-18", "amount": dkk(50_000)},
            {"number": "2027-006", "issued_on": "2027-02-12", "amount": dkk(100_000)},
        ],
        "lines": [
            {"kind": "deposited", "note": t("Retainer requests FA-2026-009, FA-2027-001 and FA-2027-002", "Anmodning FA-2026-009, FA-2027-001 og FA-2027-002"), "amount": dkk(150_833, 33)},
            {"kind": "paid", "note": t("Invoice 2027-006, the part beyond the retainer", "Faktura 2027-006, delen ud over forudbetalingen"), "amount": dkk(62_500)},
            {"kind": "earned", "note": t("Phases 1 and 2 as accepted", "Fase 1 og 2 som godkendt"), "amount": dkk(-150_000)},
            {"kind": "kill_fee", "note": t("Clause 12 of the contract, agreed at a reduced sum", "Kontraktens punkt 12, aftalt til et lavere beløb"), "amount": dkk(-12_500)},
            {"kind": "credit", "note": t("Late delivery of the prototype", "Forsinket prototype"), "amount": dkk(6_666, 67)},
            {"kind": "earlier_refund", "note": t("Memo T-2027-001 of 8 February 2027", "Opgørelse T-2027-001 af 8. februar 2027"), "amount": dkk(-10_000)},
        ],
        "entitlement": dkk(47_500),
        "taxes": [
            {"label": t("VAT", "moms"), "rate_bps": 2500, "base": dkk(38_000), "amount": dkk(9_500)}
        ],
        "settlement": {
            "refund": dkk(30_000),
            "refund_on": "2027-03-19",
            "refund_account": "9370 0004561237",
            "offset": dkk(12_500),
            "offset_invoice": "2027-009",
            "credit_kept": dkk(5_000),
            "credit_until": "2028-03-12",
        },
        "signatures": signers(locale)[:1],
    }  # fmt: skip
