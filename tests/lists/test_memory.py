"""The memory of exports and records notices its own loss: what is missing, older or altered stops whoever would go by it."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.helpers import RULES, vip
from tests.lists.exporting import ON, customer, day, export, make_run, read_rows, write_customers, write_events, write_rows
from vip_tiering.base.errors import DataError, UsageError
from vip_tiering.lists.export import job
from vip_tiering.lists.export.job import playbook_export
from vip_tiering.lists.followup import record
from vip_tiering.lists.followup.record import playbook_record
from vip_tiering.lists.followup.results import playbook_results
from vip_tiering.lists.selection import memory
from vip_tiering.playbooks.load import rules_with_playbooks
from vip_tiering.publishing.manifests import digest

SECOND, THIRD = "2016-01-06", "2016-01-07"
PEOPLE = {"G1": customer(1), "G2": customer(2), "G3": customer(3), "P1": customer(30), "N1": customer(4)}
LOGS = ("contact_log.csv", "do_not_contact.csv", ".results.json")


class Branch:
    """A branch with two days of exports, whose results were recorded twice: G1 refused first, then G2 and the private client."""

    def __init__(self, home: Path) -> None:
        """Take what stands in a folder."""
        self.home, self.out, self.private = home, home / "lists", home / "lists.private"

    @property
    def roots(self) -> tuple[Path, Path]:
        """The folders of both parts."""
        return self.out, self.private

    def export(self, on: str = THIRD, **asked: dt.date | bool) -> Path:
        """Export the lists of a day."""
        files = {"customers": self.home / "customers.csv", "events": self.home / "events.csv", "out": self.out, "rules": RULES}
        playbook_export(self.home / "out" / "2015Q4", on=day(on), **files, **asked)
        return self.out / on

    @property
    def newest(self) -> str:
        """The newest day whose lists stand there, of those that were made first."""
        return max(path.name for path in self.out.iterdir() if path.name in {ON, SECOND})

    def row(self, on: str) -> tuple[str, str, str]:
        """Return a result for somebody who did not refuse that the lists of a day can have."""
        row = next(row for row in read_rows(self.out / on / "contacts.csv") if row["customer_id"] in {"G3", "N1"})
        return row["customer_id"], row["action"], "reached"

    def record(self, *rows: tuple[str, str, str], on: str = ON) -> None:
        """Record results."""
        back = write_rows(self.home / "back.csv", ("customer_id", "action", "result"), rows)
        playbook_record(self.out / on, [back], rules=RULES)

    def next_commands(self) -> Mapping[str, Callable[[], object]]:
        """Return what would go by the memory."""
        return {
            "export": self.export,
            "dry run": lambda: self.export(dry_run=True),
            **({"record": lambda: self.record(self.row(self.newest), on=self.newest)} if list(self.out.glob("2016-*")) else {}),
            "results": lambda: playbook_results(self.out),
        }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a branch, made once; `old/` is a copy of the lists as they were between the two records."""
    home = tmp_path_factory.mktemp("memory") / "branch"
    make_run(home / "out", {one: (9_000_000, 9_000_000) if one == "P1" else (600_000, 600_000) for one in PEOPLE})
    write_customers(home / "customers.csv", {**PEOPLE, "N1": customer(4, status="closed")})
    write_events(home / "events.csv", [(one, "maturity", "", "2016-01-09", "三年定期", "50000.00") for one in PEOPLE])
    branch = Branch(home)
    branch.export(ON)
    branch.record(("G1", "G-CALL-1", "refused"))
    for root in branch.roots:
        shutil.copytree(root, home / "old" / root.name, symlinks=True)
    write_customers(home / "customers.csv", PEOPLE)  # N1 is on the lists of the second day alone
    branch.export(SECOND)
    private = next((branch.private / ON / "branches").glob("*/*.csv"))
    row = next(row for row in read_rows(private) if row["客户号"] == "P1")
    branch.record(("G2", "G-CALL-1", "refused"), ("P1", row["事项"].split("|")[0], "refused"))
    return home


