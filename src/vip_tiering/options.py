"""What several groups of commands share: the style of their help, and options of the same meaning."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import typer

STYLE: Final[dict[str, Any]] = {"no_args_is_help": True, "rich_markup_mode": None, "add_completion": False}

RulesOption = Annotated[
    Path | None,
    typer.Option("--rules", envvar="VIP_RULES", metavar="DIR", help="Folder of the rules; default: ./rules, else the packaged ones."),
]
