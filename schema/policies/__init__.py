"""Policies and procedures, and who has signed them off."""

from schema.policies.changes import PolicyMutation
from schema.policies.reads import PolicyQuery
from schema.policies.types import PolicyRule, PolicySignOff, PolicyVersion

__all__ = ["PolicyMutation", "PolicyQuery", "PolicyRule", "PolicySignOff", "PolicyVersion"]
