"""Gantt pictures of an engagement's plans: baseline against current, a change before and after, a contract, a forecast.

`services.rules.gantts` lays out and draws; this package gathers the plans, writes the words, signs the links. For a document,
`gantt_png` and `gantt_svg` take a `GanttRequest` inside the caller's unit of work.
"""

from services.gantts.papers import PaperPicture, PlanTable, paper_picture, plan_table
from services.gantts.pictures import (
    GanttFile,
    GanttLinks,
    GanttRequest,
    Subject,
    gantt_chart,
    gantt_links,
    gantt_png,
    gantt_svg,
    open_link,
)

__all__ = [
    "GanttFile",
    "GanttLinks",
    "GanttRequest",
    "PaperPicture",
    "PlanTable",
    "Subject",
    "gantt_chart",
    "gantt_links",
    "gantt_png",
    "gantt_svg",
    "open_link",
    "paper_picture",
    "plan_table",
]
