"""vip.yaml: where a bank's files lie and where results go, said once for every morning. An option beats a variable, a variable the file."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import Field

from vip_tiering.base.disk import reading
from vip_tiering.base.errors import RulesError, UsageError
from vip_tiering.base.words import LANGUAGES, Language
from vip_tiering.rules.extracts import Kind
from vip_tiering.rules.folder import packaged_rules
from vip_tiering.rules.forms import RuleFile, Version, Words, check
from vip_tiering.rules.yaml_file import MOST_BYTES, Document

NAME: Final = "vip.yaml"
"""The file that is taken from the working folder where no other is named."""
RULES: Final = "rules"
"""The folder beside that file whose rules hold where it names none."""
KEPT: Final = 20
"""How many provisional runs stay by a file that `vip config init` writes."""
_PATHS: Final = ("out", "rules", "customers", "events", "contact_log", "do_not_contact", "reports", "lists", "private_out")
Source = Literal["option", "variable", "file", "beside", "default"]
"""Where a value comes from, the strongest first; `beside`: it lies beside the file of settings, which does not name it."""


class ConfigFile(RuleFile):
    """Settings of `vip run`. A path that is not absolute begins at the folder of this file."""

    version: Version = 1
    extracts: Annotated[list[Words], Field(min_length=1, description="balance extracts: files, folders or globs")] | None = None
    out: Annotated[Words, Field(description="folder that receives the runs")] | None = None
    rules: Annotated[Words, Field(description="folder of the rules; else rules beside this file, else the packaged ones")] | None = None
    customers: Annotated[Words, Field(description="customer file; reports and lists need it")] | None = None
    events: Annotated[Words, Field(description="maturities, points, new products, family events")] | None = None
    contact_log: Annotated[Words, Field(description="contacts made elsewhere")] | None = None
    do_not_contact: Annotated[Words, Field(description="customers and numbers that must not be contacted")] | None = None
    reports: Annotated[Words, Field(description="folder that receives the reports; without it none is made")] | None = None
    lists: Annotated[Words, Field(description="folder that receives the lists of each day; without it none are made")] | None = None
    private_out: Annotated[Words, Field(description="folder of the private lists; else LISTS.private")] | None = None
    kind: Annotated[Kind, Field(description="what a row of an extract means; else as the rules say")] | None = None
    opening: Annotated[Literal["zero"], Field(description="with changes: balances before the first row are zero")] | None = None
    max_rejects: Annotated[Words, Field(description='how many rows may be rejected, in quotes: "12" or "0.1%"')] | None = None
    max_bytes: Annotated[Words, Field(description="what one extract may take in memory: 500M, 4G")] | None = None
    keep_provisional: (
        Annotated[int, Field(ge=1, description="how many provisional runs stay, the newest ones, with their reports; else all")] | None
    ) = None
    time_zone: Annotated[Words, Field(description="time zone of the bank, such as Asia/Shanghai; else of this machine")] | None = None
    lang: Annotated[Language, Field(description="language of what people read: zh or en")] | None = None

    def check(self, document: Document) -> None:
        """Add a time zone that this machine does not know."""
        if self.time_zone is not None and zone_of(self.time_zone) is None:
            document.add(("time_zone",), "is not a time zone that this machine knows; write one such as Asia/Shanghai")


SETTINGS: Final = tuple(name for name in ConfigFile.model_fields if name != "version")
"""Every setting, in the order in which people see them."""
_DEFAULTS: Final[dict[str, Any]] = {"max_rejects": "0", "max_bytes": "4G", "lang": "zh"}


@dataclass(frozen=True)
class Settings:
    """What holds this morning. `values`: by the names of `SETTINGS`, paths as Path; `sources`: where each comes from."""

    values: Mapping[str, Any]
    sources: Mapping[str, Source]
    file: Path | None

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 (of any setting)
        """Return a value; None where nothing is set."""
        return self.values[name]


def variable_of(name: str) -> str:
    """Return the variable of a setting."""
    return f"VIP_{name.upper()}"


def settings_of(options: Mapping[str, Any], environment: Mapping[str, str], config: Path | None, folder: Path) -> Settings:
    """Return the settings: of the options that were given, of the environment, of the file.

    `config`: the file that was named by `--config`, else that of VIP_CONFIG, else `vip.yaml` in `folder` where there is one.
    Rules that nobody names are those beside the file, or without a file those in `folder`; never those of the folder where cron starts.
    Raises RulesError with every mistake of the file, and where a named one is absent; UsageError for a wrong option or variable.
    """
    named = config or (Path(environment["VIP_CONFIG"]) if environment.get("VIP_CONFIG") else None)
    file = named or (folder / NAME if (folder / NAME).is_file() else None)
    in_file = {} if file is None else _read(file)
    beside = (file.resolve().parent if file else folder) / RULES
    in_variables = {name: _of_variable(name, text) for name in SETTINGS if (text := environment.get(variable_of(name)))}
    layers: list[tuple[Source, Mapping[str, Any]]] = [
        ("option", {name: value for name, value in options.items() if value is not None}),
        ("variable", in_variables),
        ("file", in_file),
        ("beside", {"rules": beside} if beside.is_dir() else {}),
        ("default", {**_DEFAULTS, "rules": packaged_rules()}),
    ]
    values: dict[str, Any] = dict.fromkeys(SETTINGS)
    sources: dict[str, Source] = dict.fromkeys(SETTINGS, "default")
    for source, layer in reversed(layers):
        for name in SETTINGS:
            if name in layer:
                values[name], sources[name] = layer[name], source
    _refuse_unknown(values, sources)
    return Settings(values, sources, file)


def refuse_lacking(settings: Settings) -> None:
    """Refuse settings without which no morning can be: one line that names all that lack."""
    lacking = [name for name in ("extracts", "out") if settings[name] is None]
    if lacking:
        where = f"write {' and '.join(lacking)} into {settings.file}" if settings.file else f"write them into {NAME} with vip config init"
        raise UsageError(f"{' and '.join(lacking)}: {'is' if len(lacking) == 1 else 'are'} not set; {where}, or give --{lacking[0]}")


def file_of(extracts: str, customers: str, results: str, lang: Language, *, rules: bool = False) -> bytes:
    """Return the content of a file of settings; without a customer file there are runs alone. `rules`: a folder of them lies beside it."""
    document: dict[str, Any] = {"version": 1, "extracts": [extracts], "out": f"{results}/tiers", **({"rules": RULES} if rules else {})}
    if customers:
        document |= {"customers": customers, "reports": f"{results}/reports", "lists": f"{results}/lists"}
    return yaml.safe_dump({**document, "keep_provisional": KEPT, "lang": lang}, allow_unicode=True, sort_keys=False).encode()


def rules_named(folder: Path) -> str:
    """Return how people are told of a folder of rules."""
    return "packaged rules" if folder == packaged_rules() else str(folder)


def zone_of(name: str) -> ZoneInfo | None:
    """Return a time zone by its name; None where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return None


