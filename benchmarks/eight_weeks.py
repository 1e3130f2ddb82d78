"""Eight weeks of the demo's branch: lists every working day, results recorded every day, and what came of it, in figures.

    python benchmarks/eight_weeks.py FOLDER [--days 40] [--seed 1] [--rules DIR]

Makes the demo in FOLDER (once), exports its lists with `vip playbook export` for each working day from 2016-01-04 on, draws what
customers answer, records it with `vip playbook record`, and counts in the written files. What a customer answers depends on the
seed, the day, the customer and the channel alone, so two versions of the program meet the same people:

    PYTHONPATH=src python benchmarks/eight_weeks.py now
    PYTHONPATH=../before/src python benchmarks/eight_weeks.py before
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import chinese_calendar
import numpy as np
import pandas as pd

FIRST_DAY: Final = dt.date(2016, 1, 4)
RUN: Final = "branch/out/2015Q4"
CALLED: Final = {"": 3, "no_answer": 6, "reached": 8, "interested": 3, "refused": 1, "wrong_number": 1, "done": 2}
MET: Final = {"": 3, "no_answer": 3, "reached": 6, "meeting_set": 3, "done": 3, "refused": 1}
SENT: Final = {"": 2, "delivered": 40, "failed": 2, "opt_out": 1}
ANSWERS: Final = {"sms": SENT, "calls": CALLED}
"""What customers answer, with weights, by channel; on all other channels as in a meeting."""
REACHED: Final = ("reached", "interested", "meeting_set", "done", "refused", "delivered", "opt_out")
WAITS: Final = ("manager_quota", "one_contact_a_day", "not_this_turn", "frequency_cap", "already_contacted")
"""Reasons that a later day may lift; whoever has one of them is allowed to hear of the action."""
UPGRADE: Final = "G-CALL-4"


def vip(folder: Path, *arguments: str) -> None:
    """Run a command in the folder; whatever it prints goes nowhere, a failure ends the script with its message."""
    done = subprocess.run([sys.executable, "-m", "vip_tiering", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"vip {' '.join(arguments)}\n{done.stderr}")


def working_days(count: int) -> list[dt.date]:
    """Return so many working days from the first day on."""
    days, day = [], FIRST_DAY
    while len(days) < count:
        if chinese_calendar.is_workday(day):
            days.append(day)
        day += dt.timedelta(days=1)
    return days


def answer(seed: int, day: dt.date, customer: str, channel: str) -> str:
    """Return what a customer answers on a day and channel."""
    words = ANSWERS.get(channel, MET)
    return random.Random(f"{seed} {day} {customer} {channel}").choices(list(words), list(words.values()))[0]


def read(folder: Path, day: dt.date, name: str) -> pd.DataFrame:
    """Return a file of both parts of an export, with the day."""
    parts = [folder / root / str(day) / name for root in ("lists", "lists.private")]
    frames = [pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig") for path in parts if path.exists()]
    return pd.concat(frames, ignore_index=True).assign(day=day)


def live(folder: Path, days: list[dt.date], seed: int, rules: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Export and record every day; return all contacts with their results, and all that was suppressed."""
    contacts, suppressed = [], []
    files = [f"--{option}={folder}/branch/customers/{option.replace('-', '_')}.csv" for option in ("customers", "events", "do-not-contact")]
    for day in days:
        if not (folder / "lists" / str(day)).exists():
            vip(folder, "playbook", "export", RUN, *files, "--on", str(day), "--out", "lists", "--quiet", *rules)
        listed = read(folder, day, "contacts.csv")
        listed["result"] = [answer(seed, day, one, channel) for one, channel in zip(listed["customer_id"], listed["channel"], strict=True)]
        said = listed.loc[listed["result"] != "", ["customer_id", "action", "channel", "result"]].drop_duplicates()
        said.to_csv(folder / "said.csv", index=False)
        vip(folder, "playbook", "record", f"lists/{day}", "said.csv", "--quiet", *rules)
        contacts.append(listed)
        suppressed.append(read(folder, day, "suppressed.csv"))
    return pd.concat(contacts, ignore_index=True), pd.concat(suppressed, ignore_index=True)


