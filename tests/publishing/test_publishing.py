"""A run folder appears whole or not at all, once, and privately."""

from __future__ import annotations

import errno
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

import vip_tiering as vip
from tests.helpers import RESULT_FILES, vip_interrupted
from vip_tiering.base import disk
from vip_tiering.publishing import folders, manifests, switch

COMPUTE = [sys.executable, "-m", "vip_tiering", "tier", "compute"]


def extract(folder: Path, balance: str = "150000.00") -> Path:
    """Write a sound extract of the first day of 2015Q4 and return its folder."""
    folder.mkdir(exist_ok=True)
    (folder / "balances_20151001.csv").write_text(f"customer_id,balance\nA1,{balance}\nA2,10.00\n")
    return folder


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `vip tier compute` for that day."""
    command = [*COMPUTE, *map(str, arguments), "--quarter", "2015Q4", "--as-of", "2015-10-01"]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment}, timeout=120)


NAME = "2015Q4-asof-20151001"


@pytest.mark.bad_input(72)
def test_folder_is_private_whatever_the_umask(tmp_path: Path) -> None:
    """Folders are 0700 and files 0600 even under umask 000."""
    command = " ".join(
        map(str, [*COMPUTE, extract(tmp_path / "in"), "--quarter 2015Q4 --as-of 2015-10-01 --out", tmp_path / "deep" / "out"])
    )
    subprocess.run(["/bin/sh", "-c", f"umask 000; {command}"], check=True, capture_output=True)
    out = tmp_path / "deep" / "out"
    modes = {path.relative_to(tmp_path).as_posix(): stat.S_IMODE(path.stat().st_mode) for path in [tmp_path / "deep", out, *out.rglob("*")]}
    assert {"deep", "deep/out", f"deep/out/{NAME}", "deep/out/.ledgers", "deep/out/.ledgers/2015Q4"} == {
        path for path, mode in modes.items() if mode == 0o700
    }
    assert {0o700, 0o600} == set(modes.values())


def test_every_file_of_the_schema_is_there(tmp_path: Path) -> None:
    """All files exist in every run, with their header even where nothing changed; the manifest lists the others."""
    folder = vip.compute_tiers(extract(tmp_path / "in"), "2015Q4", as_of=__import__("datetime").date(2015, 10, 1)).write(tmp_path / "out")
    assert sorted(["manifest.json", *RESULT_FILES]) == sorted(path.name for path in folder.iterdir())
    assert "customer_id,tier,tier_label,daily_average,closing_balance,days_held\nA1,silver,银卡,150000.00,150000.00,1\n" in (
        folder / "tiers.csv"
    ).read_text(encoding="utf-8-sig")
    assert 1 == len((folder / "changes.csv").read_text(encoding="utf-8-sig").splitlines())


def test_same_run_again_changes_nothing(tmp_path: Path) -> None:
    """The same identity again prints that it is up to date, exits 0 and touches no file."""
    run(extract(tmp_path / "in"), "--out", tmp_path / "out")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    again = run(tmp_path / "in", "--out", tmp_path / "out")
    assert (0, f"{tmp_path}/out/{NAME}: already up to date\n") == (again.returncode, again.stdout)
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_other_run_is_not_overwritten(tmp_path: Path) -> None:
    """Another identity exits 5 and says what differs; --replace keeps the old run in .superseded."""
    run(extract(tmp_path / "in"), "--out", tmp_path / "out")
    before = (tmp_path / "out" / NAME / "tiers.csv").read_bytes()
    extract(tmp_path / "in", "99.00")
    refused = run(tmp_path / "in", "--out", tmp_path / "out")
    assert 5 == refused.returncode
    assert "made from other extracts (balances_20151001.csv changed); --replace" in refused.stderr
    assert before == (tmp_path / "out" / NAME / "tiers.csv").read_bytes()
    assert 0 == run(tmp_path / "in", "--out", tmp_path / "out", "--replace").returncode
    assert before == (tmp_path / "out" / ".superseded" / f"{NAME}-1" / "tiers.csv").read_bytes()
    assert before != (tmp_path / "out" / NAME / "tiers.csv").read_bytes()


def test_other_rules_and_options_are_named(tmp_path: Path) -> None:
    """What differs is named: rules, options."""
    run(extract(tmp_path / "in"), "--out", tmp_path / "out")
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "tiers.yaml").write_text("version: 1\ntiers:\n  - {code: one, label: 一, min: 1}\n", encoding="utf-8")
    assert "other rules;" in run(tmp_path / "in", "--out", tmp_path / "out", "--rules", rules).stderr
    assert "made with other --max-rejects;" in run(tmp_path / "in", "--out", tmp_path / "out", "--max-rejects", "3").stderr


@pytest.mark.bad_input(72)
def test_foreign_folder_is_left_alone(tmp_path: Path) -> None:
    """A folder of the run's name that is not a run is refused with exit 5, even with --replace, and stays as it was."""
    foreign = tmp_path / "out" / NAME
    foreign.mkdir(parents=True)
    (foreign / "letter.txt").write_text("mine")
    for options in ([], ["--replace"]):
        refused = run(extract(tmp_path / "in"), "--out", tmp_path / "out", *options)
        assert 5 == refused.returncode
        assert "not a run of this program" in refused.stderr
        assert ["letter.txt"] == [path.name for path in foreign.iterdir()]


