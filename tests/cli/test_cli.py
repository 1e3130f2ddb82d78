"""The command line itself: quick, lean, and clear about mistakes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import helpers

VIP = [sys.executable, "-m", "vip_tiering"]


def vip(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `vip`."""
    return subprocess.run([*VIP, *arguments], capture_output=True, text=True, check=False, timeout=60)


def test_help_is_quick() -> None:
    """`vip --help` is quick because it imports little: 165 modules when this was written, most of them Python's own and Typer's."""
    script = (
        "import sys\nfrom vip_tiering.cli.main import app\n"
        "try: app(['--help'])\nexcept SystemExit: pass\nprint(len(sys.modules), file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(result.stderr) < 300


@pytest.mark.parametrize(
    "command",
    [[], ["tier"], ["tier", "compute"], ["rules"], ["rules", "check"], ["extract", "check"], ["playbook", "show"], ["verify"], ["demo"]],
)
def test_help_imports_nothing_heavy(command: list[str]) -> None:
    """No help text imports pandas, pyarrow or numpy."""
    script = (
        "import sys\nfrom vip_tiering.cli.main import app\n"
        f"try: app({[*command, '--help']!r})\nexcept SystemExit: pass\n"
        "print(sorted({'pandas', 'pyarrow', 'numpy'} & set(sys.modules)), file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "[]\n" == result.stderr
    assert result.stdout.startswith("Usage: ")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("tier", "compute"), "EXTRACT"),
        (("tier", "compute", "x"), "--quarter"),
        (("tier", "compute", "x", "--quarter", "2015Q4"), "--out"),
        (("tier", "compute", "x", "--quarter", "2015Q4", "--out", "o", "--job", "2"), "--job"),
        (("tier", "compute", "x", "--quarter", "2015Q4", "--out", "o", "--jobs", "0"), "--jobs"),
        (("tier", "compute", "x", "--quarter", "2015Q4", "--out", "o", "--opening", "full"), "--opening"),
        (("tier", "compute", "x", "--quarter", "2015Q4", "--out", "o", "--previous", "p", "--no-previous"), "--no-previous"),
        (("extract", "check"), "PATH"),
        (("extract", "check", "x", "--kind", "daily"), "--kind"),
        (("extract", "check", "x", "--as-of", "soon"), "--as-of"),
        (("tier", "computer"), "computer"),
        (("tiers",), "tiers"),
    ],
)
def test_usage_errors_name_the_option(arguments: tuple[str, ...], named: str) -> None:
    """A wrong command line exits 2, names what is wrong, and shows no traceback."""
    result = vip(*arguments)
    assert (2, "") == (result.returncode, result.stdout)
    assert named in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "variables", "line"),
    [
        (("tier", "compute"), {}, "Missing argument 'EXTRACT' and options '--quarter' (or '--month'), '--out'."),
        (("tier", "compute", "x"), {}, "Missing options '--quarter' (or '--month'), '--out'."),
        (("tier", "compute", "x", "--quiet"), {"VIP_OUT": "out"}, "Missing option '--quarter' (or '--month')."),
        (("tier", "compute", "x", "--month", "2015-11"), {}, "Missing option '--out' (env var: 'VIP_OUT')."),
        (("playbook", "export", "run"), {}, "Missing options '--customers', '--on', '--out'."),
        (("playbook", "export", "run", "--out", "lists"), {"VIP_ON": "today"}, "Missing option '--customers' (env var: 'VIP_CUSTOMERS')."),
        (("playbook", "record"), {}, "Missing arguments 'EXPORT', 'RESULTS...'."),
        (("changes", "export", "--lang", "zh"), {}, "Missing argument 'RUN' and options '--customers', '--out'."),
        (("playbook", "export", "--on"), {}, "Option '--on' requires an argument."),
        (
            ("playbook", "export", "run", "--out", ""),
            {},
            "Invalid value for '--out' (env var: 'VIP_OUT'): is empty; was a variable not set?",
        ),
    ],
)
def test_everything_that_is_missing_is_named_at_once(arguments: tuple[str, ...], variables: dict[str, str], line: str) -> None:
    """One line names every missing argument and option, exit 2; what a variable gives is not missing, and another mistake is told first."""
    result = helpers.vip(*arguments, env=variables)
    assert (2, f"Error: {line}") == (result.returncode, result.stderr.splitlines()[-1])