@pytest.fixture(scope="module", autouse=True)
def _rules_are_read_once() -> Iterator[None]:
    """Read the rules of the project once for all commands."""
    with pytest.MonkeyPatch.context() as patched:
        for module in (job, record):
            patched.setattr(module, "rules_with_playbooks", functools.cache(rules_with_playbooks))
        yield


@pytest.fixture(name="branch")
def _branch(made: Path, tmp_path: Path) -> Branch:
    return Branch(Path(shutil.copytree(made, tmp_path / "branch", symlinks=True)))


def without_hidden_files(branch: Branch) -> None:
    """Copy both folders as `cp -r lists/* ...` does."""
    for root in branch.roots:
        shutil.copytree(root, root.with_name("copy"), ignore=lambda _, names: [name for name in names if name.startswith(".")])
        shutil.rmtree(root)
        root.with_name("copy").rename(root)


def without_folders(branch: Branch) -> None:
    """Copy the open folder as `cp lists/* ...` does, which takes no folders along; the private one as it is."""
    files = [path for path in branch.out.iterdir() if path.is_file() and not path.name.startswith(".")]
    (branch.home / "copy").mkdir()
    for path in files:
        shutil.copy(path, branch.home / "copy")
    shutil.rmtree(branch.out)
    (branch.home / "copy").rename(branch.out)


def remove(*names: str) -> Callable[[Branch], None]:
    """Return what removes files or folders from both parts."""

    def apply(branch: Branch) -> None:
        for path in (root / name for root in branch.roots for name in names):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    return apply


def restore(*names: str) -> Callable[[Branch], None]:
    """Return what gives both parts files of an older copy."""

    def apply(branch: Branch) -> None:
        for root in branch.roots:
            for name in names:
                old = branch.home / "old" / root.name / name
                if old.is_dir():
                    shutil.copytree(old, root / name, dirs_exist_ok=True)
                elif old.exists():
                    shutil.copy(old, root / name)
                else:
                    (root / name).unlink(missing_ok=True)

    return apply


def older_whole(part: int) -> Callable[[Branch], None]:
    """Return what puts the whole older copy of one part in its place."""

    def apply(branch: Branch) -> None:
        root = branch.roots[part]
        shutil.rmtree(root)
        shutil.copytree(branch.home / "old" / root.name, root)

    return apply


def alter(place: str, part: int = 0) -> Callable[[Branch], None]:
    """Return what changes a JSON file and leaves it sound by itself."""

    def apply(branch: Branch) -> None:
        path = branch.roots[part] / place
        document = json.loads(path.read_bytes())
        path.write_text(json.dumps({**document, "note": "mended by hand"}), "utf-8")

    return apply


