"""A scope as a file: CSV and JSON as `services.rules.plan_files` reads them, and Microsoft Project's XML.

What is written is read back equal: the same items, links, calendars and, in JSON, expectations. Files for calendars are made by
`services.scopes.calendar_files`, with a package that these rules may not use.
"""

from services.rules.plan_exports.exported import ExportedPlan, PlannedItem
from services.rules.plan_exports.json_plans import write_json
from services.rules.plan_exports.project_files import write_project
from services.rules.plan_exports.tables import write_csv

__all__ = ["ExportedPlan", "PlannedItem", "write_csv", "write_json", "write_project"]
