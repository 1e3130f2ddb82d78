"""`vip playbook export` as a command: which runs it takes, what it refuses, that it is whole, private, repeatable, and silent on nobody."""

from __future__ import annotations

import json
import re
import shutil
import stat
from pathlib import Path

import pytest

from tests.helpers import RULES, vip
from tests.lists.exporting import (
    ON,
    customer,
    day,
    export,
    make_run,
    read_rows,
    reasons_of,
    write_customers,
    write_events,
    write_rows,
)
from vip_tiering.base.errors import ProofError
from vip_tiering.lists.export import job
from vip_tiering.lists.export.job import playbook_export
from vip_tiering.lists.verification.read_back import finding
from vip_tiering.lists.verification.rules import check_written
from vip_tiering.playbooks.load import load

GOLD = {f"G{number:05d}": (600_000, 600_000) for number in range(1, 7)}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a run of six gold customers and their customer file."""
    folder = tmp_path_factory.mktemp("home")
    make_run(folder / "out", GOLD)
    write_customers(folder / "customers.csv", {one: customer(number) for number, one in enumerate(GOLD)})
    return folder


def files_of(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder by its path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_same_inputs_give_the_same_bytes(home: Path, tmp_path: Path) -> None:
    """Two exports into different folders, from a customer file in another order, have the same lists; a second one changes nothing."""
    done = export(home / "out" / "2015Q4", home / "customers.csv", tmp_path / "a")
    assert done.returncode == 0, done.stderr
    people = {one: customer(number) for number, one in enumerate(GOLD)}
    turned = write_customers(tmp_path / "turned.csv", dict(reversed(people.items())))
    assert export(home / "out" / "2015Q4", turned, tmp_path / "b").returncode == 0
    first, second = files_of(tmp_path / "a" / ON), files_of(tmp_path / "b" / ON)
    assert {name for name in first if first[name] != second.get(name)} <= {"manifest.json"}
    again = export(home / "out" / "2015Q4", home / "customers.csv", tmp_path / "a")
    assert (0, f"{tmp_path}/a/{ON}: already up to date\n") == (again.returncode, again.stdout)
    assert first == files_of(tmp_path / "a" / ON)


def test_other_inputs_are_never_written_over_an_export(home: Path, tmp_path: Path) -> None:
    """Another customer file for the same day is exit 5 and says what differs; `--replace` moves the old export away."""
    out = tmp_path / "lists"
    assert export(home / "out" / "2015Q4", home / "customers.csv", out).returncode == 0
    other = write_customers(tmp_path / "other.csv", {one: customer(number, consent_sms="N") for number, one in enumerate(GOLD)})
    done = export(home / "out" / "2015Q4", other, out)
    assert (5, "") == (done.returncode, done.stdout)
    assert "stands there and was made with other --customers; --replace" in done.stderr
    assert export(home / "out" / "2015Q4", other, out, "--replace").returncode == 0
    assert (out / ".superseded" / f"{ON}-1" / "sms.csv").exists()


def test_another_selection_names_its_option(home: Path, tmp_path: Path) -> None:
    """Where an option differs it is named as it is typed, beside what else differs."""
    out, files = tmp_path / "lists", (home / "out" / "2015Q4", home / "customers.csv")
    assert export(*files, out, "--only", "calls").returncode == 0
    assert f"{out}/{ON}: stands there and was made with other --only; --replace" in export(*files, out).stderr
    rules = tmp_path / "rules"
    shutil.copytree(RULES, rules)
    gates = rules / "gates.yaml"
    gates.write_text(re.sub("(adult_age_years: .value: )18", r"\g<1>19", gates.read_text(encoding="utf-8")), encoding="utf-8")
    done = export(*files, out, "--rules", rules, "--profile", "wecom")
    assert "was made from other rules and with other --only, --profile; --replace" in done.stderr, done.stderr


def test_lists_are_private(home: Path, tmp_path: Path) -> None:
    """Every folder of an export is 0700 and every file 0600."""
    assert export(home / "out" / "2015Q4", home / "customers.csv", tmp_path / "lists").returncode == 0
    for path in (tmp_path / "lists" / ON).rglob("*"):
        assert (0o700 if path.is_dir() else 0o600) == stat.S_IMODE(path.stat().st_mode), path.name


@pytest.mark.parametrize(
    ("on", "arguments", "status", "words"),
    [
        ("2016-01-01", (), 0, ""),
        ("2016-03-31", (), 0, ""),
        ("2016-04-20", (), 0, "2015Q4 is not the newest quarter: 2016Q1 has ended"),
        ("2016-04-21", (), 4, "the newest quarter that ended before 2016-04-21 is 2016Q1"),
        ("2016-12-01", ("--allow-old-run",), 0, "used because of --allow-old-run"),
        ("2015-12-31", (), 4, "which had not ended on 2015-12-31"),
        ("2015-12-31", ("--allow-old-run",), 4, "which had not ended on 2015-12-31"),
        ("05.01.2016", (), 2, "--on: must be a day of the calendar such as 2015-11-15"),
    ],
)
def test_only_the_newest_quarter_is_exported(
    home: Path, tmp_path: Path, on: str, arguments: tuple[str, ...], status: int, words: str
) -> None:
    """A run passes until the next quarter is 20 days over; an older one by name only, one that had not ended never."""
    done = export(home / "out" / "2015Q4", home / "customers.csv", tmp_path / "lists", *arguments, on=on)
    assert (status, True) == (done.returncode, words in done.stderr)
    assert (status == 0) == (tmp_path / "lists" / on).exists()
    if arguments and status == 0:
        assert json.loads((tmp_path / "lists" / on / "manifest.json").read_bytes())["made_from"]["allow_old_run"] is True


def test_places_that_would_mix_are_refused(home: Path, tmp_path: Path) -> None:
    """Lists go neither into a run nor into their own private part."""
    run = home / "out" / "2015Q4"
    assert 5 == export(run, home / "customers.csv", run / "lists").returncode
    assert 5 == export(run, home / "customers.csv", tmp_path / "x", "--private-out", tmp_path / "x" / "private").returncode
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(("words", "known"), [("G-SMS-11", "did you mean G-SMS-1?"), ("smss", "did you mean sms?"), ("x", "channels: sms")])
def test_a_limit_must_be_known(home: Path, tmp_path: Path, words: str, known: str) -> None:
    """`--only` takes an action, a channel or a tier; another word is exit 2 with what could be meant."""
    done = export(home / "out" / "2015Q4", home / "customers.csv", tmp_path / "lists", "--only", words)
    assert (2, True) == (done.returncode, known in done.stderr)


def test_a_limit_limits(home: Path, tmp_path: Path) -> None:
    """With `--only` an action nobody else is selected, counted or listed."""
    assert export(home / "out" / "2015Q4", home / "customers.csv", tmp_path / "lists", "--only", "G-SMS-5").returncode == 0
    manifest = json.loads((tmp_path / "lists" / ON / "manifest.json").read_bytes())
    assert {"G-SMS-5": {"selected": 6, "exported": 6, "suppressed": {}}} == manifest["actions"]


@pytest.mark.parametrize("branch", ["信托大厦支行", "高收益路支行"])
def test_a_branch_may_be_called_like_a_product(home: Path, tmp_path: Path, branch: str) -> None:
    """A branch whose name holds a private product or a promise stops no export: texts speak of it in general words."""
    people = {one: customer(number, branch=branch) for number, one in enumerate(GOLD)}
    done = export(home / "out" / "2015Q4", write_customers(tmp_path / "c.csv", people), tmp_path / "lists", "--only", "G-SMS-5")
    assert done.returncode == 0, done.stderr
    texts = {row["text"] for row in read_rows(tmp_path / "lists" / ON / "sms.csv")}
    assert {True} == {"，我行网点新到一批" in text and branch not in text for text in texts}


@pytest.mark.bad_input(65)
def test_a_number_of_too_many_is_not_used(home: Path, tmp_path: Path) -> None:
    """A number that more than three customers give is nobody's: no message, and one reason."""
    people = {one: customer(7 if number < 4 else number) for number, one in enumerate(GOLD)}
    done = export(home / "out" / "2015Q4", write_customers(tmp_path / "c.csv", people), tmp_path / "lists", "--only", "G-SMS-5")
    assert done.returncode == 0
    reasons = reasons_of(tmp_path / "lists" / ON)
    assert {(one, "G-SMS-5"): "shared_phone" for one in list(GOLD)[:4]} == reasons


