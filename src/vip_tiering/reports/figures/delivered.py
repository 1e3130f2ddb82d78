"""What a branch delivers of a quarter: fee income (K-FEE) and events in its hall (K-LOBBY), summed. Frames in, frames out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd
import pyarrow as pa

from vip_tiering.customers.branch_files import Fees, Lobby
from vip_tiering.reports.words import TEXTS

_SUMMED: Final = {"lobby_visitors": "visitors", "lobby_accounts": "accounts_opened"}
"""Which column a figure of the hall sums; `lobby_events` counts rows."""


@dataclass(frozen=True)
class Delivered:
    """What was delivered, None where no file was given.

    `fees`: branch, manager and product ("" for none), amount, in fen; `lobby`: branch, action, event, visitors and accounts_opened,
    these two only where the file has them. Numbers are Python integers, for a sum may pass 64 bits.
    """

    fees: pd.DataFrame | None = None
    lobby: pd.DataFrame | None = None

    def value(self, figure: str, branch: str | None) -> int | None:
        """Return a figure (`targets.DELIVERED`) of all branches (None) or of one; None where nothing was delivered of it.

        A branch that no row of a file names has delivered nothing: that is not 0.
        """
        frame, column = (self.fees, "amount") if figure == "fees" else (self.lobby, _SUMMED.get(figure))
        if frame is None or (column is not None and column not in frame):
            return None
        rows = frame if branch is None else frame[frame["branch"] == branch]
        if branch is not None and rows.empty:
            return None
        return len(rows) if column is None else int(rows[column].sum())

    @property
    def branches(self) -> list[str]:
        """The branches that the files name."""
        given = [frame["branch"] for frame in (self.fees, self.lobby) if frame is not None]
        return sorted(set(pd.concat(given))) if given else []


def delivered_of(fees: Fees | None, lobby: Lobby | None, hall_actions: Mapping[str, str]) -> Delivered:
    """Return what two files say. `hall_actions`: what people call an event of the rules, by its id."""
    return Delivered(None if fees is None else _fees(fees), None if lobby is None else _lobby(lobby, hall_actions))


def _fees(fees: Fees) -> pd.DataFrame:
    frame = _texts({"branch": fees.branch, "manager": fees.manager, "product": fees.product})
    return frame.assign(amount=fees.amount_fen.astype(object))


def _lobby(lobby: Lobby, hall_actions: Mapping[str, str]) -> pd.DataFrame:
    frame = _texts({"branch": lobby.branch, "action": lobby.action, "event": lobby.event})
    named = frame["action"].map(hall_actions)
    frame["event"] = frame["event"].where(frame["event"] != "", named)
    counts = {"visitors": lobby.visitors, "accounts_opened": lobby.accounts_opened}
    return frame.assign(**{name: values.astype(object) for name, values in counts.items() if values is not None})


def _texts(columns: Mapping[str, pa.DictionaryArray]) -> pd.DataFrame:
    """Return columns of text; whoever is called like none is none, as in the customer file."""
    frame = pd.DataFrame({name: values.cast(pa.string()).to_pandas().astype("str") for name, values in columns.items()})
    nobody = {name: frame[name].replace(list(TEXTS["unassigned"]), "") for name in ("branch", "manager") if name in frame}
    return frame.assign(**nobody)


def fees_by(delivered: Delivered, keys: Sequence[str]) -> pd.DataFrame:
    """Return the fees of each group: the keys, in their order, nobody last, `entries` and `amount` in fen."""
    frame = delivered.fees if delivered.fees is not None else pd.DataFrame(columns=[*keys, "amount"], dtype=object)
    groups = frame.groupby([*keys], sort=False)["amount"]
    return _nobody_last(groups.agg(entries="size", amount="sum").reset_index(), keys).astype({"entries": "int64"})


def lobby_by(delivered: Delivered, keys: Sequence[str]) -> pd.DataFrame:
    """Return what came of the events of each group: the keys, in their order, `events`, and what else was counted."""
    frame = delivered.lobby if delivered.lobby is not None else pd.DataFrame(columns=[*keys])
    counted = [name for name in _SUMMED.values() if name in frame]
    groups = frame.assign(events=1).groupby([*keys], sort=False)
    sums = groups[["events", *counted]].sum().reset_index()
    return _nobody_last(sums, keys).astype(dict.fromkeys(["events", *counted], "int64"))


def _nobody_last(frame: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    order = frame[[*keys]].assign(**{f"no {name}": frame[name] == "" for name in keys})
    by = [column for name in keys for column in (f"no {name}", name)]
    return frame.loc[order.sort_values(by, kind="stable").index].reset_index(drop=True)