def _read(file: Path) -> dict[str, Any]:
    """Return what a file sets; its paths begin at its folder."""
    with reading(file):
        if not file.is_file():
            raise RulesError(f"{file}: there is no such file; make one with vip config init")
        with file.open("rb") as source:
            content = source.read(MOST_BYTES + 1)
    document = check(content, ConfigFile, file.name)
    if document.problems:
        raise RulesError(document.lines())
    found: dict[str, Any] = document.model.model_dump(exclude_none=True, exclude={"version"})
    begin = file.resolve().parent
    for name in _PATHS:
        if name in found:
            found[name] = begin / found[name]
    if "extracts" in found:
        found["extracts"] = [str(begin / one) for one in found["extracts"]]
    return found


def _of_variable(name: str, text: str) -> Any:  # noqa: ANN401 (of any setting)
    if name == "extracts":
        return [one for one in text.split(os.pathsep) if one]
    if name == "keep_provisional" and re.fullmatch("[1-9][0-9]{0,5}", text):
        return int(text)
    return Path(text) if name in _PATHS else text


def _refuse_unknown(values: Mapping[str, Any], sources: Mapping[str, Source]) -> None:
    """Refuse words that the form of the file would refuse, where they come from an option or a variable."""
    keep = values["keep_provisional"]
    if isinstance(keep, str):
        raise UsageError(f"{_called('keep_provisional', sources['keep_provisional'])}: must be a number from 1 up")
    choices = {"kind": ("snapshot", "changes"), "opening": ("zero",), "lang": LANGUAGES}
    for name, known in choices.items():
        if values[name] is not None and values[name] not in known:
            raise UsageError(f"{_called(name, sources[name])}: must be {' or '.join(known)}")
    if values["time_zone"] is not None and zone_of(values["time_zone"]) is None:
        raise UsageError(f"{_called('time_zone', sources['time_zone'])}: is not a time zone that this machine knows, such as Asia/Shanghai")


def _called(name: str, source: Source) -> str:
    """Return how people named a setting."""
    return variable_of(name) if source == "variable" else f"--{name.replace('_', '-')}"
