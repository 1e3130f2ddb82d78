"""Customers that got another number: whoever refused, mourned, was contacted or answered under the old one did so as the new one."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import RULES, read_tiers
from tests.lists.exporting import customer, day, make_run, read_rows, reasons_of, write_customers, write_events, write_rows
from vip_tiering.base.errors import DataError
from vip_tiering.lists.export.job import playbook_export
from vip_tiering.lists.followup.record import playbook_record
from vip_tiering.lists.followup.verify import playbook_verify

ON, NEXT = "2016-01-05", "2016-01-06"
GOLD, SILVER, PRIVATE = (600_000, 600_000), (200_000, 200_000), (9_000_000, 9_000_000)
AVERAGES = {"0071": GOLD, "0072": GOLD, "S3": SILVER, "PART-1": (300_000, 300_000), "PART-2": (300_000, 300_000), "RICH": PRIVATE}
PEOPLE = {one: customer(number) for number, one in enumerate(AVERAGES, 1)}
SMS, CALL = "G-SMS-1", "G-CALL-1"


class Branch:
    """A branch whose rules say who got another number."""

    def __init__(self, folder: Path, run: Path, aliases: Mapping[str, str]) -> None:
        """Take a run, and write the files of the branch; `aliases`: old id -> new one."""
        self.folder, self.run, self.aliases = folder, run, aliases
        self.rules = folder / "rules"
        shutil.copytree(RULES, self.rules)
        self.renumber(aliases)
        self.customers = write_customers(folder / "customers.csv", {aliases.get(one, one): fields for one, fields in PEOPLE.items()})

    def renumber(self, aliases: Mapping[str, str]) -> None:
        """Say who got another number from now on."""
        if not aliases:
            return
        write_rows(self.rules / "aliases.csv", ("old_id", "new_id"), aliases.items())
        text = (RULES / "extracts.yaml").read_text(encoding="utf-8")
        (self.rules / "extracts.yaml").write_text(f"{text}\naliases: aliases.csv\n", encoding="utf-8")

    def export(self, on: str = ON, **asked: Any) -> Path:
        """Export the lists of a day, hold them against the second opinion, and return their folder."""
        files = {option: asked[option] for option in ("events", "contact_log", "do_not_contact") if option in asked}
        given = {"run": self.run, "customers": self.customers, "rules": self.rules}
        playbook_export(**{**given, **asked}, on=day(on), out=self.folder / "lists")
        verdict = playbook_verify(self.folder / "lists" / on, **{**given, **files})
        assert not verdict.problems
        return self.folder / "lists" / on

    def record(self, *rows: tuple[str, str, str, str], on: str = ON) -> Path:
        """Record results: customer, action, channel, result."""
        back = write_rows(self.folder / "back.csv", ("customer_id", "action", "channel", "result"), rows)
        playbook_record(self.folder / "lists" / on, [back], rules=self.rules)
        return self.folder / "lists" / "do_not_contact.csv"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run that was computed before anybody got another number."""
    return make_run(tmp_path_factory.mktemp("runs") / "out", AVERAGES)


def contacted(folder: Path) -> set[tuple[str, str]]:
    """Return customer and channel of everybody on an open list."""
    return {(row["customer_id"], row["channel"]) for row in read_rows(folder / "contacts.csv")}


LOG = ("customer_id", "channel", "date", "result")
BOUND = {"0071": "do_not_contact", "0072": "do_not_contact", "PART-1": "bereavement", "PART-2": "frequency_cap"}
"""Whom a file beside the run names, and why nobody writes to him: listed, refused, bereaved, heard of us lately."""


def files_of(folder: Path) -> dict[str, Path]:
    """Return files beside the run, by option, each of which binds for one customer."""
    return {
        "do_not_contact": write_rows(folder / "listed.csv", ("customer_id", "channel"), [("0071", "all")]),
        "contact_log": write_rows(
            folder / "log.csv", LOG, [("0072", "sms", "2015-06-01", "opt_out"), ("PART-2", "sms", "2016-01-03", "delivered")]
        ),
        "events": write_events(folder / "events.csv", [("PART-1", "family_event", "bereavement", "2016-01-01", "", "")]),
    }