@pytest.mark.bad_input(67)
def test_customers_of_one_file_only_are_counted_and_masked(home: Path, tmp_path: Path) -> None:
    """Who is in the run and not in the customer file, or the reverse, is counted and named by a masked id only."""
    people = {one: customer(number) for number, one in enumerate(list(GOLD)[1:])} | {"NOBODY7": customer(99)}
    done = export(home / "out" / "2015Q4", write_customers(tmp_path / "c.csv", people), tmp_path / "lists")
    assert "tiered customers that are not in the customer file: 1 of 6, such as G0***01\n" in done.stderr
    assert "customers of the customer file that are not in the run: 1 of 6, such as NO***Y7\n" in done.stderr
    assert "no_profile" == reasons_of(tmp_path / "lists" / ON)["G00001", "G-SMS-5"]
    assert "G00001" not in done.stdout + done.stderr


def test_every_profile_is_exported(home: Path, tmp_path: Path) -> None:
    """Each profile can be asked for and makes a file; the export stays sound."""
    profiles = ["gateway", "gateway_gb18030", "excel", "vicidial", "genesys", "tencent", "huawei", "wecom"]
    asked = [word for profile in profiles for word in ("--profile", profile)]
    done = export(home / "out" / "2015Q4", home / "customers.csv", tmp_path / "lists", *asked)
    assert done.returncode == 0, done.stderr
    names = {path.stem for path in (tmp_path / "lists" / ON).iterdir()}
    assert [] == [one for one in profiles if one != "gateway" and not any(one in name for name in names)]
    assert vip("playbook", "verify", tmp_path / "lists" / ON).returncode == 0


