"""What a word may become that is being typed: runs, quarters, tiers, actions, channels, forms of lists.

The metavar of an option or argument says what it takes, so that a new command completes without a line of its own.
A shell asks at every key: nothing heavy is imported, nothing is checked, and what cannot be read gives no words and no message.
Only names of folders and words of the rules are shown, never a customer's value.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from vip_tiering.base.quarter import Quarter
from vip_tiering.cli.words.language import words

_RUN: Final = re.compile(r"([0-9]{4}Q[1-4])(-asof-[0-9]{8})?|[0-9]{4}-[0-9]{2}")
"""How `vip tier compute` calls a run folder: 2015Q4, 2015Q4-asof-20151130, 2015-11."""
_RECENT: Final = 4
_MOST_CHARACTERS: Final = 38
"""Of what is shown beside a word: Chinese ones are two columns wide, and a line that Typer breaks would be taken for another word."""
_WHAT: Final = {"zh": "what_zh", "en": "what"}


class Word(NamedTuple):
    """A word that may stand there, with what shells show beside it; the field names are those that Typer reads."""

    value: str
    help: str | None = None
    type: str = "plain"


def _word(value: str, what: str) -> Word:
    """Return a word of the rules with what it means, cut to a line; a bracket would be markup."""
    plain = " ".join(what.split()).replace("[", "(").replace("]", ")")
    return Word(value, plain if len(plain) <= _MOST_CHARACTERS else f"{plain[: _MOST_CHARACTERS - 1]}…")


def complete(context: Any, parameter: Any, begun: str) -> list[Any]:  # noqa: ANN401 (those of the vendored parser)
    """Return the `Word`s that the value of a parameter may be and that begin so; its metavar must be one of KINDS."""
    with suppress(Exception):  # a line that is being typed is no place for errors; the command itself will say them
        return [word for word in KINDS[parameter.metavar](context.params, begun) if word.value.startswith(begun)]
    return []


def _runs(options: Mapping[str, Any], begun: str) -> Iterator[Word]:
    """Yield the run folders, newest first: those of the folder that is typed, else those of OUT."""
    folders = [begun.rpartition("/")[0] or "/"] if "/" in begun else []
    yield from map(Word, next(filter(None, map(_runs_in, [*folders, *_outs(options)])), []))


def _outs(options: Mapping[str, Any]) -> list[str]:
    """Return where runs may lie: `--out`, VIP_OUT, and the folder that the documentation uses."""
    return [os.fspath(one) for one in (options.get("out"), os.environ.get("VIP_OUT"), "out") if one]


def _runs_in(folder: str) -> list[str]:
    """Return the published runs in a folder, as paths, newest first."""
    names = sorted((one.name for one in Path(folder).glob("*") if _RUN.fullmatch(one.name)), reverse=True)
    paths = [os.path.join(folder, name) for name in names]  # noqa: PTH118 (as it was typed: a Path forgets ./)
    return [path for path in paths if (Path(path) / "manifest.json").exists()]


def quarters(options: Mapping[str, Any], _begun: str, today: dt.date | None = None) -> Iterator[Word]:
    """Yield the quarters of the runs under OUT, else the newest complete ones; and `last`."""
    runs = next(filter(None, map(_runs_in, _outs(options))), [])
    found = dict.fromkeys(match[1] for path in runs if (match := _RUN.fullmatch(Path(path).name)) and match[1])
    yield from map(Word, found or _recent(today or dt.date.today()))  # noqa: DTZ011 (the bank's own day)
    yield Word("last")


def _recent(today: dt.date) -> list[str]:
    """Return the newest quarters that are complete before a day, newest first."""
    quarters = [Quarter.of(today).previous]
    while len(quarters) < _RECENT:
        quarters.append(quarters[-1].previous)
    return [str(one) for one in quarters]


def _rule_file(options: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a rule file as plain data, unchecked."""
    import yaml

    from vip_tiering.rules.folder import place_of

    place = place_of(options.get("rules") or os.environ.get("VIP_RULES"))
    data: dict[str, Any] = yaml.load((place / name).read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (both are safe)
    return data


def _tiers(options: Mapping[str, Any], _begun: str) -> Iterator[Word]:
    file = _rule_file(options, "tiers.yaml")
    ladders = [file, *file.get("sets", ())]
    yield from dict.fromkeys(_word(one["code"], one["label"]) for ladder in ladders for one in ladder.get("tiers", ()))


def _actions(options: Mapping[str, Any], _begun: str) -> Iterator[Word]:
    file, what = _rule_file(options, "playbooks.yaml"), _WHAT[words().language]
    for part in [*(book.get("actions", ()) for book in file["playbooks"]), file.get("every_tier", ())]:
        yield from (_word(one["id"], one[what]) for one in part)


def _only(options: Mapping[str, Any], begun: str) -> Iterator[Word]:
    yield from _actions(options, begun)
    yield from (_word(one["code"], one["label"]) for one in _rule_file(options, "channels.yaml")["channels"] if one["contact"])
    yield from _tiers(options, begun)


def _profiles(options: Mapping[str, Any], _begun: str) -> Iterator[Word]:
    yield from (_word(one["code"], one["label"]) for one in _rule_file(options, "profiles.yaml")["profiles"])


def _one_of(*values: str) -> Callable[[Mapping[str, Any], str], Iterator[Word]]:
    return lambda _options, _begun: map(Word, values)


KINDS: Final[dict[str, Callable[[Mapping[str, Any], str], Iterator[Word]]]] = {
    **dict.fromkeys(("RUN", "[RUN]", "RUN_BEFORE", "RUN_AFTER", "[CUSTOMER] RUN", "FOLDER"), _runs),
    "QUARTER": quarters,
    **dict.fromkeys(("TIER", "[TIER]"), _tiers),
    "ACTION": _actions,
    "ACTION|CHANNEL|TIER": _only,
    "PROFILE": _profiles,
    **{choice: _one_of(*choice.split("|")) for choice in ("zh|en", "snapshot|changes", "zero", "local|spark")},
}
"""What completes a value, by the metavar of its parameter."""
