"""What scopes and change orders are both written with."""

import strawberry

from services.rules.scope import ExpectationKind


@strawberry.input(description="A sentence on what the client may not, or must, count on.")
class ExpectationInput:
    """Recorded and printed."""

    kind: ExpectationKind = strawberry.field(description="Exclusion, assumption or not guaranteed.")
    text: str = strawberry.field(description="The sentence.")
