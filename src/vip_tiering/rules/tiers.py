"""tiers.yaml: the tiers and their lower bounds, and the ladder that is in force for a quarter."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, PlainValidator, StrictInt, WithJsonSchema
from pydantic_core import PydanticCustomError

from vip_tiering.base.money import AMOUNT_LIMIT_FEN, FEN_PER_YUAN
from vip_tiering.base.schema import RESERVED_CODES, UNTIERED
from vip_tiering.rules.forms import (
    OWN_MESSAGE,
    Code,
    FileName,
    Label,
    RuleFile,
    Source,
    Strict,
    Version,
    check_known,
    stands_misspelled,
)
from vip_tiering.rules.yaml_file import Document, Path, path_text

_BOUND: Final = re.compile(r"-?(0|[1-9][0-9]{0,999})(\.[0-9]{1,2})?")
_SHARE: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,4})?%")
_BOUND_SCHEMA: Final = {
    "description": "lower bound in yuan: a whole number, or a quoted decimal; the bound itself belongs to the tier",
    "anyOf": [
        {"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": AMOUNT_LIMIT_FEN // FEN_PER_YUAN},
        {"type": "string", "pattern": r"^(0\.(0[1-9]|[1-9][0-9]?)|[1-9][0-9]{0,11}(\.[0-9]{1,2})?)$"},
    ],
}


def bound_fen(bound: object) -> int | None:
    """Return a bound in exact fen; None where its form or size is wrong."""
    if isinstance(bound, bool) or not isinstance(bound, int | str) or not _BOUND.fullmatch(str(bound)):
        return None
    whole, _, part = str(bound).partition(".")
    fen = int(whole) * FEN_PER_YUAN + int(part.ljust(2, "0"))
    return fen if not whole.startswith("-") and 0 < fen < AMOUNT_LIMIT_FEN else None


def _check_bound(bound: object) -> object:
    if isinstance(bound, bool) or not isinstance(bound, int | str) or not _BOUND.fullmatch(str(bound)):
        form = 'must be whole yuan without a leading zero (20000), or a quoted decimal with at most two places ("20000.50")'
        raise PydanticCustomError(OWN_MESSAGE, form)
    if bound_fen(bound) is None:
        raise PydanticCustomError(OWN_MESSAGE, "must be greater than 0 and less than 1000000000000")
    return bound


Yuan = Annotated[int | str, PlainValidator(_check_bound), WithJsonSchema(_BOUND_SCHEMA)]


def is_share(share: object) -> bool:
    """Tell whether a value has the form of a share."""
    return isinstance(share, str) and _SHARE.fullmatch(share) is not None


def share_of(text: str) -> Fraction:
    """Return a share, exactly."""
    return Fraction(text[:-1]) / 100


def _check_share(share: object) -> object:
    if not is_share(share) or share_of(str(share)) > 1:
        raise PydanticCustomError(OWN_MESSAGE, 'must be a quoted share of at most 100 %, such as "90%"')
    return share


SHARE_SCHEMA: Final = WithJsonSchema({"type": "string", "pattern": f"^{_SHARE.pattern}$"})
Share = Annotated[str, PlainValidator(_check_share), SHARE_SCHEMA]


class Tier(Strict):
    """One step of the ladder: customers with an average of `min` yuan or more, below the next step's `min`."""

    code: Code
    label: Label
    min: Yuan

    @property
    def min_fen(self) -> int:
        """The lower bound in fen."""
        return bound_fen(self.min) or 0  # a Tier is checked when it is made: never 0


Tiers = Annotated[list[Tier], Field(min_length=1, description="the ladder, from the lowest tier to the highest")]


class OutlookRule(Strict):
    """From where on a customer is near another tier (semantics 10.4)."""

    near_up: Annotated[Share, Field(description="share of the next tier's bound that the projected average must reach")] = "90%"
    near_down: Annotated[Share, Field(description="share of the tier's own bound that may be taken out at most")] = "5%"

    @property
    def shares(self) -> tuple[Fraction, Fraction]:
        """Both shares, exactly."""
        return share_of(self.near_up), share_of(self.near_down)


class RetentionRule(Strict):
    """Who falls keeps the tier for a while (semantics 3.4)."""

    tiers: Annotated[list[Code], Field(min_length=1, description="the tiers that are kept")]
    grace_quarters: Annotated[StrictInt, Field(ge=1, le=40, description="for so many official quarters")]
    fall_to: Annotated[
        Literal["evaluated", "one_step"], Field(description="after that: to the computed tier, or one tier lower each quarter")
    ] = "evaluated"