@pytest.mark.bad_input(72)
@pytest.mark.parametrize("inside", ["in", "in/out", "in/deep/out"])
def test_output_inside_the_extracts_is_refused(tmp_path: Path, inside: str) -> None:
    """An output folder inside an extract folder would be read the next time: exit 5, nothing written."""
    refused = run(extract(tmp_path / "in"), "--out", tmp_path / inside)
    assert (5, ["balances_20151001.csv"]) == (refused.returncode, [path.name for path in (tmp_path / "in").iterdir()])


@pytest.mark.bad_input(72)
def test_output_that_is_a_file_is_refused(tmp_path: Path) -> None:
    """An output path that is a file exits 5 in one line."""
    (tmp_path / "out").write_text("")
    refused = run(extract(tmp_path / "in"), "--out", tmp_path / "out")
    assert (5, 1) == (refused.returncode, len(refused.stderr.splitlines()))


@pytest.mark.bad_input(72)
def test_full_disk_leaves_nothing(tmp_path: Path) -> None:
    """When the disk is full the command exits 5, and neither a run nor a staging folder is left."""
    (tmp_path / "out").mkdir()
    extract(tmp_path / "in")
    limited = f"ulimit -f 0; exec {' '.join(COMPUTE)} {tmp_path}/in --quarter 2015Q4 --as-of 2015-10-01 --out {tmp_path}/out"
    refused = subprocess.run(["/bin/bash", "-c", f"trap '' XFSZ; {limited}"], capture_output=True, text=True, check=False)
    assert 5 == refused.returncode, refused.stderr
    assert "cannot be written" in refused.stderr
    assert [".vip.lock"] == [path.name for path in (tmp_path / "out").iterdir()]


def test_a_disk_that_fails_after_writing_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that was written and does not arrive on the disk publishes nothing, however sound it was found to be."""
    looked = []

    def check(staging: Path) -> list[vip.Problem]:
        looked.append((staging / "a.csv").read_bytes())
        return []

    def refuse(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(disk.os, "fsync", refuse)
    with pytest.raises(vip.OutputError, match="cannot be written: Input/output error"):
        folders.publish(tmp_path, "x", {"a.csv": lambda sink: sink.write(b"1\n")}, {}, replace=False, check=check)
    assert ([b"1\n"], []) == (looked, list(tmp_path.iterdir()))


def test_a_disk_that_fails_at_the_end_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the new name does not arrive on the disk, what was to be replaced stands where it stood, and nothing lies in the attic."""
    writers = {"a.csv": lambda sink: sink.write(b"1\n")}
    old = folders.publish(tmp_path, "x", dict(writers), {}, replace=False)
    kept = folders.publish(tmp_path, "x", dict(writers), {"status": "later"}, replace=True)
    assert old == kept
    sync = switch.sync

    def refuse(path: Path) -> None:
        if path == tmp_path:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        sync(path)

    monkeypatch.setattr(switch, "sync", refuse)
    with pytest.raises(vip.OutputError, match="cannot be written: Input/output error"):
        folders.publish(tmp_path, "x", dict(writers), {"status": "last"}, replace=True)
    with pytest.raises(vip.OutputError, match="cannot be written: Input/output error"):
        folders.publish(tmp_path, "y", dict(writers), {}, replace=False)
    found = {path.relative_to(tmp_path).as_posix(): json.loads(path.read_bytes()) for path in tmp_path.rglob("manifest.json")}
    assert {"x/manifest.json": "later", ".superseded/x-1/manifest.json": None} == {name: one.get("status") for name, one in found.items()}
    assert {"x", ".superseded"} == {path.name for path in tmp_path.iterdir()}


