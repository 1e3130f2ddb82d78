"""Why today: what a row says of a customer whose tier has changed or is about to, and of points."""

from __future__ import annotations

from pathlib import Path

from tests.lists.exporting import ON, customer, export, make_run, read_rows, write_customers, write_events

STANDING = {
    "ROSE": ((200_000, 510_000), None, "near_down", "维护：刚达到金卡，接近下限，请留住资金；已达到金卡标准，可换卡"),
    "STAYED": ((505_000, 505_000), None, "near_down", "维护：接近金卡下限，请留住资金"),
    "NEAR": ((950_000, 950_000), None, "near_up", "临近升级：按目前余额已接近上一级标准"),
    "FELL": ((1_200_000, 700_000), None, "steady", "维护：已降级，请了解资金去向"),
    "BACK": ((1_200_000, 900_000), 1_500_000, "rising", "维护：已降级，按目前余额季末可再升级，请留住资金"),
    "FALLS": ((1_200_000, 600_000), 300_000, "falling", "维护：已降级，按目前余额还会再降，请了解资金去向"),
    "EDGE": ((1_200_000, 505_000), None, "near_down", "维护：已降级，又接近金卡下限，请了解资金去向"),
    "NEARLY": (
        (1_200_000, 950_000),
        None,
        "near_up",
        "临近升级：按目前余额已接近上一级标准；维护：已降级，按目前余额离上一级不远，请留住资金",
    ),
}
"""Averages of two quarters, the closing balance, the state, and what the row says."""


def test_a_reason_says_what_the_run_says(tmp_path: Path) -> None:
    """The reason names what made the call due, each with words of its own, and says nothing that the run denies.

    Nobody who rose is told to have fallen, nobody whose money is back is asked where it went.
    """
    run = make_run(
        tmp_path / "out",
        {one: averages for one, (averages, *_) in STANDING.items()},
        {one: closing for one, (_, closing, *_) in STANDING.items() if closing is not None},
    )
    people = {one: customer(place, risk_rating="", risk_rated_on="") for place, one in enumerate(STANDING)}
    done = export(run, write_customers(tmp_path / "customers.csv", people, ["risk_rating", "risk_rated_on"]), tmp_path / "lists")
    assert done.returncode == 0, done.stderr
    states = {row["customer_id"]: row["state"] for row in read_rows(run / "outlook.csv")}
    states.pop("opening")
    assert {one: state for one, (*_, state, _) in STANDING.items()} == states
    said = {row["customer_id"]: row["reasons"] for row in read_rows(tmp_path / "lists" / ON / "calls.csv")}
    assert {one: reason for one, (*_, reason) in STANDING.items()} == said


def test_points_have_their_unit_their_commas_and_their_day(tmp_path: Path) -> None:
    """Points are said as people say them, with the day on which they expire; where nobody knows how many, only the day."""
    run = make_run(tmp_path / "out", {"MANY": (600_000, 600_000), "FEW": (600_000, 600_000), "SOME": (600_000, 600_000)})
    people = {
        "MANY": customer(1, points="1234567", points_expire_on="2016-01-10"),
        "FEW": customer(2, points="900", points_expire_on="2016-01-10"),
        "SOME": customer(3),
    }
    events = write_events(tmp_path / "events.csv", [("SOME", "points", "", "2016-01-12", "", "")])
    done = export(run, write_customers(tmp_path / "customers.csv", people), tmp_path / "lists", "--events", events)
    assert done.returncode == 0, done.stderr
    said = {row["customer_id"]: row["reasons"] for row in read_rows(tmp_path / "lists" / ON / "calls.csv")}
    assert {
        "MANY": "积分 1,234,567 分 将于 2016年1月10日 到期",
        "FEW": "积分 900 分 将于 2016年1月10日 到期",
        "SOME": "积分 将于 2016年1月12日 到期",
    } == said
