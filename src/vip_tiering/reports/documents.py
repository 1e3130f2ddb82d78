"""What a report says of itself: from what it was made, its counts, its measures, its proofs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from vip_tiering import folders
from vip_tiering._version import __version__
from vip_tiering.playbooks import ReportRules
from vip_tiering.reports.report import Inputs, Report
from vip_tiering.reports.tables import measures_for_programs

SCHEMA: Final = "vip-tiering changes report"
SCHEMA_VERSION: Final = 1
"""Form of the manifest."""


@dataclass(frozen=True)
class Origin:
    """Everything that may change a report. Digests: of the manifests of runs, of the customer file, of rules; None for what is absent."""

    run: str
    previous: str | None
    last_year: str | None
    customers: str
    rules: str
    language: str

    @property
    def made_from(self) -> dict[str, Any]:
        """What gives the report its identity."""
        return {
            "run": self.run,
            "previous": self.previous,
            "last_year": self.last_year,
            "customers": self.customers,
            "rules": self.rules,
            "language": self.language,
            "program": __version__,
        }


def rules_digest(rules: ReportRules) -> str:
    """Return the SHA-256 of what a report goes by, however it is written."""
    return folders.digest(
        {
            "customers": rules.customers.model_dump(mode="json"),
            "targets": rules.targets.model_dump(mode="json") if rules.targets else None,
            "private_tiers": list(rules.private_tiers),
            "measures": rules.measures,
        }
    )


def document_of(origin: Origin, report: Report, inputs: Inputs, names: Mapping[str, str], warnings: Sequence[str]) -> dict[str, Any]:
    """Return the manifest, but for its outputs. `names`: of the measures."""
    run = inputs.run
    whole = [one for one in report.readings if one.branch is None]
    return {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "program": {"name": "vip-tiering", "version": __version__},
        "quarter": str(run.quarter),
        "previous": str(run.quarter.previous) if run.compared else None,
        "status": "report",
        "identity": folders.digest(origin.made_from),
        "made_from": origin.made_from,
        "rules": {"name": inputs.rules.name},
        "customers": run.manifest["customers"],
        "branches": len(report.branches),
        "managers": len(report.owners),
        "changes": report.changes,
        "measures": measures_for_programs(whole, names).to_pylist(),
        "proofs": [{"name": one.name, "left": str(one.left), "right": str(one.right), "holds": one.holds} for one in report.proofs],
        "warnings": list(warnings),
    }