@pytest.mark.parametrize(
    ("consents", "offer", "remark"),
    [
        (("N", "N", "N"), ("N", ""), True),
        (("", "", ""), ("N", ""), True),
        (("N", "Y", ""), ("Y", "R5"), False),
    ],
)
def test_in_person_nothing_risky_is_offered_without_consent(
    tmp_path: Path, consents: tuple[str, str, str], offer: tuple[str, str], *, remark: bool
) -> None:
    """Who consented to no way is visited, and the row says that only service and general business may be talked of."""
    run = make_run(tmp_path / "out", {"S1": (200_000, 200_000)})
    fields = dict(zip(("consent_sms", "consent_call", "consent_wechat"), consents, strict=True))
    customers = write_customers(tmp_path / "c.csv", {"S1": customer(1, **fields)})
    assert export(run, customers, tmp_path / "lists").returncode == 0
    (row,) = read_rows(tmp_path / "lists" / ON / "visits.csv")
    assert (*offer, remark) == (row["may_market"], row["max_risk"], "仅服务和一般业务，不得营销" in row["reasons"])


def test_messages_of_each_action_are_read_back(home: Path, tmp_path: Path) -> None:
    """Where the gateway, too, wants a file for each action, `vip playbook verify` reads them all."""
    rules = copied_rules(tmp_path / "rules")
    text = (rules / "profiles.yaml").read_text("utf-8")
    (rules / "profiles.yaml").write_text(text.replace("mass_send: true", "mass_send: true\n    per: action", 1), "utf-8")
    people = {one: customer(number, risk_rating="C1" if number < 3 else "C5") for number, one in enumerate(GOLD)}
    done = export(home / "out" / "2015Q4", write_customers(tmp_path / "c.csv", people), tmp_path / "lists", "--rules", rules)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "lists" / ON
    found = {path.name: {row["action"] for row in read_rows(path)} for path in folder.glob("sms*.csv")}
    assert len(found) > 1
    assert {name: {name.removeprefix("sms-").removesuffix(".csv")} for name in found} == found
    checked = vip("playbook", "verify", folder, "--rules", rules)
    assert (0, False) == (checked.returncode, "not read back" in checked.stderr), checked.stderr
    path = next(folder.glob("sms-*.csv"))
    path.write_text(path.read_text("utf-8").replace("拒收请回复R", ""), "utf-8")
    books = load(rules).playbooks
    assert books is not None
    assert "text-opt-out" in {one.rule for one in check_written(folder, None, books)}


