"""Engagements, their contracts, and what moved since."""

from schema.engagements.changes import EngagementMutation, EngagementQuery
from schema.engagements.types import Engagement, ServicesContract, engagement_loader

__all__ = [
    "Engagement",
    "EngagementMutation",
    "EngagementQuery",
    "ServicesContract",
    "engagement_loader",
]
