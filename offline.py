"""The commands that need no database and no settings: they compute what they are given, and answer as JSON."""

import json
import os
import re
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

offline = typer.Typer(no_args_is_help=True, add_completion=False)
"""`cli.py` takes these in among its own."""


@offline.command()
def schedule(
    file: Annotated[
        str,
        typer.Argument(help="A file of plans; - is standard input.", show_default=False),
    ] = "-",
    pretty: Annotated[bool, typer.Option("--pretty", help="Indent the answers.")] = False,
) -> None:
    """Schedule plans, without a database: JSON in, one JSON object a line out.

    The input is one plan, an array of plans, or a plan a line:

    \b
      {"name": "Site", "start": "2026-11-02",
       "calendar": {"country": "DK", "region": "", "weekend": [5, 6],
                    "days_off": ["2026-12-24"]},
       "items": [{"id": "a", "duration_days": 5, "parent": null},
                 {"id": "b", "duration_days": 3, "constraint":
                  {"type": "SNET", "date": "2026-11-12"}}],
       "dependencies": [{"from": "a", "to": "b", "type": "FS",
                         "lag_days": 1, "lag_kind": "working"}]}

    Without a calendar every day works; one without a weekend has its country's,
    or Saturday and Sunday (weekdays are numbers from Monday = 0, or names).
    Without a start, which only a plan without dates may lack, day 0 is Monday
    2000-01-03. A lag may be negative, and elapsed. An item that others name as
    parent is a summary.

    A constraint is a kind, or an object of type and date: as_soon_as_possible,
    as_late_as_possible, start_no_earlier_than, start_no_later_than,
    finish_no_earlier_than, finish_no_later_than, must_start_on, must_finish_on,
    or their initials.

    Also read: max_lag_days of a dependency; allocation_percent,
    percent_complete, actual_start, actual_finish and calendar of an item;
    calendars (by key) and status_date of the plan.

    \b
    The answer counts whole working days from 0, the first one's start:
      {"name", "duration_days", "finish_date", "items": [{"id",
       "early_start", "early_finish", "late_start", "late_finish",
       "total_float", "free_float", "critical", "start_date", "finish_date"}]}
    or {"name", "error": {"code", "message", "items": […]}}.

    Exit code 0: every plan was scheduled. 1: an error is among the answers.
    2: the input cannot be read.
    """
    from services.plan_schedules import answers, as_line

    failed = False
    try:
        with sys.stdin.buffer if file == "-" else Path(file).open("rb") as lines:
            for found in answers(lines):
                failed = failed or "error" in found
                sys.stdout.buffer.write(as_line(found, pretty=pretty))
                sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Whoever read has enough. Nothing is left to be flushed at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        typer.secho(f"Cannot read {file}: {error.strerror}", err=True, fg="red")
        raise typer.Exit(2) from None
    raise typer.Exit(1 if failed else 0)


def _part_payment(text: str) -> dict[str, str]:
    found = re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2})=([0-9.]+)", text)
    if found is None:
        raise typer.BadParameter("write it as 2026-03-31=1500.00")
    return {"on": found.group(1), "amount": found.group(2)}


@offline.command()
def interest(  # noqa: PLR0917 - options of a command, not arguments in order
    law: Annotated[str, typer.Option(help="EU, UK, IE, DK, DE, or contract.", show_default=False)],
    principal: Annotated[
        str, typer.Option(help="What was due, as in 10000.00.", show_default=False)
    ],
    currency: Annotated[
        str, typer.Option(help="Its ISO 4217 code, as in DKK.", show_default=False)
    ],
    due: Annotated[
        str, typer.Option(help="The day it was due, as in 2026-01-31.", show_default=False)
    ],
    until: Annotated[
        str,
        typer.Option(
            "--paid-or-until",
            help="The day it was paid, or a day to count to; that day counts.",
            show_default=False,
        ),
    ],
    contract_rate: Annotated[
        str | None, typer.Option(help="The agreed rate a year in percent; for --law contract.")
    ] = None,
    paid: Annotated[
        list[str] | None,
        typer.Option("--payment", help="A part that was paid: DATE=AMOUNT; may be given again."),
    ] = None,
    day_count: Annotated[str, typer.Option(help="act/365, act/act, or 30/360.")] = "act/365",
    consumer: Annotated[
        bool, typer.Option("--consumer", help="The debtor is a consumer (DE, DK, contract).")
    ] = False,
    pretty: Annotated[bool, typer.Option("--pretty", help="Indent the answer.")] = False,
) -> None:
    """Interest on a late payment, explained step by step, as one JSON object.

    Simple interest from the day after the due date. Each step says its days, its rate
    and where that was published, unrounded; the sum is rounded once, half to even. The
    fixed sum for recovery is told apart. A rate that is not known is an error.

    Exit code 0: computed. 1: refused; the answer is {"error": {"code", "message", "field"}}.
    """
    from services.late_interest import computed
    from services.rules.errors import DomainError

    answer: dict[str, Any]
    try:
        answer = computed(
            law=law,
            principal=principal,
            currency=currency,
            due=due,
            until=until,
            contract_rate=contract_rate,
            payments=[_part_payment(each) for each in paid or ()],
            day_count=day_count,
            from_consumer=consumer,
        )
    except DomainError as error:
        answer = {"error": {"code": error.code, "message": error.message, "field": error.field}}
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2 if pretty else None) + "\n")
    raise typer.Exit(1 if "error" in answer else 0)
