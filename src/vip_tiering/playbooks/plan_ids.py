"""plan_ids.yaml: everything that the plan says, under the ids by which rules refer to it."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated

from pydantic import Field

from vip_tiering.playbooks.floor import PlaybookFile
from vip_tiering.playbooks.playbooks_file import PlaybooksFile
from vip_tiering.rules.forms import (
    Chinese,
    Id,
    Source,
    Strict,
    Version,
    Words,
    check_unique,
)
from vip_tiering.rules.yaml_file import Document


class PlanId(Strict):
    """One thing that the plan says, under the id by which rules refer to it."""

    id: Id
    fact: Annotated[Words, Field(description="what the plan says, in one line")]
    fact_zh: Chinese


class PlanIdsFile(PlaybookFile):
    """Everything that the plan says; each id must be covered by a rule."""

    version: Version
    source: Source
    ids: Annotated[list[PlanId], Field(min_length=1, description="ids in the order of the plan")]

    def check(self, document: Document) -> None:
        """Add ids that are listed twice."""
        check_unique(document, ("ids",), "id", (one.id for one in self.ids))


def check_plan_covered(document: Document, file: PlaybooksFile, ids: list[str]) -> None:
    """Add covered ids that the plan does not have."""
    for path, one, _ in file.covered():
        if one not in ids:
            near = get_close_matches(one, ids, n=1)
            document.add(path, "is not in plan_ids.yaml" + (f"; did you mean {near[0]}?" if near else ""))