LOSSES: dict[str, tuple[Callable[[Branch], None], str]] = {
    "logs and mark gone": (remove(*LOGS), "lists/contact_log.csv: is gone; refusals stand in it"),
    "logs gone, mark left": (remove(*LOGS[:2]), "lists/do_not_contact.csv: is gone; refusals stand in it"),
    "one log gone": (remove("do_not_contact.csv"), "lists.private/do_not_contact.csv: is gone"),
    "logs and mark of an older copy": (restore(*LOGS), "lists/contact_log.csv: is older or was altered since the last record"),
    "everything but the exports of an older copy": (restore(*LOGS, "memory"), "lists/.results.json: is older or was altered"),
    "everything and the notes removed": (remove(*LOGS, "memory"), "lists/memory: is gone, and what stands here was made after notes in it"),
    "an older copy of the open part": (older_whole(0), "lists/memory/000003.json: is gone, and so are 1 more notes"),
    "an older copy of the private part": (older_whole(1), "lists.private/memory/000003.json: is gone, and so are 1 more notes"),
    "no hidden files": (without_hidden_files, "lists/.results.json: is gone; was lists copied without its hidden files?"),
    "no folders": (without_folders, "lists/memory/000001.json: is gone"),
    "a day gone": (remove(ON), f"lists/{ON}: is gone; it was exported, and caps and turns go by it"),
    "the last day gone": (remove(SECOND), f"lists/{SECOND}: is gone"),
    "a manifest altered": (alter(f"{ON}/manifest.json"), f"lists/{ON}/manifest.json: is older or was altered"),
    "a private manifest altered": (alter(f"{ON}/manifest.json", 1), f"lists/{ON}: its private part is not in lists.private/{ON} as it was"),
    "a note altered": (alter("memory/000002.json"), "lists/memory/000002.json: was altered"),
    "the last note altered": (alter("memory/000004.json", 1), "lists.private/memory/000004.json: was altered"),
    "a note gone": (remove("memory/000002.json"), "lists/memory/000002.json: is gone; it tells of an export or a record"),
    "the notes gone": (remove("memory"), "lists/memory/000001.json: is gone, and so are 3 more notes"),
}


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_is_noticed_by_whoever_goes_by_it(name: str, branch: Branch) -> None:
    """The next export, dry run, record and results stop with exit 4, name the link and both ways on, and write nothing."""
    lose, message = LOSSES[name]
    lose(branch)
    before = {path: path.read_bytes() for path in branch.home.rglob("*") if path.is_file() and path.name not in {".vip.lock", "back.csv"}}
    for command in branch.next_commands().values():
        with pytest.raises(DataError) as caught:
            command()
        lines = [str(problem) for problem in caught.value.problems]
        assert {"memory-lost"} == {problem.rule for problem in caught.value.problems if not isinstance(problem, str)}, lines
        assert any(line.startswith(message) for line in lines), lines
        assert all("restore it from a backup, or export with --forget-before 2016-01-0" in line for line in lines), lines
    after = {path: path.read_bytes() for path in branch.home.rglob("*") if path.is_file() and path.name not in {".vip.lock", "back.csv"}}
    assert before == after


def test_whoever_lost_nothing_goes_on(branch: Branch) -> None:
    """Moved as a whole, and with a replaced export, memory is whole: all go on, and every note names the one before."""
    branch.home.rename(branch.home.with_name("moved"))
    branch = Branch(branch.home.with_name("moved"))
    branch.export(SECOND, replace=True)
    for command in branch.next_commands().values():
        command()
    notes = [(branch.out / "memory" / f"{number:06}.json").read_bytes() for number in range(1, 8)]
    named = [json.loads(note)["before"] for note in notes]
    assert [None, *(hashlib.sha256(note).hexdigest() for note in notes[:-1])] == named
    assert notes == [(branch.private / "memory" / f"{number:06}.json").read_bytes() for number in range(1, 8)]
    manifest = json.loads((branch.out / THIRD / "manifest.json").read_bytes())
    assert {"before": named[-2], "forgotten_before": None} == manifest["memory"]


def test_what_is_forgotten_by_name_stays_forgotten(branch: Branch) -> None:
    """`--forget-before` goes on with what is left, says so in the manifest, and is needed only once; the lists know what is left."""
    remove(*LOGS, ON)(branch)
    with pytest.raises(DataError, match="memory-lost"):
        branch.export(forget_before=day(ON))  # the days lost are not before it
    folder = branch.export(forget_before=day(THIRD))
    assert json.loads((folder / "manifest.json").read_bytes())["memory"]["forgotten_before"] == THIRD
    assert list(json.loads((folder / "manifest.json").read_bytes())["made_from"]["earlier"]) == [SECOND]
    later = branch.export("2016-01-08")
    assert json.loads((later / "manifest.json").read_bytes())["memory"]["forgotten_before"] is None
    branch.record(branch.row(SECOND), on=SECOND)
    playbook_results(branch.out)
    remove(THIRD)(branch)
    with pytest.raises(DataError, match=f"lists/{THIRD}: is gone"):
        branch.export("2016-01-11")


