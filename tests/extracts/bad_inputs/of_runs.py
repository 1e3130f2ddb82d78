"""Case 72 and more: what can be wrong with the days of a run and with its command line."""

from __future__ import annotations

from tests.extracts.bad_inputs.cases import MIDDLE, Case, middle, nothing

CASES = [
    Case(0, "last day missing", lambda files: files.pop("balances_20151003.csv") and None, 4, ("not complete yet: 2015-10-03",)),
    Case(0, "first day missing", lambda files: files.pop("balances_20151001.csv") and None, 4, ("2015-10-01", "dated before 2015-10-01")),
    Case(0, "quarter not complete", nothing, 4, ("quarter not complete yet: 2015-12-31",), ("--quarter", "2015Q4", "--whole")),
    Case(0, "foreign currency", middle("customer_id,currency,date,balance\nA,USD,2015-10-02,1.00\n"), 4, (MIDDLE, "currency")),
    Case(0, "changes without opening", nothing, 4, ("before 2015-10-01", "--opening zero"), ("--kind", "changes")),
    Case(72, "quarter that does not exist", nothing, 2, ("--quarter", "2015Q4"), ("--quarter", "2015Q5")),
    Case(72, "quarter in the future", nothing, 2, ("--quarter", "has not begun"), ("--quarter", "2999Q1")),
    Case(72, "as-of outside the quarter", nothing, 2, ("--as-of", "2015-10-01 to 2015-12-31"), ("--as-of", "2016-01-05")),
    Case(72, "as-of that is not a day", nothing, 2, ("--as-of", "2015-11-15"), ("--as-of", "2015-02-30")),
    Case(72, "accepted day outside the period", nothing, 2, ("--accept-missing",), ("--accept-missing", "2016-01-01")),
    Case(72, "rejects limit that is not a number", nothing, 2, ("--max-rejects", "0.1%"), ("--max-rejects", "few")),
    Case(72, "unknown kind", nothing, 2, ("--kind", "snapshot or changes"), ("--kind", "daily")),
    Case(72, "rules that are absent", nothing, 3, ("no-rules",), ("--rules", "no-rules")),
    Case(72, "previous run that is absent", nothing, 4, ("no-run", "previous"), ("--previous", "no-run")),
    Case(72, "month for a quarter", nothing, 2, ("--quarter", "2015Q4"), ("--quarter", "2015-10")),
    Case(72, "fifth quarter in Chinese", nothing, 2, ("--quarter", "2015Q4"), ("--quarter", "2015年5季度")),
    Case(72, "quarter with a long year", nothing, 2, ("--quarter", "2015Q4"), ("--quarter", "20155Q1")),
    Case(72, "empty quarter", nothing, 2, ("--quarter", "2015Q4"), ("--quarter", "")),
    Case(72, "as-of with a time of day", nothing, 2, ("--as-of", "2015-11-15"), ("--as-of", "2015-10-03T00:00")),
    Case(72, "empty as-of", nothing, 2, ("--as-of", "2015-11-15"), ("--as-of", "")),
    Case(72, "accepted day that is not a day", nothing, 2, ("--accept-missing", "2015-11-15"), ("--accept-missing", "2015-13-01")),
    Case(72, "output inside the extracts", nothing, 5, ("extracts/out", "lies inside"), ("--out", "extracts/out")),
    Case(72, "output that is the folder of extracts", nothing, 5, ("extracts", "lies inside"), ("--out", "extracts")),
    Case(
        72,
        "output that is a file",
        nothing,
        5,
        ("balances_20151001.csv", "lies inside"),
        ("extracts/*.csv", "--out", "extracts/balances_20151001.csv"),
    ),
    Case(72, "output below a file", nothing, 5, ("lies inside",), ("extracts/*.csv", "--out", f"extracts/{MIDDLE}/out")),
    Case(72, "output below /proc", nothing, 5, ("/proc/out", "cannot be written"), ("--out", "/proc/out")),
]