class TierSet(Strict):
    """A ladder that is in force from a day on."""

    valid_from: Annotated[dt.date, Field(description="in force for quarters that begin on this day or later, until a newer set")]
    source: Source | None = None
    tiers: Tiers


class TiersFile(RuleFile):
    """The tiers and their lower bounds: one ladder (`tiers`), or several by the day from which they are in force (`sets`)."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["tiers"]}, {"required": ["sets"]}]})

    version: Version
    source: Source | None = None
    tiers: Tiers | None = None
    sets: Annotated[list[TierSet], Field(min_length=1, description="several ladders; the newest in force counts")] | None = None
    outlook: Annotated[OutlookRule, Field(description="from where on a customer is near another tier")] = OutlookRule()
    retention: Annotated[RetentionRule, Field(description="who falls keeps the tier for a while; nobody does without it")] | None = None
    overrides: Annotated[FileName, Field(description="CSV beside this file: customer_id,tier,reason,approved_by,valid_until")] | None = None

    @property
    def ladders(self) -> tuple[Ladder, ...]:
        """Every ladder, in the order of the file."""
        if self.tiers is not None:
            return (Ladder(tuple(self.tiers), self.source or ""),)
        return tuple(Ladder(tuple(one.tiers), one.source or self.source or "", one.valid_from) for one in self.sets or ())

    @property
    def labels(self) -> dict[str, str]:
        """Code and label of every tier of every ladder, lowest first."""
        return {tier.code: tier.label for ladder in self.ladders for tier in ladder.tiers}

    def check(self, document: Document) -> None:
        """Add tiers that are kept and stand in no ladder."""
        for index, code in enumerate(self.retention.tiers if self.retention else ()):
            check_known(document, ("retention", "tiers", index), code, self.labels, "the tiers")

    @classmethod
    def check_data(cls, document: Document) -> None:
        """Add what only several values together can show: order of bounds, repeated codes and labels, repeated days."""
        data = document.data
        if "tiers" in data and "sets" in data:
            document.add(("sets",), "must not stand beside tiers; write either tiers or sets", at_key=True)
        elif "tiers" not in data and "sets" not in data and not any(stands_misspelled(document, (key,)) for key in ("tiers", "sets")):
            document.add((), "must hold either tiers or sets")
        _check_ladder(document, ("tiers",), data.get("tiers"))
        sets = data.get("sets")
        days: dict[dt.date, int] = {}
        for index, one in enumerate(sets if isinstance(sets, list) else []):
            if not isinstance(one, dict):
                continue
            _check_ladder(document, ("sets", index, "tiers"), one.get("tiers"))
            day = one.get("valid_from")
            if isinstance(day, dt.date) and (first := days.setdefault(day, index)) != index:
                document.add(("sets", index, "valid_from"), f"must differ from sets[{first}].valid_from")


def _check_ladder(document: Document, path: Path, tiers: object) -> None:
    """Add the problems of one ladder, spec: `[min, next min)`, lowest first."""
    below: tuple[int, int] | None = None
    first_use: dict[tuple[str, str], int] = {}
    for index, tier in enumerate(tiers if isinstance(tiers, list) else []):
        if not isinstance(tier, dict):
            continue
        here = (*path, index)
        for key, reserved in (("code", RESERVED_CODES.keys()), ("label", RESERVED_CODES.values())):
            word = tier.get(key)
            if not isinstance(word, str):
                continue
            if word in reserved:
                document.add((*here, key), f"is reserved; choose another {key}")
            if (first := first_use.setdefault((key, word), index)) != index:
                document.add((*here, key), f"must differ from {path_text((*path, first, key))}")
        fen = bound_fen(tier.get("min"))
        if fen is None:
            continue
        if below is not None and fen <= below[1]:
            document.add((*here, "min"), f"must be greater than {path_text((*path, below[0], 'min'))}")
        below = (index, fen)


@dataclass(frozen=True)
class Ladder:
    """The tiers in force for a quarter, lowest first. Level 0 is `untiered`; tier i has level i + 1."""

    tiers: tuple[Tier, ...]
    source: str
    valid_from: dt.date | None = None

    @property
    def codes(self) -> list[str]:
        """The code of every level, `untiered` first."""
        return [UNTIERED, *(tier.code for tier in self.tiers)]

    @property
    def labels(self) -> dict[str, str]:
        """The label of every code, reserved ones included."""
        return RESERVED_CODES | {tier.code: tier.label for tier in self.tiers}
