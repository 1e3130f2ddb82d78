"""Export for many customers with four actions each: peak memory, and the time against a row-by-row Jinja2 loop.

    python benchmarks/export.py FOLDER [--customers 1000000] [--pairs 3]

Makes a run and a customer file in FOLDER (once), exports with `vip playbook export`, and times in turns a loop that only
renders the messages that the export wrote, with Jinja2 (`pip install jinja2`; it is not a dependency of the project).
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import shutil
import statistics
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from timing import timed

ROOT = Path(__file__).parents[1]
ON = "2016-01-05"
ACTIONS = 4
_PLAYBOOKS = """version: 1
source: benchmark
playbooks:
"""
_ACTION = """      - id: B-SMS-{number}
        what: news {number}
        purpose: [general]
        audience: {{who: tier}}
        topics: [credit_card]
        channels: [sms]
        trigger: regular
        cadence_days: 30
        cadence_source: ours
        aim: benchmark
        message:
          text: ${{signature}}尊敬的${{name}},第{number}期活动可到${{branch}}咨询,客户经理${{manager}}。${{opt_out}}
          reviewed_by: benchmark
          reviewed_on: 2016-01-01
        source: benchmark
"""


def rules(folder: Path) -> Path:
    """Write the shipped rules with a playbook of four messages for every tier."""
    if folder.exists():
        return folder
    shutil.copytree(ROOT / "rules", folder)
    (folder / "plan_ids.yaml").unlink()
    (folder / "calendar.yaml").unlink()
    actions = "".join(_ACTION.format(number=number) for number in range(1, ACTIONS + 1))
    first = f"  - tier: effective\n    bulk: allowed\n    source: benchmark\n    actions:\n{actions}"
    others = "".join(
        f"  - {{tier: {tier}, bulk: allowed, same_as: effective, source: benchmark}}\n" for tier in ("silver", "gold", "gold_diamond")
    )
    barred = "".join(f"  - {{tier: {tier}, bulk: barred, playbook: none, reason: x, source: x}}\n" for tier in ("pre_private", "private"))
    (folder / "playbooks.yaml").write_text(_PLAYBOOKS + first + others + barred, "utf-8")
    return folder


def made(folder: Path, count: int) -> tuple[Path, Path]:
    """Return the run and the customer file, made from one seed where they do not stand yet."""
    run, people = folder / "out" / "2015Q4", folder / "customers.csv"
    rng = np.random.default_rng(1)
    ids = pc.binary_join_element_wise("C", pc.utf8_lpad(pa.array(np.arange(count)).cast(pa.string()), 9, padding="0"), "")
    if not run.exists():
        (folder / "extracts").mkdir(parents=True, exist_ok=True)
        for day in ("2015-09-30", "2015-12-31"):
            balance = pa.array(rng.integers(30_000, 4_000_000, count)).cast(pa.string())
            pyarrow.csv.write_csv(
                pa.table({"customer_id": ids, "balance": balance}), folder / "extracts" / f"balances_{day.replace('-', '')}.csv"
            )
        vip(folder, "tier", "compute", "extracts", "--quarter", "2015Q4", "--kind", "changes", "--out", "out", "--rules", "rules")
    if not people.exists():
        surnames, given = np.array(list("王李张刘陈杨黄赵吴周")), np.array(list("伟芳娜敏静丽强磊军洋"))

        def pick(words: object) -> pa.Array:
            words = np.asarray(words, object)
            return pa.array(words[rng.integers(0, len(words), count)], pa.string())

        columns = {
            "customer_id": ids,
            "name": pc.binary_join_element_wise(pick(surnames), pick(given), ""),
            "gender": pick(["F", "M"]),
            "mobile": pc.binary_join_element_wise("13", pc.utf8_lpad(pa.array(np.arange(count)).cast(pa.string()), 9, padding="0"), ""),
            "manager": pick([f"M{number:03d}" for number in range(400)]),
            "branch": pick([f"第{number}支行" for number in range(40)]),
            "birthday": pick([str(dt.date(1950, 1, 1) + dt.timedelta(days=97 * number)) for number in range(150)]),
            "consent_sms": pick(["Y"]),
            "status": pick(["active"]),
        }
        pyarrow.csv.write_csv(pa.table(columns), people)
    return run, people


def vip(folder: Path, *arguments: str) -> None:
    """Run the command; what it prints goes nowhere."""
    subprocess.run([sys.executable, "-m", "vip_tiering", *arguments], cwd=folder, check=True, capture_output=True)


def export(folder: Path) -> tuple[float, int]:
    """Export once and return the seconds and the peak memory in MiB."""
    for name in ("lists", "lists.private"):
        shutil.rmtree(folder / name, ignore_errors=True)
    arguments = ("playbook", "export", "out/2015Q4", "--customers", "customers.csv", "--on", ON, "--out", "lists", "--rules", "rules")
    seconds, _, peak = timed([sys.executable, "-m", "vip_tiering", *arguments, "--quiet"], folder)
    return seconds, round(peak)


def jinja_loop(folder: Path) -> tuple[float, int]:
    """Render the same messages row by row and return the seconds of the loop alone, and their number; they must be equal."""
    import jinja2  # noqa: PLC0415

    with (folder / "lists" / ON / "sms.csv").open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    with (folder / "customers.csv").open(encoding="utf-8", newline="") as file:
        people = {row["customer_id"]: row for row in csv.DictReader(file)}
    text = "【示例银行】尊敬的{{ name }},第{{ number }}期活动可到{{ branch }}咨询,客户经理{{ manager }}。拒收请回复R"
    template = jinja2.Environment(autoescape=False).from_string(text)  # noqa: S701 (plain text)
    titles = {"F": "女士", "M": "先生"}
    begin = time.monotonic()
    rendered = [
        template.render(name=one["name"][0] + titles[one["gender"]], number=row["action"][-1], branch=one["branch"], manager=one["manager"])
        for row in written
        for one in (people[row["customer_id"]],)
    ]
    seconds = time.monotonic() - begin
    if rendered != [row["text"] for row in written]:
        raise SystemExit("the texts differ")
    return seconds, len(rendered)


def main() -> None:
    """Compare in turns and print the medians."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=3)
    wanted = parser.parse_args()
    wanted.folder.mkdir(parents=True, exist_ok=True)
    rules(wanted.folder / "rules")
    made(wanted.folder, wanted.customers)
    ratios = []
    for _ in range(wanted.pairs):
        seconds, peak = export(wanted.folder)
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:  # what it takes would count as the next export's peak
            loop, count = pool.submit(jinja_loop, wanted.folder).result()
        ratios.append(seconds / loop)
        print(f"export {seconds:.2f} s, {peak} MiB; Jinja2 loop of {count} messages {loop:.2f} s; ratio {ratios[-1]:.2f}")
    print(f"median ratio {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
