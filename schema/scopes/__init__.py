"""Scopes of work: drafts, versions, imports."""

from schema.scopes.reads import ScopeDraft, ScopeVersion

__all__ = ["ScopeDraft", "ScopeVersion"]
