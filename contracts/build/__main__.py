"""``python -m contracts.build [--check]``: write the .docx templates, or say which are stale."""

import sys
from pathlib import Path

from contracts.build.package import build
from contracts.build.source import SourceError

TEMPLATES = Path(__file__).parent.parent / "templates"


def main(arguments: list[str]) -> int:
    """Returns the exit status: 1 if a source is wrong, or, with --check, if a template is stale."""
    check = "--check" in arguments
    status = 0
    for source in sorted(TEMPLATES.glob("*/*.md")):
        target = source.with_suffix(".docx")
        try:
            content = build(source)
        except SourceError as error:
            sys.stderr.write(f"{source.parent.name}/{source.name}: {error}\n")
            status = 1
            continue
        if target.exists() and target.read_bytes() == content:
            continue
        if check:
            sys.stderr.write(f"{target.parent.name}/{target.name} is not what its source gives\n")
            status = 1
        else:
            target.write_bytes(content)
            sys.stdout.write(f"wrote {target.parent.name}/{target.name}\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
