"""The plan of the house: what imports what, and where things lie. `make lint` checks the layers; these go further."""

import ast
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("schema", "services", "contracts", "db", "portal")


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports, wherever in it, relative ones made absolute."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                base = package[: len(package) - node.level + 1]
                yield ".".join([*base, node.module or ""]).rstrip(".")
            elif node.module:
                yield node.module


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_of_ours_is_the_one_that_is_imported(name: str) -> None:
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin).parent == ROOT / name


def test_rules_use_the_standard_library_and_each_other() -> None:
    strangers = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / "services" / "rules").rglob("*.py")
        for name in imports(path)
        if name.split(".")[0] not in sys.stdlib_module_names
        and not name.startswith("services.rules")
    }
    assert strangers == set()


def test_no_package_reads_the_settings() -> None:
    # The wiring at the top does, and hands each part the one value it needs.
    readers = {
        path.relative_to(ROOT).as_posix()
        for name in PACKAGES
        for path in (ROOT / name).rglob("*.py")
        if "settings" in {imported.split(".")[0] for imported in imports(path)}
    }
    assert readers == set()


def test_every_folder_of_tests_is_a_package_of_ours() -> None:
    # Piccolo's wheel ships a top-level `tests` without __init__.py, which would otherwise merge with this one.
    bare = {
        path.parent.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests").rglob("*.py")
        if not (path.parent / "__init__.py").exists()
    }
    assert bare == set()


def test_no_module_goes_by_a_name_that_says_nothing() -> None:
    empty_words = {"utils", "helpers", "common", "manager", "misc"}
    found = {
        path.relative_to(ROOT).as_posix()
        for name in PACKAGES
        for path in (ROOT / name).rglob("*.py")
        if path.stem in empty_words
    }
    assert found == set()
