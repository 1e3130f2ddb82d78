"""What came of the lists in the days that a report is about: those for which the run of the report decided."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from vip_tiering.base.disk import reading
from vip_tiering.lists.followup.results import Results, playbook_results
from vip_tiering.lists.selection.memory import export_days
from vip_tiering.publishing import manifests


def results_between(
    out: Path, first: dt.date, last: dt.date, *, private_out: Path | None = None, rules: Path | None = None
) -> Results | None:
    """Return what came of the exports of some days, None where there was none; nothing is written."""
    manifests.refuse_absent(out, "the --out of vip playbook export, such as lists")
    with reading(out.name):
        days = [day for day in export_days(out) if str(first) <= day <= str(last)]
    if not days:
        return None
    return playbook_results(out, since=first, until=last, private_out=private_out, rules=rules, dry_run=True)
