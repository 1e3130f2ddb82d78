"""By what Chinese names begin: the words of surnames.yaml, which stands beside this module."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import NamedTuple

import yaml


class Surnames(NamedTuple):
    """Surnames of one and of two characters, and by what names of other peoples begin that look like a Chinese one."""

    single: tuple[str, ...]
    compound: tuple[str, ...]
    other_names: tuple[str, ...]


@cache
def surnames() -> Surnames:
    """Return the words of the file."""
    words = yaml.safe_load(files(__package__).joinpath("surnames.yaml").read_text(encoding="utf-8"))
    return Surnames(tuple("".join(words["single"].split())), tuple(words["compound"].split()), tuple(words["other_names"].split()))