@pytest.mark.bad_input(72)
def test_second_run_is_locked_out(tmp_path: Path) -> None:
    """While another run holds the output folder the command exits 6 at once and writes nothing."""
    (tmp_path / "out").mkdir()
    with FileLock(tmp_path / "out" / ".vip.lock"):
        refused = run(extract(tmp_path / "in"), "--out", tmp_path / "out")
    assert 6 == refused.returncode
    assert "another run is working here" in refused.stderr
    assert [".vip.lock"] == [path.name for path in (tmp_path / "out").iterdir()]


def test_stale_staging_is_swept(tmp_path: Path) -> None:
    """What a killed run left behind is gone after the next one."""
    stale = tmp_path / "out" / ".staging-dead"
    stale.mkdir(parents=True)
    (stale / "tiers.csv").write_text("half")
    assert 0 == run(extract(tmp_path / "in"), "--out", tmp_path / "out").returncode
    assert not stale.exists()


@pytest.mark.bad_input(72)
def test_sigterm_cleans_up(tmp_path: Path) -> None:
    """On SIGTERM the command exits 143 and leaves neither a run nor a staging folder, nor the folder that it made for them."""
    extract(tmp_path / "in")
    options = ("--quarter", "2015Q4", "--as-of", "2015-10-01", "--out", "out")
    done = vip_interrupted("vip_tiering.tiers.ledger:Ledger.post", signal.SIGTERM, "tier", "compute", "in", *options, cwd=tmp_path)
    assert (143, "", "") == (done.returncode, done.stdout, done.stderr)
    assert not (tmp_path / "out").exists()


def test_verify_finds_every_alteration(tmp_path: Path) -> None:
    """`vip verify` passes an untouched run and names each file that was altered, removed or added; the manifest too."""
    run(extract(tmp_path / "in"), "--out", tmp_path / "out")
    folder = tmp_path / "out" / NAME
    assert [] == manifests.verify(folder)[1]
    verify = [sys.executable, "-m", "vip_tiering", "verify", str(folder)]
    assert 0 == subprocess.run(verify, check=False, capture_output=True).returncode
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["customers"] += 1
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "changes.csv").unlink()
    (folder / "tiers.csv").write_bytes((folder / "tiers.csv").read_bytes().replace(b"150000", b"150001"))
    (folder / "more.csv").write_text("")
    result = subprocess.run(verify, check=False, capture_output=True, text=True)
    found = sorted(line.rsplit("[", 1)[1].rstrip("]") for line in result.stderr.splitlines())
    assert (4, ["manifest-altered", "output-absent", "output-altered", "output-unknown"]) == (result.returncode, found)


def test_altered_run_is_no_previous_run(tmp_path: Path) -> None:
    """A run that was altered, one of another quarter and a provisional one are refused as the previous run."""
    (tmp_path / "q3").mkdir()
    (tmp_path / "q3" / "b_20150930.csv").write_text("customer_id,balance\nA1,5.00\n")
    (tmp_path / "q3" / "b_20150701.csv").write_text("customer_id,balance\nA1,5.00\n")
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "tiers.yaml").write_text("version: 1\ntiers:\n  - {code: one, label: 一, min: 1}\n", encoding="utf-8")
    (rules / "extracts.yaml").write_text("version: 1\nmax_carry_days: 92\n")
    loaded = vip.load_rules(rules)
    third = vip.compute_tiers(tmp_path / "q3", "2015Q3", rules=loaded).write(tmp_path / "out")
    assert 0 == run(extract(tmp_path / "in"), "--out", tmp_path / "out", "--rules", rules).returncode
    assert "A1,upgraded" not in (tmp_path / "out" / NAME / "changes.csv").read_text()
    with pytest.raises(vip.DataError, match="2015Q3"):
        vip.compute_tiers(tmp_path / "in", "2016Q1", rules=loaded, previous=third)
    with pytest.raises(vip.DataError, match="provisional"):
        vip.compute_tiers(tmp_path / "in", "2016Q1", rules=loaded, previous=tmp_path / "out" / NAME)
    with (third / "tiers.csv").open("a") as file:
        file.write("x")
    assert 4 == run(tmp_path / "in", "--out", tmp_path / "other", "--rules", rules, "--previous", third).returncode


