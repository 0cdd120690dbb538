"""What the main job is played with: a recorded plan, fees for it, policies, and the change that the client asks for."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PLAN = (HERE / "plan_new_product.json").read_text(encoding="utf-8")
PRICES: list[dict[str, Any]] = json.loads((HERE / "new_product_prices.json").read_text("utf-8"))

RULES: list[dict[str, str]] = [
    {
        "code": "C-1", "category": "CALLS",
        "titleEn": "Calls are booked", "titleDa": "Samtaler aftales",
        "textEn": "Calls are booked at least one working day ahead and last at most 45 minutes.",
        "textDa": "Samtaler aftales mindst en arbejdsdag i forvejen og varer højst 45 minutter.",
        "consequenceEn": "A call missed without notice is billed as half an hour.",
        "consequenceDa": "En samtale, der udebliver uden afbud, faktureres som en halv time.",
    },
    {
        "code": "P-1", "category": "PAYMENT",
        "titleEn": "Invoices are paid within 14 days", "titleDa": "Fakturaer betales inden 14 dage",
        "textEn": "An invoice is due 14 days after its date. Work stops when one is 30 days overdue.",
        "textDa": "En faktura forfalder 14 dage efter fakturadatoen. Arbejdet standses, når en er 30 dage forfalden.",
        "consequenceEn": "Interest runs by law from the day after.", "consequenceDa": "Morarente løber efter loven fra dagen efter.",
    },
    {
        "code": "S-1", "category": "CHANGES",
        "titleEn": "Changes are written down", "titleDa": "Ændringer skrives ned",
        "textEn": "Every wish beyond the scope becomes a change order with its price and its new date before work on it begins.",
        "textDa": "Ethvert ønske ud over ydelsen bliver til en ændringsordre med pris og ny dato, før arbejdet på det begynder.",
        "consequenceEn": "", "consequenceDa": "",
    },
    {
        "code": "R-1", "category": "RESPONSE_TIMES",
        "titleEn": "Answers within one working day", "titleDa": "Svar inden en arbejdsdag",
        "textEn": "We answer mail within one working day, and expect decisions within three.",
        "textDa": "Vi svarer på mail inden en arbejdsdag og forventer beslutninger inden tre.",
        "consequenceEn": "The delivery date moves by the days that a decision is late.",
        "consequenceDa": "Leveringsdatoen flyttes med de dage, en beslutning er forsinket.",
    },
]  # fmt: skip

MORE: list[dict[str, Any]] = [
    {
        "addItem": {
            "key": "21a",
            "parentKey": "15",
            "title": "Children's edition",
            "description": "The same product, smaller, with rounded edges.",
            "durationDays": 8,
            "fee": {"amount": "45000.00", "currency": "DKK"},
            "deliverable": "A second prototype, tested with children",
        }
    },
    {"addDependency": {"predecessorKey": "20", "successorKey": "21a"}},
    {"addDependency": {"predecessorKey": "21a", "successorKey": "21"}},
]
"""What the client asks for in step 5: more work, just before the design is approved."""


def moved(plan: str, today: date) -> str:
    """A recorded plan as one of our own, on the Danish calendar, moved by whole weeks so that it begins two weeks from
    `today` or a little later. What it was recorded to give does not apply then."""
    recorded = json.loads(plan)
    begins = date.fromisoformat(recorded["day_zero"])
    weeks = -((begins - today - timedelta(days=14)) // timedelta(weeks=1))
    shift = timedelta(weeks=weeks)
    parents = {child: parent for parent, family in recorded["children"].items() for child in family}
    items: list[dict[str, Any]] = []
    for item in recorded["items"]:
        own = {
            "id": item["id"],
            "duration_days": item.get("duration", 0),
            "parent": parents.get(item["id"]),
        }
        if "constraint" in item:
            day = date.fromisoformat(item["constraint"]["date"][:10]) + shift
            own["constraint"] = {"type": item["constraint"]["type"], "date": day.isoformat()}
        items.append(own)
    return json.dumps(
        {
            "name": "A new product",
            "start": (begins + shift).isoformat(),
            "calendar": {"country": "DK"},
            "items": items,
            "dependencies": [
                {"from": d["from"], "to": d["to"], "type": d["type"], "lag_days": d["lag"]}
                for d in recorded["deps"]
            ],
        }
    )


def start_of(plan: str) -> str:
    """The date on which a plan begins, recorded or our own."""
    data = json.loads(plan)
    start: str = data.get("start") or data["day_zero"]
    return start
