"""The schedule of a scope: critical path method on a working calendar.

The model: an item occupies the working days between two boundaries (see `services.rules.calendars`). A forward pass finds
the earliest boundaries, a backward pass from the project's finish the latest; total float is the room between them, and
what has none is critical. All arithmetic is on whole numbers; dates exist only at the edge.

The rules, which equal what Microsoft Project stores (the tests compare a real plan item by item):

* A *summary* is an item that another item names as parent. It has no duration of its own; its dates roll up. A link drawn on
  a summary binds all of its leaves, at either end: what follows a summary waits for every leaf in it.
* Early start is never before the project's start, late finish never after the project's finish.
* A milestone has duration 0. It is shown on the day before its boundary, when the work before it ends (on the first day, if
  the boundary is the start; on its own date, if a start constraint put it there).
* Free float is the smallest slack of the links drawn on the item itself, not on a summary above it, and at most the total
  float. Where no link leaves the item it is the room to the project's finish, likewise capped.
* `start no earlier than` and `finish no earlier than` push an item later. `start no later than` and `finish no later than`
  never move an item, they pull its late dates and so may make floats negative: the plan says by how much it breaks its
  promise. `must start on` and `must finish on` do both. Links win over them: work never starts before what it needs.
* A constraint on a summary holds for each of its leaves.
* Lag counts working days. An elapsed lag counts calendar days from the evening (finish) or morning (start) of the
  predecessor, and what follows goes on at the next working day.

And those on which tools differ, each as said:

* `as late as possible` plans an item at the last boundary that moves neither a successor as planned nor the finish. This is
  Primavera's zero-free-float constraint; Microsoft Project's takes the total float and pushes the successors too. Only the
  planned dates move; early and late dates and floats stay what the passes found. What has begun goes on as soon as it can.
* Part time: an item with a share of the day takes its duration divided by the share, rounded up to whole days.
* Progress holds as of the evening of the status date. What is done stays: early, late and planned dates are the actual ones,
  its float is 0 and it is not critical. What has started keeps its actual start; the rest of its duration, rounded up, follows
  the status date and whatever precedes it, though it began out of sequence (Primavera's *retained logic*, its default, as
  against progress override). Its total float is that of its finish. What has not begun begins after the status date. Actual
  dates may lie before the project's start or on days off; boundaries then count the working days that passed. Start
  constraints end when an item starts, all when it is done. A summary's percent weighs its leaves by planned duration.
* An item with a calendar of its own works on that calendar's days, counts its duration and floats in them (as Primavera
  does), and reads its constraints on them. Lags count the project's days (see `lags`), and boundaries are reported in them.
* A maximal lag says that the successor's event comes no later than so many days after the predecessor's: it pulls the
  predecessor up. On summaries it binds every leaf to every leaf. A link with negative lag drawn backwards says the same (metra
  potential method, Roy 1959; the RCPSP/max instances of ProGen/max), so circles that close through one are computed (Bellman
  1958, Ford 1956) and refused only when they gain: SCHEDULE_CONTRADICTION, with the links. A circle of start-to-start links
  without lag says "start together", one of finish-to-finish links "finish together". Circles of other links are mistakes:
  SCHEDULE_CYCLE. A maximal lag after what has happened only shows as negative float.

`prepare_plan` checks and lays out, `compute_plan` runs the passes, `revised` computes again after a change by what moves, and
`compute_schedule` and `reschedule` do so from plain lists. What this package does not do: resources.
"""

from services.rules.schedule.compute import compute_schedule, reschedule
from services.rules.schedule.computed import Computed, compute_plan
from services.rules.schedule.items import (
    MAX_DURATION_DAYS,
    WHOLE_BPS,
    ConstraintKind,
    LagKind,
    LinkKind,
    Schedule,
    ScheduledItem,
    ScheduleItem,
    ScheduleLink,
)
from services.rules.schedule.network import PreparedPlan
from services.rules.schedule.prepare import check_network, prepare_plan
from services.rules.schedule.results import make_schedule
from services.rules.schedule.revision import revised

__all__ = [
    "MAX_DURATION_DAYS",
    "WHOLE_BPS",
    "Computed",
    "ConstraintKind",
    "LagKind",
    "LinkKind",
    "PreparedPlan",
    "Schedule",
    "ScheduleItem",
    "ScheduleLink",
    "ScheduledItem",
    "check_network",
    "compute_plan",
    "compute_schedule",
    "make_schedule",
    "prepare_plan",
    "reschedule",
    "revised",
]
