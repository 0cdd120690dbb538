"""`python -m tests.torture --help`."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.torture.plants import PLANTS
from tests.torture.run import Plan, torture


def main() -> int:
    """One run without a bug and, with --plants, one for each bug; exit code 0 where all went as it must."""
    parser = argparse.ArgumentParser(prog="make torture", description=__doc__)
    parser.add_argument("--seconds", type=int, default=180)
    parser.add_argument("--practices", type=int, default=4)
    parser.add_argument("--engagements", type=int, default=2)
    parser.add_argument("--clients", type=int, default=6)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plant", choices=sorted(PLANTS), help="plant this bug; it must be caught")
    parser.add_argument("--plants", action="store_true", help="afterwards plant each bug in turn")
    given = parser.parse_args()
    went_well = True
    plans = (
        []
        if given.plant
        else [
            Plan(
                given.seconds,
                given.practices,
                given.engagements,
                given.clients,
                given.kills,
                given.seed,
            )
        ]
    )
    for plant in [given.plant] if given.plant else sorted(PLANTS) if given.plants else []:
        plans.append(
            Plan(
                seconds=min(given.seconds, 120),
                practices=1,
                engagements=1,
                clients=4,
                kills=0,
                seed=given.seed,
                plant=plant,
            )
        )
    for plan in plans:
        with tempfile.TemporaryDirectory(prefix="torture") as folder:
            report = asyncio.run(torture(Path(folder), plan))
        print(f"== {plan.plant or 'no bug planted'}\n{report.told()}", flush=True)
        must_find = plan.plant is not None
        if must_find != bool(report.problems):
            went_well = False
            print(f"FAILED: {'the bug was not caught' if must_find else 'something is wrong'}")
    return 0 if went_well else 1


if __name__ == "__main__":
    sys.exit(main())
