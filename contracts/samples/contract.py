"""The sample of the services contract: 320 000 kroner in four phases."""

from contracts.payloads import Locale, ScopePhase, ServicesClauses, ServicesContractPayload
from contracts.samples.people import bank, client, dkk, pick, practice, signers


def title(locale: Locale) -> str:
    """The title of the engagement that all samples are about."""
    return pick(locale, "New web shop for Fjordbakken Møbler", "Ny webshop til Fjordbakken Møbler")


def _phases(locale: Locale) -> list[ScopePhase]:
    def t(english: str, danish: str) -> str:
        return pick(locale, english, danish)

    return [
        {
            "name": t("Phase 1 – Discovery", "Fase 1 – Afdækning"),
            "items": [
                {
                    "key": "A1",
                    "name": t("Workshops with sales and production", "Workshops med salg og produktion"),
                    "quantity": t("3 half-days", "3 halve dage"),
                    "description": t(
                        "Goals, customers and the way an order takes through the house; minutes of each.",
                        "Mål, kunder og en ordres vej gennem huset; referat af hver.",
                    ),
                    "fee": dkk(24_000),
                },
                {
                    "key": "A2",
                    "name": t("Review of content and search traffic", "Gennemgang af indhold og søgetrafik"),
                    "description": t(
                        "What to keep, merge and drop among some 380 pages.",
                        "Hvad der beholdes, lægges sammen og udgår af ca. 380 sider.",
                    ),
                    "fee": dkk(16_000),
                },
            ],
            "fee": dkk(40_000),
            "deliverable": t(
                "A report of findings with a site map and a prioritised list of requirements.",
                "En rapport med fund, sitekort og prioriteret kravliste.",
            ),
            "acceptance": t(
                "The site map and the list are approved by the Client’s project lead.",
                "Sitekort og kravliste er godkendt af Kundens projektleder.",
            ),
            "starts_on": "2026-11-30",
            "finishes_on": "2026-12-18",
        },
        {
            "name": t("Phase 2 – Design", "Fase 2 – Design"),
            "items": [
                {
                    "key": "B1",
                    "name": t("Design system", "Designsystem"),
                    "description": t(
                        "Type, colour, grid and components, for phone and desktop.",
                        "Typografi, farver, gitter og komponenter til mobil og skærm.",
                    ),
                    "fee": dkk(38_000),
                },
                {
                    "key": "B2",
                    "name": t("Page templates", "Sideskabeloner"),
                    "quantity": t("12 templates", "12 skabeloner"),
                    "fee": dkk(54_000),
                },
                {
                    "key": "B3",
                    "name": t("Usability test with customers", "Brugertest med kunder"),
                    "quantity": t("6 people", "6 personer"),
                    "fee": dkk(18_000),
                },
            ],
            "fee": dkk(110_000),
            "deliverable": t(
                "A clickable prototype and the design system as an editable file.",
                "En klikbar prototype og designsystemet som redigerbar fil.",
            ),
            "acceptance": t(
                "All twelve templates are shown in the prototype and corrected after the test.",
                "Alle tolv skabeloner er vist i prototypen og rettet efter testen.",
            ),
            "starts_on": "2027-01-04",
            "finishes_on": "2027-02-12",
        },
        {
            "name": t("Phase 3 – Development", "Fase 3 – Udvikling"),
            "items": [
                {"key": "C1", "name": t("Shop with check-out and payment", "Butik med kassefunktion og betaling"), "fee": dkk(72_000)},
                {
                    "key": "C2",
                    "name": t("Link to the order system", "Kobling til ordresystemet"),
                    "description": t(
                        "Stock and prices every 15 minutes; orders at once.",
                        "Lager og priser hvert 15. minut; ordrer med det samme.",
                    ),
                    "fee": dkk(48_000),
                },
                {
                    "key": "C3",
                    "name": t("Transfer of products and pictures", "Overførsel af varer og billeder"),
                    "quantity": t("up to 900 products", "op til 900 varer"),
                    "fee": dkk(20_000),
                },
            ],
            "fee": dkk(140_000),
            "deliverable": t("The shop on a test server.", "Butikken på en testserver."),
            "acceptance": t(
                "The 24 test cases of appendix A pass on the test server.",
                "De 24 testtilfælde i bilag A består på testserveren.",
            ),
            "starts_on": "2027-02-15",
            "finishes_on": "2027-04-09",
        },
        {
            "name": t("Phase 4 – Launch", "Fase 4 – Lancering"),
            "items": [
                {"key": "D1", "name": t("Training of staff", "Oplæring af medarbejdere"), "quantity": t("2 sessions", "2 gange"), "fee": dkk(10_000)},
                {"key": "D2", "name": t("Launch and watch over the first week", "Lancering og opsyn den første uge"), "fee": dkk(20_000)},
            ],
            "fee": dkk(30_000),
            "deliverable": t("The shop in operation, with a manual.", "Butikken i drift med en vejledning."),
            "acceptance": t(
                "The first ten orders have reached the order system without manual work.",
                "De første ti ordrer er nået til ordresystemet uden manuelt arbejde.",
            ),
            "starts_on": "2027-04-12",
            "finishes_on": "2027-04-23",
        },
    ]  # fmt: skip