def test_an_earlier_export_that_was_altered_stops_the_next(home: Path, tmp_path: Path) -> None:
    """Caps and turns never go by contacts that somebody changed, nor without the private part of an earlier export."""
    out = tmp_path / "lists"
    people = {one: customer(number) for number, one in enumerate(GOLD)} | {"G00001": customer(50, private_client="Y")}
    customers = write_customers(tmp_path / "c.csv", people)
    assert export(home / "out" / "2015Q4", customers, out).returncode == 0
    (tmp_path / "lists.private").rename(tmp_path / "elsewhere")
    done = export(home / "out" / "2015Q4", customers, out, on="2016-01-06")
    assert (4, True) == (done.returncode, "[memory-lost]" in done.stderr)
    assert export(home / "out" / "2015Q4", customers, out, "--private-out", tmp_path / "elsewhere", on="2016-01-06").returncode == 0
    contacts = out / ON / "contacts.csv"
    contacts.write_bytes(contacts.read_bytes().replace(b"G-SMS-1", b"G-SMS-2"))
    done = export(home / "out" / "2015Q4", customers, out, "--private-out", tmp_path / "elsewhere", on="2016-01-07")
    assert (4, True) == (done.returncode, "[output-altered]" in done.stderr)
    assert read_rows(out / ON / "sms.csv")


