"""targets.yaml: by which figures the branch is measured, and the targets that the bank sets."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, StrictInt

from vip_tiering.playbooks.floor import PlaybookFile
from vip_tiering.rules.forms import Code, Id, Source, Strict, Version, Words, check_known, check_unique
from vip_tiering.rules.yaml_file import Document

Group = Literal["growth", "fees", "customers", "lobby"]
"""Figures of one kind stand together in a report."""
Unit = Literal["yuan", "customers", "events", "visitors", "accounts"]
DELIVERED: Final[dict[str, tuple[Group, Unit]]] = {
    "fees": ("fees", "yuan"),
    "lobby_events": ("lobby", "events"),
    "lobby_visitors": ("lobby", "visitors"),
    "lobby_accounts": ("lobby", "accounts"),
}
"""What is counted from files that the branch delivers: the group of each figure, and what it counts."""


class Figure(Strict):
    """One figure of the branch: growth of the sum of averages, customers from a tier up, or a sum of what the branch delivers."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["measure"]}, {"required": ["customers_from"]}]})

    id: Annotated[Id, Field(description="id of a measure, such as K-AUM; playbooks.yaml names it for people")]
    measure: (
        Annotated[
            Literal["growth", "fees", "lobby_events", "lobby_visitors", "lobby_accounts"],
            Field(
                description="growth: sum of averages, less that of the quarter before; fees: fee income; "
                "lobby_...: events in the hall, who came, accounts that were opened"
            ),
        ]
        | None
    ) = None
    customers_from: Annotated[Code, Field(description="code of a tier: customers of this tier and of those above")] | None = None

    @property
    def group(self) -> Group:
        """Which figures it stands with."""
        return DELIVERED[self.measure][0] if self.delivered and self.measure else "growth" if self.measure else "customers"

    @property
    def unit(self) -> Unit:
        """What it counts."""
        return DELIVERED[self.measure][1] if self.delivered and self.measure else "yuan" if self.measure else "customers"

    @property
    def delivered(self) -> bool:
        """Whether it is counted from a file that the branch delivers, quarter by quarter, and not from balances."""
        return self.measure in DELIVERED


class Target(Strict):
    """What is to be reached: by one figure, in a quarter or a year, by all or by one branch."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["quarter"]}, {"required": ["year"]}]})

    id: Annotated[Id, Field(description="id of one of the measures")]
    quarter: Annotated[str, Field(pattern=r"^[0-9]{4}Q[1-4]$", description="quarter such as 2016Q1; growth is against the one before")] | (
        None
    ) = None
    year: Annotated[StrictInt, Field(ge=2000, le=2100, description="growth is against the fourth quarter of the year before")] | None = None
    branch: Annotated[Words, Field(description="branch as the customer file names it; without it all customers are meant")] | None = None
    target: Annotated[StrictInt, Field(ge=1, le=10**12, description="whole yuan, or whole numbers of what is counted")]


class TargetsFile(PlaybookFile):
    """The figures by which the branch is measured, and targets where the bank sets any."""

    version: Version
    source: Source | None = None
    measures: Annotated[list[Figure], Field(min_length=1, description="the figures in the order of the report")]
    targets: Annotated[list[Target], Field(min_length=1, description="one entry for each figure, period and branch")] | None = None

    def check(self, document: Document) -> None:
        """Add figures and targets that stand twice, are incomplete, or mean nothing."""
        check_unique(document, ("measures",), "id", (one.id for one in self.measures))
        for index, figure in enumerate(self.measures):
            if (figure.measure is None) == (figure.customers_from is None):
                document.add(("measures", index), "must hold one of measure and customers_from")
        known = [one.id for one in self.measures]
        by_quarter = {one.id for one in self.measures if one.delivered}
        first_use: dict[tuple[object, ...], int] = {}
        for index, target in enumerate(self.targets or ()):
            check_known(document, ("targets", index, "id"), target.id, known, "the measures of this file")
            if (target.quarter is None) == (target.year is None):
                document.add(("targets", index), "must hold one of quarter and year")
            elif target.year is not None and target.id in by_quarter:
                document.add(("targets", index, "year"), f"must be a quarter, because {target.id} is delivered quarter by quarter")
            meant = (target.id, target.quarter, target.year, target.branch)
            if (first := first_use.setdefault(meant, index)) != index:
                document.add(("targets", index), f"must differ from targets[{first}] in id, period or branch")


def check_figures(document: Document, file: TargetsFile, tiers: Collection[str] | None, measures: Collection[str] | None) -> None:
    """Add tiers and measures that other files do not have; a file that could not be read is None, and nothing is judged by it."""
    for index, figure in enumerate(file.measures):
        if measures is not None:
            check_known(document, ("measures", index, "id"), figure.id, measures, "the measures of playbooks.yaml")
        if tiers is not None and figure.customers_from is not None:
            check_known(document, ("measures", index, "customers_from"), figure.customers_from, tiers, "tiers.yaml")
