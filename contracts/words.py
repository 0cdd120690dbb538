"""The few words of a language that stand in every document: ``words.ini`` of its folder."""

import configparser
from pathlib import Path


def read_words(folder: Path) -> dict[str, str]:
    """The words of ``folder``, a language's folder of templates, by name."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string((folder / "words.ini").read_text("utf-8"))
    return dict(parser["words"])
