"""An output folder is ours alone: who holds it is told, what was begun is completed, and links and folders of everybody are refused."""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path

import pytest

from tests.helpers import vip
from tests.publishing.test_publishing import NAME, extract, run
from vip_tiering.base.errors import LockedError, OutputError
from vip_tiering.publishing import folders, locks, manifests
from vip_tiering.publishing.locks import locked, settle
from vip_tiering.publishing.switch import JOURNAL, SUPERSEDED, Switch, _Change, swept


@pytest.mark.parametrize(("mode", "status"), [(0o777, 5), (0o1777, 5), (0o702, 5), (0o775, 0), (0o770, 0), (0o755, 0)])
def test_a_folder_of_everybody_is_refused(tmp_path: Path, mode: int, status: int) -> None:
    """Where everybody may write, exit 5 says what to do and nothing is written; a group may."""
    out = tmp_path / "out"
    out.mkdir()
    out.chmod(mode)
    done = run(extract(tmp_path / "in"), "--out", out)
    assert status == done.returncode, done.stderr
    if status:
        assert f"vip: {out}: everybody may write here; take that away with chmod o-w {out}, or choose another folder\n" == done.stderr
        assert not list(out.iterdir())
    assert mode == stat.S_IMODE(out.stat().st_mode)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """An output folder that is a link, also one that leads nowhere, is exit 5; one below a link is fine."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "nowhere").symlink_to("absent")
    source = extract(tmp_path / "in")
    for name in ("link", "nowhere"):
        done = run(source, "--out", tmp_path / name)
        assert (5, f"vip: {tmp_path / name}: is a symbolic link; name the folder that it leads to") == (
            done.returncode,
            done.stderr.partition(",")[0],
        )
    assert ([], False) == (list((tmp_path / "real").iterdir()), (tmp_path / "absent").exists())
    assert run(source, "--out", tmp_path / "link" / "out").returncode == 0


def test_a_link_for_what_is_replaced_is_not_followed(tmp_path: Path) -> None:
    """Where `.superseded` is a link, --replace is exit 5: the old run stays where it is, and nothing goes elsewhere."""
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    assert run(extract(tmp_path / "in"), "--out", out).returncode == 0
    elsewhere.mkdir()
    (out / SUPERSEDED).symlink_to(elsewhere)
    before = (out / NAME / "manifest.json").read_bytes()
    done = run(extract(tmp_path / "in", "99.00"), "--out", out, "--replace")
    assert (5, True) == (done.returncode, f"{out / SUPERSEDED}: is a symbolic link" in done.stderr), done.stderr
    assert (before, []) == ((out / NAME / "manifest.json").read_bytes(), list(elsewhere.iterdir()))
    assert {".vip.lock", ".ledgers", SUPERSEDED, NAME} == {path.name for path in out.iterdir()}


def test_whoever_holds_the_lock_is_named(tmp_path: Path) -> None:
    """Exit 6 names the command, its process, host and since when; no path or option of it; afterwards nobody does."""
    with locked(tmp_path / "out"):
        done = run(extract(tmp_path / "in"), "--out", tmp_path / "out")
        held = json.loads((tmp_path / "out" / locks.HOLDER).read_text())
    said = f"process {os.getpid()} on {os.uname().nodename}, since {held['since']}; wait until it has ended"
    assert (6, True) == (done.returncode, said in done.stderr), done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["/usr/bin/vip", "tier", "compute", "in", "--out", "x"], "vip tier compute"),
        (["/x/vip_tiering/__main__.py", "--debug", "playbook", "export", "out/2015Q4"], "vip playbook export"),
        (["/usr/bin/vip", "demo"], "vip demo"),
        (["/usr/bin/vip", "verify", "/data/王小明"], "vip verify"),
        (["/jobs/nightly.py", "secret"], "nightly.py"),
    ],
)
def test_a_command_is_called_by_its_own_words(typed: list[str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said of a command is what people call it, without what was given to it."""
    monkeypatch.setattr(locks.sys, "argv", typed)
    assert said == locks._command()


def test_a_lock_that_says_nothing_is_still_a_lock(tmp_path: Path) -> None:
    """Where nothing, or nothing sound, says who holds it the message only says that somebody works there."""
    with locked(tmp_path):
        for content in ("", "[]", '{"command": 1}', "\x00"):
            (tmp_path / locks.HOLDER).write_text(content)
            with pytest.raises(LockedError, match="another run is working here; wait"), locked(tmp_path):
                pass