def test_dry_run_writes_nothing(tmp_path: Path) -> None:
    """--dry-run computes and shows, and leaves no file or folder."""
    shown = run(extract(tmp_path / "in"), "--out", tmp_path / "out", "--dry-run")
    assert (0, True, ["in"]) == (shown.returncode, "nothing was written" in shown.stdout, [path.name for path in tmp_path.iterdir()])


def test_quiet_is_silent(tmp_path: Path) -> None:
    """--quiet prints nothing on success, so that cron sends no mail."""
    result = run(extract(tmp_path / "in"), "--out", tmp_path / "out", "--quiet")
    assert (0, "", "") == (result.returncode, result.stdout, result.stderr)


def test_json_is_one_document(tmp_path: Path) -> None:
    """--json prints the manifest as one JSON document on stdout and nothing else there."""
    result = run(extract(tmp_path / "in"), "--out", tmp_path / "out", "--json")
    document = json.loads(result.stdout)
    assert ("2015Q4", "provisional", 2) == (document["quarter"], document["status"], document["customers"])
    assert document["folder"] == str(tmp_path / "out" / NAME)
    assert all(proof["holds"] for proof in document["proofs"])


def test_environment_variables_stand_for_options(tmp_path: Path) -> None:
    """An option beats its VIP_ variable, and the variable beats the default."""
    extract(tmp_path / "in")
    assert 0 == run(tmp_path / "in", VIP_OUT=str(tmp_path / "by-variable")).returncode
    assert 0 == run(tmp_path / "in", "--out", tmp_path / "by-option", VIP_OUT=str(tmp_path / "unused")).returncode
    assert {"in", "by-variable", "by-option"} == {path.name for path in tmp_path.iterdir()}


@pytest.mark.bad_input(72)
def test_closed_pipe_is_no_error(tmp_path: Path) -> None:
    """`vip ... | head -0` is not an error: the run is published and nothing is complained of."""
    command = f"{' '.join(COMPUTE)} {extract(tmp_path / 'in')} --quarter 2015Q4 --as-of 2015-10-01 --out {tmp_path}/out | head -c 0"
    result = subprocess.run(["/bin/bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert (0, "") == (result.returncode, result.stderr)
    assert (tmp_path / "out" / NAME).is_dir()


@pytest.mark.bad_input(72)
@pytest.mark.parametrize("environment", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"NO_COLOR": "1", "COLUMNS": "20"}, {"HOME": ""}])
def test_poor_terminals_are_served(tmp_path: Path, environment: dict[str, str]) -> None:
    """Chinese output raises nothing in an ASCII locale, and a narrow terminal without colour gets plain text."""
    result = run(extract(tmp_path / "in"), "--out", tmp_path / "out", **environment)
    assert (0, "") == (result.returncode, result.stderr)
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize(
    "change",
    [
        lambda _: "[" * 100_000,
        lambda _: "[]",
        lambda manifest: json.dumps({**manifest, "outputs": [{}]}),
        lambda manifest: json.dumps({**manifest, "outputs": 5}),
        lambda manifest: json.dumps({**manifest, "outputs": [{"name": 1, "sha256": ""}]}),
        lambda manifest: json.dumps({**manifest, "made_from": []}),
        lambda manifest: json.dumps({key: value for key, value in manifest.items() if key != "quarter"}),
    ],
)
def test_strange_manifest_is_no_bug(tmp_path: Path, change: Callable[[dict[str, Any]], str]) -> None:
    """A manifest of another form is refused in one line by `vip verify`, and by a run that would stand there."""
    run(extract(tmp_path / "in"), "--out", tmp_path / "out")
    path = tmp_path / "out" / NAME / "manifest.json"
    path.write_text(change(json.loads(path.read_text())))
    with pytest.raises(vip.DataError, match="not a published folder"):
        manifests.verify(path.parent)
    with pytest.raises(vip.OutputError, match="not a run of this program"):
        folders.standing(path.parent, {}, replace=False)


