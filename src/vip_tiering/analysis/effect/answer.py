"""`vip playbook effect`: what contacts bring, told by the control groups of exports and two runs (semantics 12.19)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.analysis.effect.figures import LATER, ROWS, Figures, document_of, effect_of, groups_of
from vip_tiering.base.disk import reading
from vip_tiering.base.errors import DataError, Problem, UsageError
from vip_tiering.lists.export.files import private_root
from vip_tiering.lists.selection.earlier_exports import CONTACTS, SUPPRESSED, by_present_ids, folders_of, read_table
from vip_tiering.lists.selection.memory import Roots, export_days, read_memory
from vip_tiering.playbooks.load import rules_with_playbooks
from vip_tiering.publishing import manifests
from vip_tiering.publishing.locks import locked
from vip_tiering.publishing.manifests import manifest_of
from vip_tiering.rules.extracts import Aliases
from vip_tiering.tiers.published.run_folder import TieredRun, by_new_ids, read_run

_CONTROL: Final = "control_group"


@dataclass(frozen=True)
class Effect:
    """What came of it. `document`: everything that is shown; `names`: what codes of the rules are called in Chinese."""

    document: dict[str, Any]
    names: Mapping[str, str]


def playbook_effect(
    out: Path,
    run_before: Path,
    run_after: Path,
    *,
    actions: Sequence[str] = (),
    private_out: Path | None = None,
    rules: Path | None = None,
) -> Effect:
    """Compare who was contacted with the control group, for each action that has one, by the exports between two runs.

    `out`: the folder of the exports; `actions`: only these. Both parts of the exports count together, and no customer is told.
    Raises UsageError for an action without a control group, DataError for runs and exports.
    """
    loaded, books = rules_with_playbooks(rules)
    manifests.refuse_absent(out, "the --out of vip playbook export, such as lists")
    before, after = (by_new_ids(read_run(folder), loaded.aliases) for folder in (run_before, run_after))
    _refuse_order(manifests.named(run_after), before, after)
    roots = {"open": out, "private": private_root(out, private_out)}
    with locked(roots["open"]), locked(roots["private"]):
        memory = read_memory(roots)
        with reading(out.name):
            first, last = str(before.quarter.end), str(after.quarter.end)
            days = [day for day in export_days(out) if first < day <= last and day in memory.exports]
        if not days:
            raise DataError(
                f"{out.name}: no export between {first} and {last} lies here; name the --out of vip playbook export, such as lists"
            )
        found = {day: _rows_of(roots, day, loaded.aliases) for day in days}
    rows = pd.concat([one.assign(day=day) for day, one in found.items()])[[*ROWS]]
    with_control = set(rows.loc[rows["standing"] == "control", "action"])
    in_order = [one.id for one in books.actions() if one.id in with_control]
    known = [*in_order, *sorted(with_control.difference(in_order))]  # some may be of earlier rules
    if absent := [one for one in actions if one not in known]:
        raise UsageError(f"--action: {absent[0]} has no control group in these exports; those that have one: {', '.join(known) or 'none'}")
    if not known:
        message = 'no action of these exports has a control group; write control_group: "10%" beside an action of playbooks.yaml'
        raise DataError(f"{out.name}: {message}")
    figures = Figures.of(before, after), Figures.of(after, after)
    wanted = [one for one in known if one in actions or not actions]
    told = [effect_of(one, groups_of(rows[rows["action"] == one]), *figures) for one in wanted]
    return Effect(document_of(days, before, after, told), books.names)


def _refuse_order(folder: Path, before: TieredRun, after: TieredRun) -> None:
    """Refuse two runs of which the second is not of a later quarter."""
    if after.quarter > before.quarter:
        return
    what = "is a run of the same quarter" if after.quarter == before.quarter else f"is a run of {after.quarter}, before {before.quarter}"
    message = f"{what}; name the run before the contacts first, then the one after them"
    raise DataError([Problem(folder.name, None, None, "run-unfit", message)])


def _rows_of(roots: Roots, day: str, aliases: Aliases | None) -> pd.DataFrame:
    """Return what the export of a day tells of customers whom the gates up to that of the control group let pass, by their present ids."""
    counted = manifest_of(roots["open"] / day)
    parts: list[pd.DataFrame] = []
    for folder in folders_of(roots["open"], roots["private"], day, counted):
        contacts = read_table(folder, CONTACTS, ("customer_id", "action"))
        suppressed = read_table(folder, SUPPRESSED, ("customer_id", "action", "reason"))
        stopped = suppressed.filter(pc.is_in(suppressed["reason"], value_set=pa.array([_CONTROL, *LATER], pa.string()))).to_pandas()
        standing = stopped["reason"].map(dict.fromkeys(LATER, "waiting") | {_CONTROL: "control"})
        parts += [contacts.to_pandas().assign(standing="listed"), stopped[["customer_id", "action"]].assign(standing=standing)]
    return by_present_ids(pd.concat(parts), aliases)
