"""`cli.py serve` with a bug in it: `python tests/torture/planted_server.py <plant>`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.torture.plants import PLANTS

if __name__ == "__main__":
    PLANTS[sys.argv[1]].patch()
    sys.argv = ["scopewright", "serve"]
    from cli import app

    app()
