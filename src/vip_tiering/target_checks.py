"""What is wrong with targets.yaml: its entries against each other, against the tiers and against the playbooks."""

from __future__ import annotations

from collections.abc import Collection

from vip_tiering.playbook_checks import check_known, check_unique
from vip_tiering.target_models import TargetsFile
from vip_tiering.yaml_marks import Document


def check_targets(document: Document) -> None:
    """Add figures and targets that stand twice, are incomplete, or mean nothing; the form of the values is right."""
    file = TargetsFile.model_validate(document.data)
    check_unique(document, ("measures",), "id", (one.id for one in file.measures))
    for index, figure in enumerate(file.measures):
        if (figure.measure is None) == (figure.customers_from is None):
            document.add(("measures", index), "must hold one of measure and customers_from")
    known = [one.id for one in file.measures]
    first_use: dict[tuple[object, ...], int] = {}
    for index, target in enumerate(file.targets or ()):
        check_known(document, ("targets", index, "id"), target.id, known, "the measures of this file")
        if (target.quarter is None) == (target.year is None):
            document.add(("targets", index), "must hold one of quarter and year")
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
