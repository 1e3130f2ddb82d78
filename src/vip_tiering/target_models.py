"""The form of targets.yaml: by which figures the branch is measured, and the targets that the bank sets."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field, StrictInt

from vip_tiering.rule_models import Code, Id, Source, Strict, Version, Words

TARGETS_FILE: Final = "targets.yaml"


class Figure(Strict):
    """One figure of the branch: the growth of the sum of averages, or how many customers there are from a tier up."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["measure"]}, {"required": ["customers_from"]}]})

    id: Annotated[Id, Field(description="id of a measure, such as K-AUM; playbooks.yaml names it for people")]
    measure: Annotated[Literal["growth"], Field(description="growth: sum of averages, less that of the quarter before")] | None = None
    customers_from: Annotated[Code, Field(description="code of a tier: customers of this tier and of those above")] | None = None


class Target(Strict):
    """What is to be reached: by one figure, in a quarter or a year, by all or by one branch."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["quarter"]}, {"required": ["year"]}]})

    id: Annotated[Id, Field(description="id of one of the measures")]
    quarter: Annotated[str, Field(pattern=r"^[0-9]{4}Q[1-4]$", description="quarter such as 2016Q1; growth is against the one before")] | (
        None
    ) = None
    year: Annotated[StrictInt, Field(ge=2000, le=2100, description="growth is against the fourth quarter of the year before")] | None = None
    branch: Annotated[Words, Field(description="branch as the customer file names it; without it all customers are meant")] | None = None
    target: Annotated[StrictInt, Field(ge=1, le=10**12, description="whole yuan, or customers")]


class TargetsFile(Strict):
    """The figures by which the branch is measured, and targets where the bank sets any."""

    version: Version
    source: Source | None = None
    measures: Annotated[list[Figure], Field(min_length=1, description="the figures in the order of the report")]
    targets: Annotated[list[Target], Field(min_length=1, description="one entry for each figure, period and branch")] | None = None
