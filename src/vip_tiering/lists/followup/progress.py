"""How far a quarter has come: for each action and tier, whom the lists named, with whom contact was tried, and whom it reached."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from vip_tiering.base.disk import reading
from vip_tiering.base.errors import DataError
from vip_tiering.base.quarter import Quarter
from vip_tiering.lists.export.files import private_root
from vip_tiering.lists.followup.results import REACHED
from vip_tiering.lists.selection.contact_log import CONTACT_LOG, sound_contact_log
from vip_tiering.lists.selection.earlier_exports import CONTACTS, folders_of, read_table
from vip_tiering.lists.selection.memory import export_days, read_memory
from vip_tiering.playbooks.plan.book import Done, Progress
from vip_tiering.publishing import manifests
from vip_tiering.publishing.locks import locked
from vip_tiering.publishing.manifests import manifest_of

_LISTED: Final = ["customer_id", "action", "tier"]
_CONTACT: Final = ["customer_id", "action"]


@dataclass(frozen=True)
class _Part:
    """What one part of an export tells. `listed`: customer_id, action, tier; `log`: the rows of the contact log for this export."""

    listed: pd.DataFrame
    log: pd.DataFrame


def done_of(parts: Sequence[_Part]) -> dict[tuple[str, str], Done]:
    """Return what was done by tier and action; a customer whom several lists name for one action counts once on each tier.

    Of several results of one contact the last one counts, as in `results`.
    """
    rows = [_with_results(one) for one in parts]
    if not rows:
        return {}
    customers = pd.concat(rows).groupby(["tier", "action", "customer_id"])[["listed", "contacted", "reached"]].any()
    counts = customers.groupby(["tier", "action"]).sum()
    told = zip(counts.index, counts.to_numpy().tolist(), strict=True)
    return {(str(tier), str(action)): Done(*numbers) for (tier, action), numbers in told}


def _with_results(part: _Part) -> pd.DataFrame:
    """Return whom an export named, and whether contact was tried and reached."""
    said = part.log.groupby(_CONTACT, as_index=False).agg(result=("result", "last"))
    rows = part.listed.drop_duplicates().merge(said, how="left", on=_CONTACT)
    return rows.assign(listed=True, contacted=rows["result"].notna(), reached=rows["result"].isin(REACHED))


def progress_of(out: Path, quarter: Quarter | None = None, private_out: Path | None = None) -> Progress:
    """Return how far a quarter has come by the exports of its days under a folder, their private parts counted with them.

    `quarter`: default that of the newest export. Raises DataError where there is no export, or something that they remember is lost.
    """
    manifests.refuse_absent(out, "the --out of vip playbook export, such as lists")
    roots = {"open": out, "private": private_root(out, private_out)}
    with locked(roots["open"]), locked(roots["private"]):
        memory = read_memory(roots)
        with reading(out.name):
            days = [day for day in export_days(out) if day in memory.exports]
        if not days:
            raise DataError(f"{out.name}: no export lies here; name the --out of vip playbook export, such as lists")
        wanted = quarter or Quarter.of(dt.date.fromisoformat(max(days)))
        days = [day for day in days if str(wanted.start) <= day <= str(wanted.end)]
        logs = {part: sound_contact_log(root).logs[CONTACT_LOG].rows.to_pandas() for part, root in roots.items()}
        parts = [one for day in days for one in _parts_of(roots, day, logs)]
    return Progress(wanted, tuple(sorted(days)), done_of(parts))


def _parts_of(roots: Mapping[str, Path], day: str, logs: Mapping[str, pd.DataFrame]) -> list[_Part]:
    """Return both parts of the export of a day. Raises DataError where one does not tell the tiers."""
    parts = []
    folders = folders_of(roots["open"], roots["private"], day, manifest_of(roots["open"] / day))
    for part, folder in zip(roots, folders, strict=False):
        try:
            listed = read_table(folder, CONTACTS, _LISTED).to_pandas()
        except KeyError:
            message = "does not tell the tiers of customers; an earlier version made it, so make the export again with --replace"
            raise DataError(f"{folder.name}/{CONTACTS}: {message}") from None
        parts.append(_Part(listed, logs[part][logs[part]["export"] == day]))
    return parts
