"""Scopes of work: the draft before the contract, the versions after it, and what moved between them."""

from services.scopes.drafts import (
    DraftReading,
    ItemPrice,
    change_draft,
    draft_scope,
    import_scope,
    preview_import,
    price_items,
    read_draft,
    set_expectations,
)
from services.scopes.imports import FileFormat, ScopePreview
from services.scopes.readings import EngagementVariance, ItemVariance, agreed_calendar, variance
from services.scopes.rows import ScopeState
from services.scopes.versions import (
    ScopeTerms,
    compute_state,
    current_version,
    load_scope,
    terms_of_engagement,
    terms_of_version,
    write_version,
)

__all__ = [
    "DraftReading",
    "EngagementVariance",
    "FileFormat",
    "ItemPrice",
    "ItemVariance",
    "ScopePreview",
    "ScopeState",
    "ScopeTerms",
    "agreed_calendar",
    "change_draft",
    "compute_state",
    "current_version",
    "draft_scope",
    "import_scope",
    "load_scope",
    "preview_import",
    "price_items",
    "read_draft",
    "set_expectations",
    "terms_of_engagement",
    "terms_of_version",
    "variance",
    "write_version",
]