def _clauses(locale: Locale) -> ServicesClauses:
    return {
        "retainer": {
            "amount": dkk(133_333, 33),
            "share_bps": 3333,
            "due_days": 8,
            "applied_to": "each_invoice",
        },
        "change": {
            "requesters": ["Karen Ågård Sørensen", "Jens O’Brien"],
            "response_days": 3,
            "offer_days": 14,
            "minimum_fee": dkk(2_500),
            "approvals": [
                {"from_amount": dkk(20_000), "signers": 1, "roles": [], "is_owner_needed": True},
                {
                    "from_amount": dkk(50_000),
                    "signers": 2,
                    "roles": [pick(locale, "sponsor", "opdragsgiver")],
                    "is_owner_needed": True,
                },
            ],
        },
        "acceptance": {"test_days": 10, "correction_rounds": 2},
        "no_guarantee": True,
        "late_payment": {
            "basis": "danmarks_nationalbank",
            "rate_bps": 800,
            "compensation": dkk(310),
            "reminders": {"fee": dkk(100), "maximum_count": 3, "interval_days": 10},
        },
        "suspension": {"overdue_days": 14, "notice_days": 5},
        "kill_fee": {
            "stages": [
                {"when": pick(locale, "before phase 2 has begun", "før fase 2 er begyndt"), "rate_bps": 1000},
                {"when": pick(locale, "during phase 2", "under fase 2"), "rate_bps": 2000},
                {"when": pick(locale, "later", "senere"), "rate_bps": 3000},
            ]
        },
        "refunds": {"settlement_days": 14},
        "confidentiality": {"years": 3},
        "data_protection": True,
        "intellectual_property": {"mode": "transfer", "portfolio": True},
        "liability": {"cap_bps": 10_000},
        "termination": {"notice_days": 30, "cure_days": 14},
        "force_majeure": {"leave_after_days": 60},
    }  # fmt: skip


def services_contract(locale: Locale) -> ServicesContractPayload:
    """Every clause present."""

    def t(english: str, danish: str) -> str:
        return pick(locale, english, danish)

    return {
        "document": {"number": "K-2026-014", "version": 1, "issued_on": "2026-11-16"},
        "practice": practice(locale),
        "client": client(locale),
        "engagement": {
            "title": title(locale),
            "purpose": t(
                "to replace the Client’s web shop from 2017, so that dealers and private customers can order "
                "in one place and orders reach production without being typed in again.",
                "at afløse Kundens webshop fra 2017, så forhandlere og private kan bestille ét sted, og "
                "ordrerne når produktionen uden at blive tastet ind igen.",
            ),
        },
        "scope": {"version": 1, "summary": None, "phases": _phases(locale)},
        "totals": {
            "fee": dkk(320_000),
            "taxes": [
                {"label": t("VAT", "moms"), "rate_bps": 2500, "base": dkk(320_000), "amount": dkk(80_000)}
            ],
            "total": dkk(400_000),
            "contingency": dkk(16_000),
        },
        "timeline": {
            "starts_on": "2026-11-30",
            "delivery_on": "2027-04-23",
            "milestones": [
                {"name": t("Requirements approved", "Kravliste godkendt"), "due_on": "2026-12-18"},
                {
                    "name": t("Prototype ready for the test", "Prototype klar til test"),
                    "due_on": "2027-01-29",
                    "note": t("The Client invites the six participants.", "Kunden inviterer de seks deltagere."),
                },
                {"name": t("Design approved", "Design godkendt"), "due_on": "2027-02-12"},
                {"name": t("Shop on the test server", "Butik på testserver"), "due_on": "2027-04-09"},
                {"name": t("Launch", "Lancering"), "due_on": "2027-04-19"},
            ],
            "client_duties": [
                t("access to the order system’s test environment by 8 January 2027;", "adgang til ordresystemets testmiljø senest den 8. januar 2027;"),
                t("product texts and pictures by 1 March 2027;", "varetekster og billeder senest den 1. marts 2027;"),
                t("answers to questions within three working days.", "svar på spørgsmål inden tre arbejdsdage."),
            ],
        },
        "calendar": {
            "weekend": [6, 7],
            "country": "DK",
            "region": None,
            "days_off": ["2026-12-24", "2026-12-31"],
        },
        "expectations": [
            {"key": "U1", "kind": "exclusion", "text": t("Photography, translation and writing of product texts.", "Fotografering, oversættelse og varetekster.")},
            {"key": "U2", "kind": "exclusion", "text": t("Hosting, licences and transaction charges, which the Client pays directly.", "Hosting, licenser og transaktionsgebyrer, som Kunden betaler direkte.")},
            {"key": "F1", "kind": "assumption", "text": t("The order system offers a documented interface for stock, prices and orders.", "Ordresystemet har en dokumenteret grænseflade til lager, priser og ordrer.")},
            {"key": "F2", "kind": "assumption", "text": t("One person at the Client can decide on the design.", "Én person hos Kunden kan træffe beslutning om designet.")},
            {"key": "G1", "kind": "no_guarantee", "text": t("Placement in search engines and growth in turnover.", "Placeringer i søgemaskiner og vækst i omsætningen.")},
        ],
        "payment": {
            "instalments": [
                {"when": t("Phase 1 accepted", "Fase 1 godkendt"), "share_bps": 1250, "due_on": "2026-12-18", "amount": dkk(40_000)},
                {"when": t("Phase 2 accepted", "Fase 2 godkendt"), "due_on": "2027-02-12", "amount": dkk(110_000)},
                {"when": t("Phase 3 accepted", "Fase 3 godkendt"), "due_on": "2027-04-09", "amount": dkk(140_000)},
                {"when": t("Phase 4 accepted", "Fase 4 godkendt"), "due_on": "2027-04-23", "amount": dkk(30_000)},
            ],
            "terms_days": 14,
            "bank": bank(),
        },
        "clauses": _clauses(locale),
        "law": {"jurisdiction": "DK", "venue": t("the District Court in Aarhus (Retten i Aarhus)", "Retten i Aarhus")},
        "signatures": signers(locale),
    }  # fmt: skip
