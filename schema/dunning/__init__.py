"""Late payers: the ladder, its notices, and what delay costs."""

from schema.dunning.changes import DunningMutation
from schema.dunning.reads import DunningQuery
from schema.dunning.types import DunningNotice, LateCharge

__all__ = ["DunningMutation", "DunningNotice", "DunningQuery", "LateCharge"]
