"""The surroundings of the command: permissions, signals, terminals, clocks, a full disk, files that change."""

from __future__ import annotations

import gzip
import io
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.extracts.bad_inputs.cases import (
    AMOUNT,
    CANARY,
    DAYS,
    HEADER,
    MIDDLE,
    RUN,
    arguments_of,
    check_refused,
    compute,
    good_line,
    lay_out,
    middle,
    nothing,
    parquet,
    rows,
    sound_parquet,
)
from tests.extracts.bad_inputs.of_rows import zoned
from tests.helpers import vip_interrupted

pytestmark = pytest.mark.bad_input(72)
PLAIN_USER = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
"""What takes from root the right to read and write everything."""
needs_permissions = pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root reads everything here")


def before_the_command() -> tuple[str, ...]:
    """Return what makes permissions count, also for root."""
    return PLAIN_USER if os.geteuid() == 0 else ()


def shell(folder: Path, line: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which VIP stands for the sound command with these arguments more."""
    command = shlex.join([sys.executable, "-m", "vip_tiering", "tier", "compute", *arguments_of(()), *arguments])
    return subprocess.run(
        ["/bin/bash", "-o", "pipefail", "-c", line.replace("VIP", command)],
        cwd=folder,
        env={**os.environ, "COLUMNS": "80", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def published(folder: Path) -> list[str]:
    """Return the lines of `tiers.csv` below the header."""
    return (folder / "out" / RUN / "tiers.csv").read_text(encoding="utf-8-sig").splitlines()[1:]


SOUND = [good_line(number) for number in range(5)]


@needs_permissions
@pytest.mark.bad_input(3)
def test_unreadable_file_and_folder_are_named(tmp_path: Path) -> None:
    """A file and a folder without permission to read are each refused by name; nothing is skipped."""
    lay_out(tmp_path, nothing)
    (tmp_path / "extracts" / MIDDLE).chmod(0)
    (tmp_path / "extracts" / "more").mkdir(mode=0)
    result = compute(tmp_path, arguments_of(()), before=before_the_command())
    (tmp_path / "extracts" / "more").chmod(0o700)
    check_refused(result, 4, (MIDDLE, "file-unreadable", "permission denied", "the folder cannot be read"))
    assert not (tmp_path / "out").exists()


@needs_permissions
def test_read_only_output_is_refused(tmp_path: Path) -> None:
    """An output folder that cannot be written, or made, exits 5 in one line and leaves nothing."""
    lay_out(tmp_path, nothing)
    (tmp_path / "out").mkdir(mode=0o500)
    for out in ("out", "out/deeper/still"):
        result = compute(tmp_path, arguments_of(("--out", out)), before=before_the_command())
        check_refused(result, 5, (out, "cannot be written", "Permission denied"))
        assert 1 == len(result.stderr.splitlines())
    assert [] == list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("room", ["4k", "16k"])
def test_full_disk_exits_5(tmp_path: Path, room: str) -> None:
    """On a file system without room the command exits 5 in one line, and no run and no staging folder is left."""
    lay_out(tmp_path, nothing)
    for day in DAYS:
        (tmp_path / "extracts" / f"balances_{day.replace('-', '')}.csv").write_text(HEADER + rows(day, 5000))
    (tmp_path / "out").mkdir()
    mounted = f"mount -t tmpfs -o size={room},mode=700 tmpfs {shlex.quote(str(tmp_path / 'out'))}"
    if subprocess.run(["unshare", "-m", "sh", "-c", mounted], capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    command = [sys.executable, "-m", "vip_tiering", "tier", "compute", *arguments_of(())]
    result = subprocess.run(
        ["unshare", "-m", "sh", "-c", f'{mounted} && "$@"; status=$?; ls -A out >&2; exit $status', "sh", *command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = result.stderr.splitlines()
    assert (5, "", [".vip.lock"]) == (result.returncode, result.stdout, lines[1:])
    assert f"out/{RUN}: cannot be written: No space left on device" in lines[0]


def test_output_that_cannot_be_shown_exits_5(tmp_path: Path) -> None:
    """Where stdout itself is full the command says so in one line; the run is published all the same."""
    lay_out(tmp_path, nothing)
    result = shell(tmp_path, "VIP >/dev/full")
    assert (5, "vip: standard output: cannot be written: No space left on device\n") == (result.returncode, result.stderr)
    assert SOUND == published(tmp_path)


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&-"])
def test_closed_streams_are_no_error(tmp_path: Path, closed: str) -> None:
    """A caller that closed the streams gets its run, and a refused one still has its exit code."""
    lay_out(tmp_path, nothing)
    assert 0 == shell(tmp_path, f"VIP {closed}").returncode
    assert SOUND == published(tmp_path)
    assert 4 == shell(tmp_path, f"VIP {closed}", "--kind", "changes").returncode


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_reader_that_goes_away_is_no_error(tmp_path: Path, options: list[str]) -> None:
    """`| head -1` ends with 0 and prints nothing else."""
    lay_out(tmp_path, nothing)
    result = shell(tmp_path, "VIP | head -1", *options)
    assert (0, "", 1) == (result.returncode, result.stderr, len(result.stdout.splitlines()))
    assert SOUND == published(tmp_path)


def test_exit_code_survives_a_closed_pipe(tmp_path: Path) -> None:
    """A refused run keeps its exit code where nobody reads what it says."""
    lay_out(tmp_path, middle(""))
    assert 4 == shell(tmp_path, "(VIP; echo $? >status) 2>&1 | head -c 0; sleep 0.2; exit $(cat status)").returncode


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(
    ("place", "after"),
    [
        ("vip_tiering.tiers.ledger:Ledger.post", 0),
        ("vip_tiering.tiers.ledger:Ledger.post", 2),
        ("vip_tiering.tiers.ledger:Ledger.close", 0),
        ("vip_tiering.publishing.folders:publish", 0),
        ("os:fsync", 0),
        ("os:fsync", 4),
        ("os:fsync shutil:rmtree", 0),
    ],
)
def test_signals_leave_nothing(tmp_path: Path, number: signal.Signals, place: str, after: int) -> None:
    """Whenever SIGTERM or Ctrl-C comes, also once more, the command ends with 143 or 130, and neither run nor staging folder is left."""
    lay_out(tmp_path, nothing)
    (tmp_path / "out").mkdir()
    done = vip_interrupted(place, number, "tier", "compute", *arguments_of(()), cwd=tmp_path, after=after)
    assert ({signal.SIGTERM: 143, signal.SIGINT: 130}[number], "", "") == (done.returncode, done.stdout, done.stderr)
    assert [".vip.lock"] == [path.name for path in (tmp_path / "out").iterdir()]


def test_two_at_once_publish_one(tmp_path: Path) -> None:
    """Of two commands at once one publishes; the other exits 6, or finds the run when it comes too late."""
    lay_out(tmp_path, nothing)
    command = [sys.executable, "-m", "vip_tiering", "tier", "compute", *arguments_of(())]
    both = [subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(2)]
    codes = sorted(process.wait(60) for process in both)
    assert codes in ([0, 6], [0, 0])
    assert SOUND == published(tmp_path)
    assert {".vip.lock", ".ledgers", RUN} == {path.name for path in (tmp_path / "out").iterdir()}


def test_clock_set_back_changes_nothing(tmp_path: Path) -> None:
    """Files that were changed in the future, and a run that was published there, are read like any other."""
    lay_out(tmp_path, nothing)
    future = time.time() + 10 * 366 * 86_400
    assert 0 == compute(tmp_path, arguments_of(())).returncode
    for path in [*(tmp_path / "extracts").iterdir(), *(tmp_path / "out").rglob("*")]:
        os.utime(path, (future, future))
    again = compute(tmp_path, arguments_of(()))
    assert (0, f"out/{RUN}: already up to date\n", "") == (again.returncode, again.stdout, again.stderr)
    assert 0 == compute(tmp_path, arguments_of(("--out", "other"))).returncode
    assert {path.name: path.read_bytes() for path in (tmp_path / "out" / RUN).iterdir()} == {
        path.name: path.read_bytes() for path in (tmp_path / "other" / RUN).iterdir()
    }


@pytest.mark.parametrize("zone", ["America/New_York", "America/Los_Angeles", "Pacific/Kiritimati", "Asia/Shanghai"])
def test_time_zone_changes_nothing(tmp_path: Path, zone: str) -> None:
    """Dates and midnights are those of the extract, whatever the zone of the machine."""
    lay_out(tmp_path, lambda files: files.update({MIDDLE: zoned("Asia/Shanghai", -8 * 3600)}))
    assert 0 == compute(tmp_path, arguments_of(()), env={"TZ": zone}).returncode
    assert SOUND == published(tmp_path)


@pytest.mark.parametrize("environment", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"LANG": "C", "PYTHONUTF8": "0"}])
def test_chinese_messages_in_poor_locales(tmp_path: Path, environment: dict[str, str]) -> None:
    """A message with a Chinese header in it is one line and exit 4 also where only ASCII can be shown."""
    lay_out(tmp_path, middle(f"customer_id,date,balance,余额\nA,{DAYS[1]},1.00,2.00\n"))
    result = compute(tmp_path, arguments_of(()), env={"PYTHONUTF8": "0", **environment}, errors="replace")
    assert (4, 1) == (result.returncode, len(result.stderr.splitlines())), result.stderr
    assert "header-ambiguous" in result.stderr


def test_bare_environment_is_enough(tmp_path: Path) -> None:
    """Without HOME, PATH, USER, TERM and any locale the run is the same."""
    lay_out(tmp_path, nothing)
    paths = {name: value for name, value in os.environ.items() if name == "PYTHONPATH"}
    command = [sys.executable, "-m", "vip_tiering", "tier", "compute", *arguments_of(())]
    result = subprocess.run(command, cwd=tmp_path, env=paths, capture_output=True, text=True, check=False)
    assert (0, "") == (result.returncode, result.stderr)
    assert SOUND == published(tmp_path)


@pytest.mark.parametrize("environment", [{"COLUMNS": "20"}, {"COLUMNS": "0"}, {"COLUMNS": "x"}, {"TERM": "dumb"}, {"NO_COLOR": "1"}])
def test_terminals_of_every_kind(tmp_path: Path, environment: dict[str, str]) -> None:
    """On a terminal that is narrow, dumb or without colour the command ends with 0, and NO_COLOR means no colour."""
    lay_out(tmp_path, nothing)
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "vip_tiering", "tier", "compute", *arguments_of(())]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm", **environment}
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:
            break
        shown += piece
        if not piece:
            break
    os.close(ours)
    assert 0 == process.wait(60), shown
    assert b"Traceback" not in shown
    if "NO_COLOR" in environment:
        assert [] == re.findall(rb"\x1b\[[0-9;]*(?:3|4|9|10)[0-7](?:;[0-9;]*)?m", shown)


def test_relative_path_under_cron_is_named(tmp_path: Path) -> None:
    """Cron starts in another folder: a relative path that means nothing there is refused by name."""
    result = compute(Path("/"), arguments_of(("no-such-extracts", "--out", str(tmp_path / "out"))))
    check_refused(result, 4, ("no-such-extracts", "file-absent"))
    assert [] == list(tmp_path.iterdir())


def test_working_folder_that_is_gone(tmp_path: Path) -> None:
    """Where the working folder was removed, absolute paths still work, and a relative one is told in one line."""
    lay_out(tmp_path, nothing)
    absolute = [str(tmp_path / "extracts"), *arguments_of(("--out", str(tmp_path / "out")))[1:]]
    gone = f"mkdir gone && cd gone && rmdir ../gone && {shlex.quote(sys.executable)} -m vip_tiering tier compute"
    assert 0 == shell(tmp_path, f"{gone} {shlex.join(absolute)}").returncode
    result = shell(tmp_path, f"{gone} {shlex.join(arguments_of(()))}")
    assert (4, 1) == (result.returncode, len(result.stderr.splitlines())), result.stderr


@pytest.mark.parametrize("quarter", ["2015Q4", "2015-Q4", "2015q4", "2015年4季度"])
def test_quarters_in_every_documented_form(tmp_path: Path, quarter: str) -> None:
    """Every documented form means the same quarter."""
    lay_out(tmp_path, nothing)
    assert 0 == compute(tmp_path, arguments_of(("--quarter", quarter))).returncode
    assert SOUND == published(tmp_path)


@pytest.mark.parametrize("empty", [("--out", ""), ("", "--out", "out"), ("extracts", "", "--out", "out")])
def test_empty_arguments_are_not_the_working_folder(tmp_path: Path, empty: tuple[str, ...]) -> None:
    """A shell variable that was not set gives an empty argument; it is refused and never means the working folder."""
    before = lay_out(tmp_path, nothing)
    result = compute(tmp_path, arguments_of(empty))
    assert result.returncode in {2, 4}, result.stderr
    assert "empty" in result.stderr
    assert before == sorted(path.name for path in tmp_path.iterdir())


@pytest.mark.parametrize(("pattern", "out"), [("extracts/*", "extracts/out"), ("extracts/**/*.csv", "extracts/out"), ("*", "out")])
def test_output_that_a_pattern_would_match_is_refused(tmp_path: Path, pattern: str, out: str) -> None:
    """An output folder that the pattern of the extracts would match the next time is refused, and nothing is written."""
    before = lay_out(tmp_path, nothing)
    result = compute(tmp_path, arguments_of((pattern, "--out", out)))
    check_refused(result, 5, (out, "lies inside the extracts"))
    assert before == sorted(path.name for path in tmp_path.iterdir())


@pytest.mark.bad_input(27)
@pytest.mark.parametrize("change", ["open(path, 'ab').write(b'x')", "os.utime(path, (1, 1))", "os.truncate(path, 9)", "os.remove(path)"])
def test_file_that_changes_while_it_is_read(tmp_path: Path, change: str) -> None:
    """A file that grows, shrinks, is rewritten or goes away between the first look and the reading is refused by name."""
    lay_out(tmp_path, nothing)
    script = (
        "import os, sys\nfrom vip_tiering.cli import main as cli\nfrom vip_tiering.tiers import job\nprepare = job.prepare\n"
        "def changing(*given, **options):\n    plan = prepare(*given, **options)\n"
        f"    path = 'extracts/{MIDDLE}'\n    {change}\n    return plan\n"
        "job.prepare = changing\nsys.argv = ['vip', 'tier', 'compute', *sys.argv[1:]]\ncli.main()"
    )
    result = subprocess.run([sys.executable, "-c", script, *arguments_of(())], cwd=tmp_path, capture_output=True, text=True, check=False)
    check_refused(result, 4, (MIDDLE, "[file-"))
    assert not (tmp_path / "out").exists()


def gzip_bomb() -> bytes:
    """Return 5 GB of one repeated row, gzipped twenty thousandfold smaller."""
    piece = gzip.compress(f"{CANARY},{DAYS[1]},1\n".encode() * 4_000_000)
    return gzip.compress(HEADER.encode()) + piece * (5_000_000_000 // (4_000_000 * 20))


def parquet_bomb() -> bytes:
    """Return 100 million equal rows in a few megabytes."""
    count = 4_000_000
    sink = io.BytesIO()
    table = pa.table({name: pa.repeat(column[0], count) for name, column in sound_parquet().items()})
    with pq.ParquetWriter(sink, table.schema) as writer:
        for _ in range(25):
            writer.write_table(table)
    return sink.getvalue()


@pytest.mark.bad_input(28)
@pytest.mark.parametrize(
    ("name", "bomb"),
    [
        ("b_20151002.csv.gz", gzip_bomb),
        ("b.parquet", parquet_bomb),
    ],
)
def test_bombs_are_refused(tmp_path: Path, name: str, bomb: Any) -> None:
    """A small file that unpacks into more than memory holds is refused by name before it does."""
    before = lay_out(tmp_path, lambda files: files.update({name: bomb()}))

    def little_memory() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))

    result = compute(tmp_path, arguments_of(()), preexec_fn=little_memory)
    check_refused(result, 4, (name, "[file-"))
    assert "file-damaged" not in result.stderr, "the file is whole; it is its size that is refused"
    assert before == sorted(path.name for path in tmp_path.iterdir())


@pytest.mark.bad_input(11)
def test_own_parquet_has_page_checksums(tmp_path: Path) -> None:
    """A turned bit in a page of `tiers.parquet` is found by whoever verifies its checksums."""
    lay_out(tmp_path, lambda files: files.update({MIDDLE: parquet(**sound_parquet())}))
    assert 0 == compute(tmp_path, arguments_of(())).returncode
    path = tmp_path / "out" / RUN / "tiers.parquet"
    chunk = pq.read_metadata(path).row_group(0).column(2)
    content = bytearray(path.read_bytes())
    content[chunk.data_page_offset + chunk.total_compressed_size - 2] ^= 1
    with pytest.raises(OSError, match=r"[Cc][Rr][Cc]"):
        pq.read_table(io.BytesIO(bytes(content)), page_checksum_verification=True)


@pytest.mark.bad_input(29)
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/full", "/dev/stdin"])
def test_devices_are_refused_at_once(tmp_path: Path, device: str) -> None:
    """A link to a device, however it is named, is refused by its kind; it is not read."""
    lay_out(tmp_path, nothing)
    (tmp_path / "extracts" / "b_20151001.csv").symlink_to(device)
    result = compute(tmp_path, arguments_of(()), stdin=subprocess.PIPE)
    check_refused(result, 4, ("b_20151001.csv", "file-kind"))
    assert AMOUNT not in result.stderr