def test_a_folder_that_one_stands_in_has_its_name(tmp_path: Path) -> None:
    """Whoever stands in a folder and names it `.` reads its name in a message."""
    plain = tmp_path / "plain"
    plain.mkdir()
    refused = subprocess.run([*COMPUTE[:3], "verify", "."], capture_output=True, text=True, check=False, cwd=plain)
    assert (4, "vip: plain: is not a published folder; it has no manifest.json that can be read\n") == (refused.returncode, refused.stderr)


@pytest.mark.parametrize("command", [("verify",), ("playbook", "verify"), ("playbook", "results"), ("playbook", "record")])
def test_what_is_no_folder_is_told(command: tuple[str, ...], tmp_path: Path) -> None:
    """A path that leads nowhere is no folder that was never published, and neither is a file."""
    (tmp_path / "file").write_text("x")
    more = ("calls.csv",) if command[-1] == "record" else ()
    for path, message in (("lists/absent", "there is no such folder; name "), ("file", "is a file; name ")):
        refused = subprocess.run([*COMPUTE[:3], *command, path, *more], capture_output=True, text=True, check=False, cwd=tmp_path)
        assert (4, True) == (refused.returncode, refused.stderr.startswith(f"vip: {path}: {message}")), refused.stderr


def _durable_and_renamed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Return a list that notes, in their order, what arrives on the disk and what is renamed: (what was done, name)."""
    done: list[tuple[str, str]] = []
    fsync, rename = os.fsync, Path.rename

    def note_fsync(descriptor: int) -> None:
        fsync(descriptor)
        done.append(("durable", str(Path(f"/proc/self/fd/{descriptor}").readlink())))

    def note_rename(path: Path, target: Path) -> Path:
        done.append(("renamed", str(path)))
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(Path, "rename", note_rename)
    return done


def test_all_of_a_folder_is_durable_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file, the manifest and every folder arrive on the disk before the rename, and the new name after it."""
    out = tmp_path / "out"
    out.mkdir(mode=0o700)
    done = _durable_and_renamed(monkeypatch)

    def one_row(file: Any) -> int:
        file.write(b"x\n")
        return 1

    folders.publish(out, "2015Q4", {"a.csv": one_row, "b/c/d.csv": one_row}, {"made_from": {}}, replace=False)
    renamed = next(
        at for at, (what, name) in enumerate(done) if what == "renamed" and Path(name).is_relative_to(out) and "journal" not in name
    )
    staging = Path(done[renamed][1])
    before = {
        Path(name).relative_to(staging).as_posix()
        for what, name in done[:renamed]
        if what == "durable" and Path(name).is_relative_to(staging)
    }
    assert {"a.csv", "b/c/d.csv", "manifest.json", "b", "b/c", "."} == before
    assert ("durable", str(out)) in done[renamed:]


@pytest.mark.parametrize("planted", ["file", "link"])
def test_what_somebody_planted_is_not_written_through(tmp_path: Path, planted: str) -> None:
    """A file or a link that stands under the name of a file in the staging folder is refused; what it leads to stays as it was."""
    elsewhere = tmp_path / "elsewhere.csv"
    elsewhere.write_text("mine\n")
    staging = tmp_path / "staging"
    staging.mkdir()

    if planted == "link":
        (staging / "b.csv").symlink_to(elsewhere)
    else:
        (staging / "b.csv").write_text("mine\n")
    with pytest.raises(FileExistsError):
        folders._write(staging, "b.csv", lambda file: file.write(b"ours\n"))
    assert ("mine\n", "mine\n") == (elsewhere.read_text(), (staging / "b.csv").read_text())
