"""Finds the codes that the source really raises; run as a module, it writes them into schema/error_codes.py.

python -m tests.schema.collect_codes
"""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENUM_FILE = ROOT / "schema" / "error_codes.py"
# Not user errors: how the endpoint itself answers a request that it does not run, or an accident.
TRANSPORT_CODES = {"BAD_REQUEST", "INTERNAL", "TOO_COSTLY"}
_CODE = re.compile(r"[A-Z][A-Z0-9_]*")


def codes_in(source: str) -> set[str]:
    """Every literal given as `code=` in a call, or as a class's `default_code`; both arms of a conditional count.

    The keys of a `_REFUSALS` as well: what the database may answer.
    """
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        is_argument = isinstance(node, ast.keyword) and node.arg == "code"
        is_default = isinstance(node, ast.Assign) and "default_code" in {
            target.id for target in node.targets if isinstance(target, ast.Name)
        }
        if is_argument or is_default:
            found |= _literals(node.value)
        is_table = isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "_REFUSALS"
        if is_table and isinstance(node.value, ast.Dict):
            found |= {code for key in node.value.keys if key for code in _literals(key)}
    return {code for code in found if _CODE.fullmatch(code)}


def _literals(node: ast.expr) -> set[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return _literals(node.body) | _literals(node.orelse)
    return set()


def raised_codes() -> set[str]:
    """The codes raised anywhere in services/ and schema/."""
    found: set[str] = set()
    for package in ("services", "schema"):
        for path in (ROOT / package).rglob("*.py"):
            if "node_modules" not in path.parts:
                found |= codes_in(path.read_text("utf-8"))
    return found - TRANSPORT_CODES


def main() -> None:
    """Rewrite the members of the enum."""
    text = ENUM_FILE.read_text("utf-8")
    head = re.split(r"^    [A-Z][A-Z0-9_]* = ", text, maxsplit=1, flags=re.MULTILINE)[0]
    members = "".join(f'    {code} = "{code}"\n' for code in sorted(raised_codes()))
    ENUM_FILE.write_text(head + members, "utf-8")


if __name__ == "__main__":
    main()
