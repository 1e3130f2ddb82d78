"""What reports start from, read and judged: a run, the runs to compare it with, the customer file, what the branch delivers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from vip_tiering.base.arrays import text_array
from vip_tiering.base.disk import reading
from vip_tiering.base.quarter import day_date
from vip_tiering.base.schema import MIGRATION_CSV
from vip_tiering.base.text import csv_as_text
from vip_tiering.customers.branch_files import parse_fees, parse_lobby
from vip_tiering.customers.ids import NamedIds, judge_ids, named_ids, refuse_repeated, renamed
from vip_tiering.customers.incoming import Parse, read_given
from vip_tiering.customers.other_files import parse_contacts
from vip_tiering.customers.side_file import read_side_file
from vip_tiering.playbooks.customers.file_forms import Kind
from vip_tiering.playbooks.load import AllRules
from vip_tiering.publishing import manifests
from vip_tiering.reports.earlier_runs import Earlier, find_before, find_last_year
from vip_tiering.reports.figures.delivered import Delivered, delivered_of
from vip_tiering.reports.figures.holders import no_holders, parse_holders, with_households
from vip_tiering.reports.months import Months, find_months
from vip_tiering.reports.report import ReportInputs
from vip_tiering.rules.extracts import Aliases
from vip_tiering.tiers.published.run_folder import TieredRun, read_run


@dataclass(frozen=True)
class Read:
    """What was read: the inputs of a report, what they were made from (digests), and warnings, those of the files beside the run first."""

    inputs: ReportInputs
    made_from: dict[str, Any]
    warnings: tuple[str, ...]


def read_inputs(
    run: Path,
    customers: Path | None,
    loaded: AllRules,
    *,
    previous: Path | None = None,
    contact_log: Path | None = None,
    branch_files: Mapping[Kind, Path | None],
    max_bytes: int,
) -> Read:
    """Return what a report of a run starts from.

    `customers`: the customer file, without which every customer is unassigned; `contact_log`: tells when customers were contacted
    last; `branch_files`: `fees` and `lobby`; `previous`: the run of the quarter before, else the one beside the run.
    Raises DataError for whatever cannot be used.
    """
    found = read_run(run, provisional=True)
    before, no_before = find_before(run, found, previous, loaded.rules)
    last_year, no_last_year = find_last_year(run, found, loaded.rules)
    months, no_months = find_months(run, found)
    aliases = loaded.rules.aliases if "aliases" in found.manifest["scope"] else None
    people = _read_holders(customers, loaded, aliases, max_bytes)
    delivered = _read_branch_files(branch_files, loaded, found, max_bytes)
    ids = [one if aliases is None else renamed(one, aliases, "ids") for one in delivered.named]
    said_of_ids = judge_ids(found, people.named, ids) if people.named is not None else []
    last_contact, log_sha256, said_of_log = _last_contacts(contact_log, loaded, aliases, max_bytes)
    made_from = {
        **_digests(found, before, last_year, months),
        "customers": people.sha256,
        "contact_log": log_sha256,
        **delivered.sha256,
        "rules": _rules_digest(loaded),
    }
    tiers_before, tiers_last_year = (one.tiers if one and not one.corrects else None for one in (before, last_year))
    inputs = ReportInputs(
        run=found,
        holders=people.holders,
        rules=loaded,
        migration=_migration(run),
        before=tiers_before,
        last_year=tiers_last_year,
        last_contact=last_contact,
        bounds_before=before.bounds_fen if before else {},
        months=months.rows,
        delivered=delivered.delivered,
        corrected=before.tiers if before and before.corrects else None,
    )
    said = (*people.warnings, *said_of_log, *delivered.warnings, *said_of_ids)
    return Read(inputs, made_from, (*said, *no_before, *no_last_year, *no_months))


def _digests(run: TieredRun, before: Earlier | None, last_year: Earlier | None, months: Months) -> dict[str, Any]:
    """Return what the runs say of themselves, by the name of each."""
    return {
        "run": run.digest,
        "previous": before.digest if before else None,
        "last_year": last_year.digest if last_year else None,
        "months": months.digests,
    }


def _migration(folder: Path) -> pa.Table:
    """Return migration.csv of a run, as text."""
    with reading(f"{folder.name}/migration.csv"):
        return csv_as_text(folder / "migration.csv", MIGRATION_CSV)


@dataclass(frozen=True)
class _People:
    """Who holds which customer (`parse_holders`), the ids that the file names, its SHA-256, and warnings."""

    holders: pd.DataFrame
    named: NamedIds | None
    sha256: str | None
    warnings: list[str]


def _read_holders(path: Path | None, rules: AllRules, aliases: Aliases | None, max_bytes: int) -> _People:
    """Return who holds the customers of a run by the customer file; nobody where there is none. `aliases`: where the run follows them."""
    if path is None:
        return _People(no_holders(), None, None, [])
    form = rules.customers.of_file("customers")
    file = read_side_file(path, max_bytes, form=form.form_of("customers"))
    holders, said = parse_holders(file, form)
    named = named_ids(file, form, text_array(holders["customer_id"]))
    if aliases is not None:  # the run has the new numbers
        now = renamed(named, aliases, "ids")
        refuse_repeated(named, now)
        named, holders = now, holders.assign(customer_id=now.ids.to_pandas())
    return _People(with_households(holders, aliases), named, file.sha256, said)


def _last_contacts(
    path: Path | None, rules: AllRules, aliases: Aliases | None, max_bytes: int
) -> tuple[pd.Series | None, str | None, list[str]]:
    """Return the newest day of a contact by customer, as text, from a contact log; its SHA-256, and warnings."""
    if path is None:
        return None, None, []
    channels = [code for code, one in (rules.playbooks.channels if rules.playbooks else {}).items() if one.contact]
    form = rules.customers.of_file("contact_log")
    file = read_side_file(path, max_bytes, form=form.form_of("contact_log"))
    contacts, said = parse_contacts(file, form, channels)
    ids = contacts.customer_id if aliases is None else aliases.known_as(contacts.customer_id)
    newest = pd.Series(contacts.day).groupby(ids.to_pandas()).max()
    return newest.map(day_date).astype("str"), file.sha256, said


@dataclass(frozen=True)
class _BranchFiles:
    """What the branch delivers, the SHA-256 of each file by option, the ids that the files name, and warnings."""

    delivered: Delivered
    sha256: dict[str, str]
    named: list[NamedIds]
    warnings: list[str]


def _read_branch_files(given: Mapping[Kind, Path | None], rules: AllRules, run: TieredRun, max_bytes: int) -> _BranchFiles:
    """Return what the branch delivers of the period of a run. Raises DataError with the problems of both files."""
    hall_actions = rules.playbooks.hall_actions if rules.playbooks else {}
    parsers: dict[Kind, tuple[Path | None, Parse]] = {
        "fees": (given["fees"], lambda file, form: parse_fees(file, form, run.period)),
        "lobby": (given["lobby"], lambda file, form: parse_lobby(file, form, run.period, list(hall_actions))),
    }
    read = read_given(parsers, rules.customers, max_bytes)
    fees, lobby = (read[kind].value if kind in read else None for kind in ("fees", "lobby"))
    sha256 = {str(kind): one.file.sha256 for kind, one in read.items()}
    named = [named_ids(read["fees"].file, read["fees"].rules, fees.customer_id)] if fees is not None else []
    warnings = [line for one in read.values() for line in one.warnings]
    return _BranchFiles(delivered_of(fees, lobby, hall_actions), sha256, named, warnings)


def _rules_digest(rules: AllRules) -> str:
    """Return the SHA-256 of what a report goes by, however it is written."""
    return manifests.digest(
        {
            "customers": rules.customers.model_dump(mode="json"),
            "targets": rules.targets.model_dump(mode="json") if rules.targets else None,
            "private_tiers": list(rules.private_tiers),
            "measures": rules.measures,
            "products": {code: one.label for code, one in books.products.items()} if (books := rules.playbooks) else {},
            "taught": [one.code for one in books.taught] if books else [],
            "hall": books.hall_actions if books else {},
        }
    )