def test_what_is_left_binds_after_forgetting(branch: Branch) -> None:
    """Of a folder that lost its hidden files nothing is missing, so that forgetting forgets nobody: G1 and G2 are not called."""
    without_hidden_files(branch)
    folder = branch.export(forget_before=day(THIRD))
    reasons = {(row["customer_id"], row["reason"]) for row in read_rows(folder / "suppressed.csv") if row["action"].startswith("G-CALL")}
    assert {("G1", "do_not_contact"), ("G2", "do_not_contact")} <= reasons
    assert ("G3", "do_not_contact") not in reasons


def test_forgetting_where_the_lists_stand_already(branch: Branch) -> None:
    """Where the lists of the day stand, the same command with `--forget-before` leaves them, and what is lost is forgotten all the same."""
    before = {path: path.read_bytes() for path in (branch.out / SECOND).rglob("*") if path.is_file()}
    restore(*LOGS)(branch)
    branch.export(SECOND, forget_before=day(THIRD))
    assert before == {path: path.read_bytes() for path in before}
    branch.export()


@pytest.mark.parametrize(
    ("text", "message"), [("2016-01-09", "must be at most the day after 2016-01-07"), ("soon", "must be a day of the calendar such as")]
)
def test_a_day_that_cannot_be_meant_is_a_mistake_of_the_command_line(branch: Branch, text: str, message: str) -> None:
    """Whoever forgets all days to come has no memory: `--forget-before` is at most the day after the export."""
    run, customers = branch.home / "out" / "2015Q4", branch.home / "customers.csv"
    done = export(run, customers, branch.out, "--forget-before", text, on=THIRD)
    assert (2, True) == (done.returncode, f"--forget-before: {message}" in done.stderr)
    with pytest.raises(UsageError):
        branch.export(forget_before=dt.date.max)


def test_lists_that_are_made_again_are_not_missed(branch: Branch) -> None:
    """Whoever removed the lists of the day, or the open part alone, makes them anew; of another day they are missed."""
    shutil.rmtree(branch.out / SECOND)
    with pytest.raises(DataError, match=f"lists/{SECOND}: is gone"):
        branch.export()
    branch.export(SECOND)
    branch.export()


def test_older_notes_are_not_needed(branch: Branch, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first note of each chain holds what came before: notes before it may go, and no export or record is forgotten."""
    monkeypatch.setattr(memory, "_CHAIN", 4)
    branch.export()  # the fifth note
    assert {ON, SECOND} == set(json.loads((branch.out / "memory" / "000005.json").read_bytes())["begins"]["exports"])
    remove("memory/000001.json", "memory/000004.json")(branch)
    branch.record(("G3", "G-CALL-1", "reached"))
    remove("memory/000006.json")(branch)
    with pytest.raises(DataError, match=r"lists/memory/000006\.json: is gone"):
        branch.export("2016-01-08")
    remove(ON)(branch)
    with pytest.raises(DataError, match=f"lists/{ON}: is gone"):
        branch.export("2016-01-08")


def test_an_export_of_a_version_without_notes_is_taken_over(branch: Branch) -> None:
    """Exports of a version that left no notes are remembered from the next one on; nothing of them is lost in silence after that."""
    remove("memory", ".results.json", "contact_log.csv", "do_not_contact.csv", SECOND)(branch)
    path = branch.out / ON / "manifest.json"
    document = json.loads(path.read_bytes())
    del document["memory"]
    path.write_text(json.dumps({**document, "digest": digest(document)}), "utf-8")
    branch.export()
    branch.record(("G1", "G-CALL-1", "refused"))
    remove(ON)(branch)
    with pytest.raises(DataError, match=f"lists/{ON}: is gone"):
        branch.export("2016-01-08")


def test_the_command_tells_all_at_once(branch: Branch) -> None:
    """On the command line a loss is exit 4, one line for each link, with the way on that forgets all of them."""
    remove(ON, "contact_log.csv")(branch)
    done = vip("playbook", "results", branch.out)
    lines = done.stderr.splitlines()
    assert (4, 3, "") == (done.returncode, len(lines), done.stdout), done.stderr
    assert all(line.endswith("export with --forget-before 2016-01-07, and what is lost is forgotten [memory-lost]") for line in lines), (
        lines
    )