OPTIONS_OF_DAYS = (
    ("tier", "compute", "none", "--quarter", "2026Q3", "--out", "o", "--as-of"),
    ("tier", "compute", "none", "--quarter", "2026Q3", "--out", "o", "--accept-missing"),
    ("tier", "compute", "none", "--quarter", "2026Q3", "--out", "o", "--accept-partial"),
    ("extract", "check", "none", "--as-of"),
    ("extract", "check", "none", "--accept-missing"),
    ("extract", "check", "none", "--accept-partial"),
    ("playbook", "export", "none", "--customers", "none", "--out", "o", "--on"),
    ("playbook", "export", "none", "--customers", "none", "--out", "o", "--on", "2026-08-09", "--forget-before"),
    ("playbook", "record", "none", "none", "--on"),
    ("playbook", "results", "none", "--since"),
    ("playbook", "results", "none", "--until"),
)
"""Every option that takes a day, at the end of a command line that is refused for what is not there."""


@pytest.mark.parametrize("command", OPTIONS_OF_DAYS)
def test_options_take_the_days_of_files(command: tuple[str, ...], tmp_path: Path) -> None:
    """Each form of a day passes; 31 February is exit 2, with one message that shows the forms."""
    wanted = f"vip: {command[-1]}: must be a day of the calendar such as 2015-11-15, 20151115, 2015/11/15 or 2015年11月15日"
    for day in ("2026/8/9", "2026年8月9日"):
        passed = helpers.vip(*command, day, cwd=tmp_path)
        assert (4, False) == (passed.returncode, "must be a day" in passed.stderr), passed.stderr
    refused = helpers.vip(*command, "2026/2/31", cwd=tmp_path)
    assert (2, True) == (refused.returncode, refused.stderr.startswith(wanted)), refused.stderr


def test_version() -> None:
    """`vip --version` prints the version."""
    assert "vip 0.1.0\n" == vip("--version").stdout


def test_the_end_tears_nothing_down() -> None:
    """The command ends without Python's own end, in which a thread of Arrow that still holds Python's memory would abort it."""
    script = (
        "import atexit, sys\nfrom vip_tiering.cli import main as cli\n"
        "atexit.register(print, 'torn down')\nsys.argv = ['vip', {!r}]\ncli.main()"
    )
    for option, status, answer in (("--version", 0, "vip 0.1.0\n"), ("--none", 2, "")):
        result = subprocess.run([sys.executable, "-c", script.format(option)], capture_output=True, text=True, check=False)
        assert (status, answer) == (result.returncode, result.stdout)


def test_unexpected_error_shows_no_value(tmp_path: Path) -> None:
    """A bug exits 1 with one line without the error's text; --debug shows the place, still without the text."""
    script = (
        "import sys\nfrom vip_tiering.cli import main as cli\nfrom vip_tiering.tiers import job\n"
        "def fail(*_, **__): raise ValueError('SECRET balance of a customer')\n"
        "job.tier_compute = fail\n"
        f"sys.argv = ['vip', *sys.argv[1:], 'tier', 'compute', 'x', '--quarter', '2015Q4', '--out', {str(tmp_path / 'o')!r}]\n"
        "cli.main()"
    )
    for options in ([], ["--debug"]):
        result = subprocess.run([sys.executable, "-c", script, *options], capture_output=True, text=True, check=False)
        assert (1, "") == (result.returncode, result.stdout)
        assert "unexpected ValueError" in result.stderr
        assert "SECRET" not in result.stderr
        assert bool(options) == ("fail" in result.stderr)
