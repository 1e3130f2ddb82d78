"""The job of `vip playbook forecast`: read what an export reads, and look some working days ahead. Nothing is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from vip_tiering.base.errors import UsageError
from vip_tiering.base.quarter import Quarter, day_date
from vip_tiering.customers.incoming import read_incoming
from vip_tiering.extracts.extract import size_in_bytes
from vip_tiering.lists.export.files import private_root
from vip_tiering.lists.export.job import by_new_ids, inputs_of, refuse_own_logs
from vip_tiering.lists.forecast.days import Forecast, forecast
from vip_tiering.lists.selection.earlier_exports import read_earlier_exports
from vip_tiering.lists.selection.memory import NOTHING, Roots, read_memory
from vip_tiering.playbooks.load import rules_with_playbooks
from vip_tiering.publishing import manifests
from vip_tiering.publishing.locks import settle
from vip_tiering.rules.calendar import working_days
from vip_tiering.tiers.published.run_folder import load_run

MOST_DAYS: Final = 250
"""So many working days has a year; a forecast beyond it says nothing."""


@dataclass(frozen=True)
class ForecastResult:
    """What came of it: the quarter of the run, the load, what actions, topics and gates are called in Chinese, and warnings."""

    quarter: str
    ahead: Forecast
    names: dict[str, str]
    warnings: tuple[str, ...]

    @property
    def document(self) -> dict[str, Any]:
        """The whole of it for programs, day by day. No customer is named."""
        ahead, loads = self.ahead, self.ahead.loads
        days = [
            {
                "on": str(day_date(window.first)),
                "last": str(day_date(window.last)),
                "managers": _records(loads[loads["day"] == window.first].drop(columns="day")),
                "actions": {action: one.document for action, one in counts.items()},
            }
            for window, counts in zip(ahead.windows, ahead.counts, strict=True)
        ]
        frames = {"managers": ahead.managers, "actions": ahead.actions, "never": ahead.silent}
        return {"quarter": self.quarter, "days": days, **{name: _records(frame) for name, frame in frames.items()}}


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame; what is not known is None."""
    known = frame.astype(object).where(frame.notna(), None)
    return [dict(zip(known.columns, row, strict=True)) for row in known.to_numpy().tolist()]


def playbook_forecast(  # noqa: PLR0913 (names every option)
    run: Path,
    *,
    customers: Path,
    on: dt.date,
    days: int = 20,
    lists: Path | None = None,
    rules: Path | None = None,
    events: Path | None = None,
    contact_log: Path | None = None,
    do_not_contact: Path | None = None,
    private_out: Path | None = None,
    max_bytes: str = "4G",
) -> ForecastResult:
    """Tell the load of the next working days. `lists`: the folder of the exports, which with their results count as for an export."""
    if not 1 <= days <= MOST_DAYS:
        raise UsageError(f"--days: must be 1 to {MOST_DAYS}")
    if lists is None and private_out is not None:
        raise UsageError("--private-out: needs --lists, whose private part it is")
    roots: Roots = {"open": lists, "private": private_root(lists, private_out)} if lists is not None else {}
    refuse_own_logs(contact_log, do_not_contact, [*roots.values()])
    loaded, books = rules_with_playbooks(rules)
    if lists is not None:
        manifests.refuse_absent(lists, "the --out of vip playbook export, such as lists")
        settle(lists / str(on))
    memory = read_memory(roots, making=on) if roots else NOTHING
    tiered = load_run(run, on, books.gates.limits.run_grace_days.value, allow_old=False)
    incoming = read_incoming(customers, events, contact_log, do_not_contact, books, size_in_bytes(max_bytes))
    earlier = read_earlier_exports(roots, memory, on, books.channels, loaded.aliases)
    tiered, incoming, earlier = by_new_ids(tiered, incoming, earlier, loaded.aliases)
    strangers = incoming.judge_ids(tiered)
    ahead = forecast(inputs_of(tiered, incoming, earlier, books, loaded.calendar), on, days, working_days(loaded.calendar))
    names = books.names | {one.code: one.label for one in books.products.values()}
    warnings = (*tiered.warnings, *incoming.warnings, *strangers, *_notes(ahead, tiered.quarter))
    return ForecastResult(str(tiered.quarter), ahead, names, warnings)


def _notes(ahead: Forecast, quarter: Quarter) -> Iterator[str]:
    """Yield what people should know of the days of a forecast."""
    if any(window.guessed for window in ahead.windows):
        yield "the working days of this time are not all announced yet; Saturdays and Sundays are taken as the days off"
    beyond = [day for window in ahead.windows if Quarter.of(day := day_date(window.first)).previous > quarter]
    if beyond:
        yield f"from {beyond[0]} on the lists go by the run of a newer quarter; here they go by {quarter} to the end"
