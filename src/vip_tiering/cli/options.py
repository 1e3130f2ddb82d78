"""What commands share: the style of their help, options of the same meaning, and how the words of an option are read."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from vip_tiering.base.errors import UsageError
from vip_tiering.base.quarter import DAY_WANTED, day_of

STYLE: Final[dict[str, Any]] = {
    "no_args_is_help": True,
    "rich_markup_mode": None,
    "add_completion": False,
    "context_settings": {"help_option_names": ["--help", "-h"]},  # messages name the first
}
RulesOption = Annotated[
    Path | None,
    typer.Option("--rules", envvar="VIP_RULES", metavar="DIR", help="Folder of the rules; default: ./rules, else the packaged ones."),
]
MaxBytesOption = Annotated[str, typer.Option(envvar="VIP_MAX_BYTES", metavar="SIZE", help="What one extract may take in memory: 500M, 4G.")]
CustomersOption = Annotated[
    Path, typer.Option("--customers", envvar="VIP_CUSTOMERS", metavar="FILE", help="Customer file (CSV, .xlsx, Parquet).")
]
HoldersOption = typer.Option(
    "--customers", envvar="VIP_CUSTOMERS", metavar="FILE", help="Customer file (CSV, .xlsx, Parquet): branches, managers."
)
PreviousOption = Annotated[
    Path | None, typer.Option(envvar="VIP_PREVIOUS", metavar="RUN", help="The run it was compared with; default: the one beside it.")
]
FeesOption = Annotated[
    Path | None, typer.Option(envvar="VIP_FEES", metavar="FILE", help="Fee income of the quarter, for K-FEE (CSV, .xlsx, Parquet).")
]
LobbyOption = Annotated[
    Path | None, typer.Option(envvar="VIP_LOBBY", metavar="FILE", help="Events in the branch hall in the quarter, for K-LOBBY.")
]
EventsOption = Annotated[
    Path | None, typer.Option(envvar="VIP_EVENTS", metavar="FILE", help="Maturities, points, new products, family events.")
]
ContactLogOption = Annotated[
    Path | None, typer.Option(envvar="VIP_CONTACT_LOG", metavar="FILE", help="Contacts made elsewhere; they bind as results do.")
]
DoNotContactOption = Annotated[
    Path | None, typer.Option(envvar="VIP_DO_NOT_CONTACT", metavar="FILE", help="Customers and numbers that must not be contacted.")
]
ReplaceFileOption = Annotated[bool, typer.Option("--replace", help="Write over the file of --out where it stands already.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", envvar="VIP_QUIET", help="Print nothing but warnings and errors.")]


def folder_of(text: str) -> Path:
    """Return a folder; an empty text, from a variable that was not set, would mean the working folder."""
    if not text:
        raise typer.BadParameter("is empty; was a variable not set?")
    return Path(text)


def refuse_other_ending(option: str, path: Path | None, *endings: str) -> None:
    """Refuse a name that promises another kind of file than the one that is written; a usage error."""
    if path is not None and path.suffix.lower() not in endings:
        raise UsageError(f"{option}: must end in {' or '.join(endings)}")


PrivateOption = Annotated[
    Path | None,
    typer.Option(envvar="VIP_PRIVATE_OUT", metavar="DIR", parser=folder_of, help="Folder of the private parts; default: OUT.private."),
]


PrivateOfListsOption = Annotated[
    Path | None,
    typer.Option(envvar="VIP_PRIVATE_OUT", metavar="DIR", parser=folder_of, help="Private folder of the exports; default: LISTS.private."),
]


def out_option(what: str) -> Any:  # noqa: ANN401 (typer's own kind)
    """Return the option that says where a result is published."""
    return typer.Option("--out", envvar="VIP_OUT", metavar="DIR", parser=folder_of, help=f"Folder that receives {what}.")


def file_option(what: str) -> Any:  # noqa: ANN401 (typer's own kind)
    """Return the option that names a CSV to be written; no variable gives it, for VIP_OUT is a folder."""
    return typer.Option("--out", metavar="FILE.csv", help=f"CSV that receives {what}.")


def json_option(what: str) -> Any:  # noqa: ANN401 (typer's own kind)
    """Return the option that prints a result for programs."""
    return typer.Option("--json", envvar="VIP_JSON", help=f"Print {what} as one JSON document.")


def choice_of(option: str, text: str | None, choices: tuple[str, ...]) -> str | None:
    """Return one of several words; another is a usage error."""
    if text is not None and text not in choices:
        raise UsageError(f"{option}: must be {' or '.join(choices)}")
    return text


def year_of(text: str) -> int:
    """Return the year of --year; anything but four digits is a usage error."""
    if not re.fullmatch("[0-9]{4}", text):
        raise UsageError("--year: must be a year of four digits, such as 2016")
    return int(text)


def date_of(option: str, text: str) -> dt.date:
    """Return a day in any of the forms that files may have; anything else is a usage error."""
    day = day_of(text)
    if day is None:
        raise UsageError(f"{option}: must be {DAY_WANTED}")
    return day


def day_or_today(text: str) -> dt.date:
    """Return the day of --on, or the bank's own day where it says `today`."""
    return date_of("--on", text) if text != "today" else dt.date.today()  # noqa: DTZ011 (the bank's own day)


def on_command_line(ctx: typer.Context, name: str) -> bool:
    """Tell whether an option was given, and not by a variable."""
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