@pytest.mark.parametrize("aliases", [{one: f"N{one}" for one in BOUND}, {"S3": "S9", "0099": "0098"}], ids=["renumbered", "others were"])
def test_files_may_name_the_old_id(aliases: dict[str, str], run: Path, tmp_path: Path) -> None:
    """A list, a log and an event that name the old id bind for the new one; where others were renumbered, for the id itself."""
    branch = Branch(tmp_path, run, aliases)
    folder = branch.export(**files_of(tmp_path))
    reasons = reasons_of(folder)
    for old, reason in BOUND.items():
        of_messages = {why for (one, action), why in reasons.items() if one == aliases.get(old, old) and "-SMS-" in action}
        assert reason in of_messages
        assert (aliases.get(old, old), "sms") not in contacted(folder)
    assert (aliases.get("S3", "S3"), "sms") in contacted(folder)


def test_marks_that_nobody_sees_lose_no_refusal(run: Path, tmp_path: Path) -> None:
    """A list, a log and an event bind for an id that was copied with marks of direction around it."""
    branch = Branch(tmp_path, run, {})
    files = files_of(tmp_path)
    for path in files.values():
        text = path.read_text("utf-8")
        for one in BOUND:
            text = text.replace(one, f"\u202a{one}\u202c")
        path.write_text(text, "utf-8")
    folder = branch.export(**files)
    reasons = reasons_of(folder)
    for one, reason in BOUND.items():
        assert reason in {why for (who, action), why in reasons.items() if who == one and "-SMS-" in action}
        assert (one, "sms") not in contacted(folder)


def test_the_customer_file_may_still_have_the_old_id(run: Path, tmp_path: Path) -> None:
    """Whichever of both ids the files have, the lists have the new one; who has a row for each in the customer file is refused."""
    branch = Branch(tmp_path, run, {"0071": "0091"})
    branch.customers = write_customers(tmp_path / "old.csv", PEOPLE)
    folder = branch.export()
    assert {"0091"} == {one for one, _ in contacted(folder)} & {"0071", "0091"}
    both = write_customers(tmp_path / "both.csv", {**PEOPLE, "0091": customer(91)})
    with pytest.raises(DataError) as error:
        branch.export(NEXT, customers=both)
    said = "by the aliases of rules/extracts.yaml this is the customer of row 2; deliver one row per customer, by the new id [id-repeated]"
    assert [f"both.csv: row 8, column customer_id: {said}"] == [str(one) for one in error.value.problems]


def test_earlier_exports_know_the_old_id(run: Path, tmp_path: Path) -> None:
    """Caps, turns and events that were told reach over a renumbering between two exports."""
    events = write_events(tmp_path / "events.csv", [("0071", "maturity", "", "2016-01-09", "三年定期", "50000.00")])
    branch = Branch(tmp_path, run, {})
    first = branch.export(events=events)
    assert {("0072", "sms"), ("0071", "calls")} <= contacted(first)
    aliases = {"0071": "0091", "0072": "0092"}
    branch.renumber(aliases)
    branch.customers = write_customers(tmp_path / "new.csv", {aliases.get(one, one): fields for one, fields in PEOPLE.items()})
    reasons = reasons_of(branch.export(NEXT, events=events))
    assert "already_contacted" == reasons["0091", CALL]
    messages = {action: reason for (one, action), reason in reasons.items() if one == "0092" and "-SMS-" in action}
    assert {"frequency_cap"} == set(messages.values())
    assert SMS not in messages  # its cadence has not passed


def test_what_is_recorded_follows(run: Path, tmp_path: Path) -> None:
    """An opt-out of a list by the old id, given back by either id, is kept as the list has it, and bars the new id and the number."""
    branch = Branch(tmp_path, run, {})
    branch.export()
    branch.renumber({"0071": "0091"})
    barred = branch.record(("0091", SMS, "sms", "opt_out"))
    entries = [tuple(row.values()) for row in read_rows(barred)]
    assert [("0071", "", "sms", ON), ("", PEOPLE["0071"]["mobile"], "sms", ON)] == entries
    assert barred.read_bytes() == branch.record(("0071", SMS, "sms", "opt_out"), ("0091", SMS, "sms", "opt_out")).read_bytes()
    branch.customers = write_customers(tmp_path / "new.csv", {"0091": customer(99), "0072": PEOPLE["0072"]})  # with another number too
    folder = branch.export("2016-01-20")
    assert ("0072", "sms") in contacted(folder)
    assert "do_not_contact" in {why for (one, _), why in reasons_of(folder).items() if one == "0091"}
    assert ("0091", "sms") not in contacted(folder)