def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: int) -> tuple[Path, Path]:
    """Return two folders in which a switch of two folders and two files was left after so many of its four changes."""
    out, private = tmp_path / "out", tmp_path / "private"
    for root, name in ((out, "x"), (private, "x"), (out, "staged"), (private, "staged")):
        (root / name).mkdir(parents=True)
        (root / name / "a.csv").write_text(f"{name} of {root.name}")
    (out / "log.csv").write_text("old")
    switch = Switch(out, private)
    for root in (private, out):
        (root / "staged").rename(root / ".staging-x")
        switch.put(root / ".staging-x", root / "x", keep=True)
    switch.write(out, "log.csv", b"new")
    switch.write(private, "notes/1.json", b"{}")
    make, done = _Change.make, []

    def some(change: _Change) -> None:
        if len(done) == changes:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        done.append(make(change))

    def refuse(_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patched:
        patched.setattr(_Change, "make", some)
        patched.setattr(_Change, "take_back", refuse)
        with pytest.raises(OSError, match="Input/output"):
            switch.commit()
    assert (out / JOURNAL).exists()
    return out, private


def content(root: Path) -> dict[str, str]:
    """Return the files of a folder but for the lock."""
    return {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*") if path.is_file() and path.name != locks.LOCK}


@pytest.mark.parametrize("changes", range(4))
def test_what_was_begun_is_completed_by_whoever_comes_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: int) -> None:
    """However far a switch came, the next lock of the folder completes it in both, and leaves nothing but what it was to be."""
    out, private = begun(tmp_path, monkeypatch, changes)
    with locked(out):
        pass
    assert {"x/a.csv": "staged of out", ".superseded/x-1/a.csv": "x of out", "log.csv": "new"} == content(out)
    assert {"x/a.csv": "staged of private", ".superseded/x-1/a.csv": "x of private", "notes/1.json": "{}"} == content(private)


def test_who_only_reads_completes_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that reads a folder completes what was begun beside it; where somebody works there it reads what there is."""
    out, _ = begun(tmp_path, monkeypatch, 1)
    with locks._held(out):
        settle(out / "x")
    assert (out / JOURNAL).exists()
    settle(out / "x")
    assert (False, "staged of out") == ((out / JOURNAL).exists(), (out / "x" / "a.csv").read_text())


def test_a_folder_that_belongs_to_what_was_begun_is_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the other folder, or what was staged, is gone, nothing is guessed: exit 5 says what, and once it is back all is completed."""
    out, private = begun(tmp_path, monkeypatch, 1)
    private.rename(tmp_path / "away")
    with pytest.raises(OutputError, match=f"{private}: is not there, and a change that was begun in {out} belongs to it"), locked(out):
        pass
    (tmp_path / "away").rename(private)
    staged = next(path for path in private.iterdir() if path.name.endswith("1.json"))
    staged.rename(tmp_path / "staged")
    with pytest.raises(OutputError, match=r"notes/1\.json is gone; restore the folder from a backup"), locked(out):
        pass
    (tmp_path / "staged").rename(staged)
    with locked(out):
        pass
    assert "staged of out" == (out / "x" / "a.csv").read_text()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"schema": "vip-tiering journal"}', "\x00\x01"])
def test_a_journal_that_nobody_wrote_is_told(tmp_path: Path, text: str) -> None:
    """A journal of another form is exit 5 in one line, and stays where it is."""
    out = tmp_path / "out"
    out.mkdir()
    (out / JOURNAL).write_text(text)
    done = run(extract(tmp_path / "in"), "--out", out)
    assert (5, f"vip: {out / JOURNAL}: is not as this program writes it; restore the folder from a backup\n") == (
        done.returncode,
        done.stderr,
    )
    assert text == (out / JOURNAL).read_text()


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", ""])
def test_a_journal_renames_nothing_outside(tmp_path: Path, name: str) -> None:
    """A journal that names a place outside of its folders is not followed."""
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "x").write_text("mine")
    change = {"target": [0, "y"], "staged": [0, name], "aside": None}
    (out / JOURNAL).write_text(json.dumps({"schema": "vip-tiering journal", "folders": ["."], "changes": [change]}))
    with pytest.raises(OutputError, match="is not as this program writes it"), locked(out):
        pass
    assert (tmp_path / "x").exists()


def test_what_cannot_be_read_is_no_strange_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A manifest that the disk does not give is told as that: exit 4 for who reads, exit 5 for who would publish there."""
    folder = folders.publish(tmp_path, "2016", {"a.csv": lambda sink: sink.write(b"1\n")}, {"status": "x", "year": 1}, replace=False)

    def refuse(*_: object) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(vip_error(4), match=r"2016: cannot be read: Input/output error \[file-unreadable\]"):
        manifests.verify(folder)
    with pytest.raises(vip_error(5), match=f"{folder}: cannot be written: Input/output error"):
        folders.standing(folder, {}, replace=False)


def vip_error(status: int) -> type[Exception]:
    """Return the class of errors with an exit code."""
    from vip_tiering.base.errors import VipError  # noqa: PLC0415 (here alone)

    return next(one for one in VipError.__subclasses__() if one.status == status)


def test_what_the_disk_does_not_remove_at_once_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk refuses to remove what was staged, it is tried again before the command ends; other files stay."""
    for name in (".staging-0-a", ".staging-1-b", "kept"):
        (tmp_path / name).write_text("x")
    unlink, refused = Path.unlink, []

    def once(path: Path, *, missing_ok: bool = False) -> None:
        if not refused and path.name.startswith(".staging-"):
            refused.append(path)
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", once)
    swept(tmp_path)
    assert (1, ["kept"]) == (len(refused), [path.name for path in tmp_path.iterdir()])


def test_rules_are_copied_after_a_killed_copy(tmp_path: Path) -> None:
    """What a killed `vip rules copy` left is no reason to refuse the next one."""
    (tmp_path / ".staging-rules").mkdir()
    (tmp_path / ".staging-rules" / "tiers.yaml").write_text("half")
    assert vip("rules", "copy", tmp_path / "rules").returncode == 0
    assert {"rules"} == {path.name for path in tmp_path.iterdir()}
