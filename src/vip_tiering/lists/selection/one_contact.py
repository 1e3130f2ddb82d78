"""One contact of a customer in a day: what can be talked of together is, everything else waits."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from vip_tiering.lists.selection.cases import Casework
from vip_tiering.lists.selection.gates import PASSES, Judge, stopped
from vip_tiering.lists.selection.select import DUE

_WAITS: Final = "one_contact_a_day"


def on_one_channel(verdicts: pd.DataFrame, work: Casework, judge: Judge) -> pd.DataFrame:
    """Return the verdicts with every customer on one channel for people: the most personal of those that he could be reached by.

    What is talked of on another channel moves to it where every gate lets it pass there too; what does not, and what is written,
    waits for a day without another contact.
    """
    passed = verdicts[verdicts["reason"] == PASSES]
    places = {case.place: judge.channels.index(case.channel.code) for case in work.every if not case.channel.public}
    mine = passed[passed["case"].isin(places)]
    channel = mine["case"].map(places)
    chosen = channel.groupby(mine["at"]).transform("max")
    verdicts = verdicts.copy()
    waiting = mine.assign(chosen=chosen)[channel < chosen]
    for _, rows in waiting.groupby(["case", "chosen"]):
        case, other = work.every[rows["case"].iloc[0]], judge.channels[rows["chosen"].iloc[0]]
        spoken = work.spoken(case, other)
        passes = np.zeros(len(rows), np.bool_)
        if spoken is not None:
            passes = (judge.judge(spoken, rows[[*DUE]])["reason"] == PASSES).to_numpy()
            verdicts.loc[rows.index[passes], "case"] = np.int16(spoken.place)
        verdicts = stopped(verdicts, rows.index[~passes], _WAITS)
    return verdicts


def no_message_beside(verdicts: pd.DataFrame, work: Casework) -> pd.DataFrame:
    """Return the verdicts without messages to many for customers whom somebody contacts on the same day."""
    passed = verdicts[verdicts["reason"] == PASSES]
    public = passed["case"].isin([case.place for case in work.every if case.channel.public])
    busy = public & passed["at"].isin(passed["at"][~public])
    return stopped(verdicts, passed.index[busy], _WAITS)