def test_the_number_stays_barred_for_others(run: Path, tmp_path: Path) -> None:
    """Where customers left the file, nobody is contacted at the numbers that refused, whoever has them now; at other numbers people are."""
    branch = Branch(tmp_path, run, {})
    sent = {
        row["customer_id"]: (row["customer_id"], row["action"], "sms")
        for row in read_rows(branch.export() / "contacts.csv")
        if row["channel"] == "sms"
    }
    branch.record((*sent["0071"], "opt_out"), (*sent["0072"], "refused"), (*sent["S3"], "wrong_number"), (*sent["PART-2"], "reached"))
    numbers = {one: PEOPLE[one]["mobile"] for one in ("0071", "0072", "S3")}
    heirs = {f"HEIR-{one}": {**customer(60), "mobile": f"+86 {number}"} for one, number in numbers.items()}
    branch.customers = write_customers(tmp_path / "new.csv", {"PART-2": PEOPLE["PART-2"], **heirs})
    branch.renumber({one: f"HEIR-{other}" for one, other in (("0071", "S3"), ("0072", "0071"), ("S3", "0072"))})
    folder = branch.export("2016-01-20")
    assert not [one for one, channel in contacted(folder) if one.startswith("HEIR") and channel == "sms"]
    assert {"do_not_contact"} == {why for (one, action), why in reasons_of(folder).items() if one.startswith("HEIR") and "-SMS-" in action}
    assert "PART-2" in {one for one, _ in contacted(folder)}


def test_several_ids_of_one_customer_are_one(run: Path, tmp_path: Path) -> None:
    """Whose two ids became one is served once, by the tier of both together; without aliases the run's own ids stand."""
    branch = Branch(tmp_path, run, {"PART-1": "WHOLE", "PART-2": "WHOLE"})
    people = {one: fields for one, fields in PEOPLE.items() if not one.startswith("PART")}
    branch.customers = write_customers(tmp_path / "whole.csv", {**people, "WHOLE": customer(50)})
    actions = {row["action"][:2] for row in read_rows(branch.export() / "contacts.csv") if row["customer_id"] == "WHOLE"}
    assert {"silver"} == {read_tiers(run)[one]["tier"] for one in ("PART-1", "PART-2")}
    assert {"G-"} == actions


def test_a_private_client_stays_private(run: Path, tmp_path: Path) -> None:
    """Who is a private client by the old id of the run stands in no open file by the new one, and bars the number that is shared."""
    branch = Branch(tmp_path, run, {"RICH": "NEW"})
    people = {
        **{branch.aliases.get(one, one): fields for one, fields in PEOPLE.items()},
        "S3": {**PEOPLE["S3"], "mobile": PEOPLE["RICH"]["mobile"]},
    }
    branch.customers = write_customers(tmp_path / "shared.csv", people)
    folder = branch.export()
    assert not [
        row for name in ("contacts.csv", "suppressed.csv") for row in read_rows(folder / name) if row["customer_id"] in {"NEW", "RICH"}
    ]
    assert {"phone_barred"} == {
        reason for (one, action), reason in reasons_of(folder).items() if one == "S3" and action.startswith("S-SMS")
    }


def test_the_second_opinion_follows_too(run: Path, tmp_path: Path) -> None:
    """Lists that were made without the aliases are found wrong by them: who is barred by the old id is listed by the new one."""
    branch = Branch(tmp_path, run, {})
    listed = {"do_not_contact": write_rows(tmp_path / "listed.csv", ("customer_id", "channel"), [("0099", "all")])}
    folder = branch.export(**listed)
    branch.renumber({"0099": "0071"})
    verdict = playbook_verify(folder, run=run, customers=branch.customers, rules=branch.rules, **listed)
    assert {"client-listed"} == {problem.rule for problem in verdict.problems}
    assert any("not the rules" in warning for warning in verdict.warnings)