@pytest.fixture(scope="module")
def unlimited(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the lists of customers with birthdays and without ratings, and their customer file."""
    people = {one: customer(number, risk_rating="", birthday="1950-01-07") for number, one in enumerate(GOLD)}
    folder = tmp_path_factory.mktemp("unlimited")
    assert export(home / "out" / "2015Q4", write_customers(folder / "c.csv", people), folder / "every").returncode == 0
    return folder


@pytest.mark.parametrize("words", [("calls",), ("appointments",), ("sms",), ("gold",), ("REASSESS",), ("G-CALL-3", "sms")])
def test_a_limit_changes_no_verdict(home: Path, unlimited: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    """What is listed and suppressed with `--only` a channel, a tier or an action that takes no turns is what is so without it."""
    every, some = unlimited / "every", tmp_path / "some"
    limits = [part for word in words for part in ("--only", word)]
    assert export(home / "out" / "2015Q4", unlimited / "c.csv", some, *limits).returncode == 0

    def meant(row: dict[str, str]) -> bool:
        kinds = {"channels": {"calls", "appointments", "sms"}, "actions": {"REASSESS", "G-CALL-3"}}
        channels, actions = (kinds[kind] & set(words) for kind in ("channels", "actions"))
        return (not channels or row["channel"] in channels) and (not actions or row["action"] in actions)

    for file in ("contacts.csv", "suppressed.csv"):
        assert [row for row in read_rows(every / ON / file) if meant(row)] == read_rows(some / ON / file)


def test_what_an_export_cannot_know_is_told(home: Path, tmp_path: Path) -> None:
    """No quarter before, other bounds than the run's, a status that nobody delivers, later lists that stand: each is a warning."""
    own = tmp_path / "rules"
    shutil.copytree(RULES, own)
    tiers = (own / "tiers.yaml").read_text(encoding="utf-8")
    (own / "tiers.yaml").write_text(tiers.replace("min: 20000", "min: 20001", 1), encoding="utf-8")
    customers = (own / "customers.yaml").read_text(encoding="utf-8")
    approved = "status:\n  not_delivered: {approved_by: 李行长, approved_on: 2016-01-04, reason: test}\n"
    (own / "customers.yaml").write_text(customers + approved, encoding="utf-8")
    people = {one: customer(number) for number, one in enumerate(GOLD)}
    path = write_customers(tmp_path / "c.csv", people, without=["status"])
    lists = tmp_path / "lists"
    assert export(home / "out" / "2015Q4", home / "customers.csv", lists, on="2016-01-06").returncode == 0
    done = vip("playbook", "export", home / "out" / "2015Q4", "--customers", path, "--on", ON, "--out", lists, "--rules", own)
    assert done.returncode == 0, done.stderr
    assert "the run 2015Q4 was tiered by other bounds than those of" in done.stderr
    assert "no status of customers is delivered, as 李行长 allowed on 2016-01-04" in done.stderr
    assert "exports of later days stand already, the first of 2016-01-06" in done.stderr
    (tmp_path / "day.csv").write_text("customer_id,date,balance\nG00001,2015-09-30,1.00\n")
    alone = ("--quarter", "2015Q4", "--kind", "changes", "--no-previous", "--out", tmp_path / "alone", "--rules", RULES, "--quiet")
    assert vip("tier", "compute", tmp_path / "day.csv", *alone).returncode == 0
    done = export(tmp_path / "alone" / "2015Q4", home / "customers.csv", tmp_path / "first")
    assert "the run 2015Q4 was compared with no quarter before" in done.stderr


def copied_rules(folder: Path) -> Path:
    """Return a copy of the project's rules."""
    folder.mkdir()
    for path in RULES.iterdir():
        if path.suffix in {".yaml", ".csv"}:
            (folder / path.name).write_bytes(path.read_bytes())
    return folder


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a run of gold customers and a private client, and their customer file."""
    folder = tmp_path_factory.mktemp("rich")
    everybody = {**GOLD, "P1": (9_000_000, 9_000_000)}
    make_run(folder / "out", everybody)
    write_customers(folder / "customers.csv", {one: customer(number) for number, one in enumerate(everybody)})
    return folder


@pytest.mark.parametrize(
    ("check", "before"),
    [("check_private", "nothing"), ("check_private", "export"), ("check_written", "export"), ("check_written", "private part alone")],
)
def test_what_the_check_refuses_leaves_neither_part(
    rich: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: str, before: str
) -> None:
    """Where either part breaks a hard rule neither is published; an earlier export, or private part, stands as it stood."""
    run, customers, lists = rich / "out" / "2015Q4", rich / "customers.csv", tmp_path / "lists"
    if before != "nothing":
        assert export(run, customers, lists).returncode == 0
    if before == "private part alone":
        shutil.rmtree(lists / ON)
    stood = {name: files_of(tmp_path / name) for name in ("lists", "lists.private")}
    with monkeypatch.context() as patched:
        patched.setattr(job, check, lambda *_: [finding("x", "text-private")])
        with pytest.raises(ProofError, match="text-private"):
            playbook_export(run, customers=customers, on=day(ON), out=lists, rules=RULES, only=("gold", "private"), replace=True)
    assert stood == {name: files_of(tmp_path / name) for name in ("lists", "lists.private")}
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith((".staging-", ".superseded"))]
    assert export(run, customers, lists).returncode == 0
    assert vip("playbook", "verify", lists / ON).returncode == 0


def test_a_private_part_gives_way_to_none(rich: Path, tmp_path: Path) -> None:
    """An export that replaces another and has nothing private leaves no private part of the other beside it."""
    run, customers, lists = rich / "out" / "2015Q4", rich / "customers.csv", tmp_path / "lists"
    assert export(run, customers, lists).returncode == 0
    assert (tmp_path / "lists.private" / ON).is_dir()
    assert export(run, customers, lists, "--only", "G-SMS-5", "--replace").returncode == 0
    assert not (tmp_path / "lists.private" / ON).exists()
    assert vip("playbook", "verify", lists / ON).returncode == 0


def test_points_that_two_files_tell_are_the_same(home: Path, tmp_path: Path) -> None:
    """Points of the events file and of the customer file for one day are one thing; for another day they are told besides."""
    points = {"points": "3000", "points_expire_on": "2016-01-08"}
    people = {one: customer(number, **points) for number, one in enumerate(GOLD)}
    first, second, *_ = GOLD
    events = [(first, "points", "", "2016-01-08", "", "3000"), (second, "points", "", "2016-01-07", "", "500")]
    path = write_events(tmp_path / "events.csv", events)
    done = export(home / "out" / "2015Q4", write_customers(tmp_path / "c.csv", people), tmp_path / "lists", "--events", path)
    assert done.returncode == 0, done.stderr
    reasons = {row["customer_id"]: row["reasons"] for row in read_rows(tmp_path / "lists" / ON / "calls.csv")}
    assert ("3,000" in reasons[first], "6,000" in reasons[first], "3,500" in reasons[second]) == (True, False, True)


def test_lunar_birthdays_are_called_on_their_solar_day(home: Path, tmp_path: Path) -> None:
    """5 January 2016 is the 26th of the eleventh lunar month: that birthday is called, and not one whose solar date reads like it."""
    people = {one: customer(number, birthday="1960-01-05") for number, one in enumerate(GOLD)}
    lunar, also_lunar, solar, *others = GOLD
    for one in (lunar, also_lunar, solar):
        people[one]["birthday"] = "1960-11-26"
    path = write_customers(tmp_path / "c.csv", people)
    rows = read_rows(path)
    calendars = {lunar: "农历", also_lunar: "lunar", others[0]: "阴历"}
    header = [*rows[0], "生日历法"]
    write_rows(path, header, [[*row.values(), calendars.get(row["customer_id"], "")] for row in rows])
    done = export(home / "out" / "2015Q4", path, tmp_path / "lists", "--only", "G-CALL-3")
    assert done.returncode == 0, done.stderr
    called = {row["customer_id"] for row in read_rows(tmp_path / "lists" / ON / "contacts.csv") if row["action"] == "G-CALL-3"}
    assert {lunar, also_lunar, *others[1:]} == called
    checked = ("playbook", "verify", tmp_path / "lists" / ON, "--run", home / "out" / "2015Q4", "--customers", path)
    assert vip(*checked).returncode == 0


@pytest.mark.parametrize(("on", "off"), [("2016-01-09", True), ("2016-02-06", False), ("2016-02-08", True), ("2016-01-05", False)])
def test_a_day_off_has_no_lists(tmp_path: Path, on: str, *, off: bool) -> None:
    """With --unless-day-off a weekend and a holiday make no lists and say so, without it a warning names it; a Saturday can be worked."""
    run = make_run(tmp_path / "out", {"G1": (600_000, 600_000)})
    customers = write_customers(tmp_path / "customers.csv", {"G1": customer(1)})
    done = export(run, customers, tmp_path / "lists", "--unless-day-off", on=on)
    assert done.returncode == 0, done.stderr
    assert off == (done.stdout == f"{on} is a day off: no lists were made\n")
    assert off == (not (tmp_path / "lists").exists())
    again = export(run, customers, tmp_path / "lists", "--unless-day-off", "--json", "--dry-run", on=on)
    assert off == ("day_off" in json.loads(again.stdout))
    asked = export(run, customers, tmp_path / "lists", "--dry-run", on=on)
    assert off == (f"{on} is a day off; with --unless-day-off no lists are made on one" in asked.stderr)
