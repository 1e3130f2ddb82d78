"""What a shell offers while a command line is typed, by the real protocol and in the real shells."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from vip_tiering.cli import completion
from vip_tiering.cli.main import app

VIP = Path(sys.executable).with_name("vip")


@pytest.fixture
def branch(tmp_path: Path) -> Path:
    """Return a folder in which runs lie under out/, beside what is no run, and a file of customers."""
    for name in ("2015Q3", "2015Q4", "2016Q1-asof-20160131", "2015-11", "notes", ".superseded"):
        (tmp_path / "out" / name).mkdir(parents=True)
        (tmp_path / "out" / name / "manifest.json").write_text("{}")
    (tmp_path / "out" / "2015Q2").mkdir()
    (tmp_path / "customers.csv").write_text("customer_id,name\nC0000001,张三\n", encoding="utf-8")
    return tmp_path


def offered(line: str, folder: Path, **variables: str) -> list[str]:
    """Return what `vip` itself offers for the last word of a line, by the protocol of bash; it must end well and say nothing else."""
    words = line.split(" ")
    protocol = {"_VIP_COMPLETE": "complete_bash", "COMP_WORDS": "\n".join(words), "COMP_CWORD": str(len(words) - 1)}
    result = subprocess.run([VIP], env={**os.environ, **protocol, **variables}, cwd=folder, capture_output=True, text=True, check=False)
    assert (0, "") == (result.returncode, result.stderr)
    return result.stdout.split()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("vip tier c", ["compute"]),
        ("vip verify ", ["out/2016Q1-asof-20160131", "out/2015Q4", "out/2015Q3", "out/2015-11"]),
        ("vip tier compute x --quarter ", ["2016Q1", "2015Q4", "2015Q3", "last"]),
        ("vip playbook show g", ["gold", "gold_diamond"]),
        ("vip playbook effect lists out/2015Q3 out/2015Q4 --action G-SMS-", [f"G-SMS-{number}" for number in range(1, 6)]),
        ("vip tier explain C", []),
    ],
)
def test_words_of_the_branch_are_offered(line: str, words: list[str], branch: Path) -> None:
    """Commands, run folders, quarters that have a run, tiers and actions are offered, those that begin as typed; customers never."""
    assert words == offered(line, branch)


def test_runs_are_found_where_they_are_said_to_lie(branch: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """VIP_OUT, `--out` and the folder that is typed lead to runs."""
    elsewhere, out = tmp_path_factory.mktemp("elsewhere"), f"{branch}/out"
    assert f"{out}/2015Q4" in offered("vip tier simulate ", elsewhere, VIP_OUT=out)
    assert ["2015Q4", "2015Q3"] == offered(f"vip tier compute x --out {out} --quarter 2015", elsewhere)
    assert [f"{out}/2015Q3"] == offered(f"vip verify {out}/2015Q3", elsewhere)


def test_rules_of_the_bank_are_asked(tmp_path: Path) -> None:
    """The tiers that are offered are those of `--rules`; broken rules give no word and no message."""
    (tmp_path / "tiers.yaml").write_text("version: 1\ntiers:\n  - {code: blue, label: 蓝卡, min: 1}\n", encoding="utf-8")
    assert ["blue"] == offered("vip playbook show --rules . ", tmp_path)
    (tmp_path / "tiers.yaml").write_text("tiers: [", encoding="utf-8")
    assert [] == offered("vip playbook show --rules . ", tmp_path)


def test_quarters_without_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no run lies, the four newest complete quarters are offered."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VIP_OUT", raising=False)
    words = completion.quarters({}, "", dt.date(2016, 2, 1))
    assert ["2015Q4", "2015Q3", "2015Q2", "2015Q1", "last"] == [word.value for word in words]


@pytest.mark.parametrize(
    ("shell", "script"),
    [
        ("bash", "COMP_WORDS=(vip playbook show g); COMP_CWORD=3; _vip_completion vip; printf '%s\\n' \"${COMPREPLY[@]}\""),
        ("fish", "complete -C 'vip playbook show g'"),
        ("zsh", "words=(vip playbook show g); CURRENT=4; _arguments() { print -r -- $1 }; _vip_completion"),
    ],
)
def test_shells_offer_it(shell: str, script: str, tmp_path: Path) -> None:
    """The script that `vip` gives to a shell completes there; what each word means is shown where the shell can."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    search = {**os.environ, "PATH": f"{VIP.parent}:{os.environ['PATH']}", "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    begin = (
        f"eval (env _VIP_COMPLETE=source_fish vip); {script}"
        if shell == "fish"
        else f'eval "$(_VIP_COMPLETE=source_{shell} vip)"; {script}'
    )
    if shell == "zsh":
        begin = f"compdef() {{ : }}; {begin}"
    result = subprocess.run([shell, "-c", begin], env=search, capture_output=True, text=True, check=True)
    assert "gold_diamond" in result.stdout
    assert "silver" not in result.stdout
    assert (shell == "bash") == ("金钻" not in result.stdout)


def test_completion_imports_nothing_heavy(branch: Path) -> None:
    """A key is answered without pandas, pyarrow or numpy."""
    script = (
        "import sys\nfrom vip_tiering.cli.main import app\n"
        "try: app(prog_name='vip')\nexcept SystemExit: pass\n"
        "print({'pandas', 'pyarrow', 'numpy'} & {*sys.modules})"
    )
    protocol = {"_VIP_COMPLETE": "complete_bash", "COMP_WORDS": "vip\nplaybook\nexport\nout/2015Q4\n--only\nprivate", "COMP_CWORD": "5"}
    result = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, **protocol}, cwd=branch, capture_output=True, text=True, check=True
    )
    assert "private\nset()\n" == result.stdout


def test_every_kind_of_word_is_taken() -> None:
    """Each metavar that completes is that of a parameter, and each parameter with one completes."""

    def parameters(command: object) -> list[object]:
        return [*getattr(command, "params", []), *(one for below in getattr(command, "commands", {}).values() for one in parameters(below))]

    taken = [one for one in parameters(typer.main.get_command(app)) if getattr(one, "metavar", None) in completion.KINDS]
    assert {*completion.KINDS} == {getattr(one, "metavar", None) for one in taken}
    assert [] == [one for one in taken if getattr(one, "_custom_shell_complete", None) is not completion.complete]