def figures(contacts: pd.DataFrame, suppressed: pd.DataFrame, tiers: pd.DataFrame, days: list[dt.date]) -> Iterator[str]:
    """Yield what came of it, line by line. `tiers`: `tiers.csv` of the run."""
    load = _loads(contacts, days)
    weeks = [load[start : start + 5] for start in range(0, len(days), 5)]
    yield f"contacts per manager and day: median {np.median(load):g}, most {load.max()}"
    yield f"  the most in each week: {', '.join(str(week.max()) for week in weeks)}"
    yield f"  all managers together on each day of the first week: {', '.join(map(str, weeks[0].sum(axis=1)))}"
    ways = contacts.groupby(["day", "customer_id"])["channel"].nunique()
    twice = ways[ways > 1]
    of_all = f"{twice.index.unique('customer_id').size} of {contacts['customer_id'].nunique()}"
    yield f"customers with two contacts on one day: {of_all}; customers and days: {twice.size} of {ways.size}"
    yield _upgrades(contacts, suppressed, tiers)
    yield from _actions(contacts, suppressed)


def _loads(contacts: pd.DataFrame, days: list[dt.date]) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Return how many customers each manager contacts in person, by phone or by WeChat, shape (days, managers)."""
    people = contacts[(contacts["channel"] != "sms") & (contacts["manager"] != "unassigned")]
    once = people.drop_duplicates(["day", "branch", "manager", "customer_id"])
    load = pd.crosstab(once["day"], [once["branch"], once["manager"]])
    return load.reindex(days, fill_value=0).to_numpy()


def _upgrades(contacts: pd.DataFrame, suppressed: pd.DataFrame, tiers: pd.DataFrame) -> str:
    """Return how long upgrades to 金钻 wait: on how many working days others came first."""
    there = tiers.loc[tiers["tier"] == "gold_diamond", "customer_id"]
    told, stopped = (rows[(rows["action"] == UPGRADE) & rows["customer_id"].isin(there)] for rows in (contacts, suppressed))
    first = told.groupby("customer_id")["day"].min()
    waited = stopped[stopped["reason"].isin(["manager_quota", "one_contact_a_day"])]
    before = waited[waited["day"] < waited["customer_id"].map(first).fillna(dt.date.max)]
    days = before.groupby("customer_id")["day"].nunique()
    never = set(waited["customer_id"]) - set(first.index)
    longest = days.max() if len(days) else 0
    return f"upgrades to 金钻: {len(first)} told; {len(days)} waited, the longest {longest} working days; never told {len(never)}"


def _actions(contacts: pd.DataFrame, suppressed: pd.DataFrame) -> Iterator[str]:
    """Yield for each action how many customers were due, allowed, told and reached, and why the others were not told."""
    yield "action        due  allowed  told  of allowed  reached  contacts  not told, mostly for"
    never = []
    for action in sorted({*contacts["action"], *suppressed["action"]}):
        mine, stopped = contacts[contacts["action"] == action], suppressed[suppressed["action"] == action]
        told = set(mine["customer_id"])
        due = told | set(stopped["customer_id"])
        allowed = told | set(stopped.loc[stopped["reason"].isin(WAITS), "customer_id"])
        reached = mine.loc[mine["result"].isin(REACHED), "customer_id"].nunique()
        others = stopped[~stopped["customer_id"].isin(told)].drop_duplicates("customer_id", keep="last")["reason"].value_counts()
        why = ", ".join(f"{reason} {count}" for reason, count in others.head(2).items())
        share = f"{100 * len(told) // len(allowed)}%" if allowed else "-"
        times = len(mine.drop_duplicates(["day", "customer_id"]))
        yield f"{action:12} {len(due):4} {len(allowed):8} {len(told):5} {share:>11} {reached:8} {times:9}  {why}"
        never += [f"{action} ({why})"] if not told else []
    yield f"never came: {'; '.join(never) or 'none'}"


def main() -> None:
    """Live through the weeks and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--days", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rules", type=Path)
    wanted = parser.parse_args()
    folder = wanted.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    vip(folder, "demo", "branch")
    days = working_days(wanted.days)
    rules = [f"--rules={wanted.rules.resolve()}"] if wanted.rules else []
    contacts, suppressed = live(folder, days, wanted.seed, rules)
    tiers = pd.read_csv(folder / RUN / "tiers.csv", dtype=str, encoding="utf-8-sig")
    for line in figures(contacts, suppressed, tiers, days):
        print(line)


if __name__ == "__main__":
    main()
