"""Settings: an option beats a variable, a variable the file, the file what is usual; what cannot be meant is refused."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from tests import prepared
from vip_tiering.base.errors import RulesError, UsageError
from vip_tiering.routine.config import SETTINGS, settings_of
from vip_tiering.rules.folder import packaged_rules

TEXTS = {
    "extracts": "[in]",
    "kind": "changes",
    "opening": "zero",
    "max_rejects": '"3"',
    "max_bytes": "1G",
    "keep_provisional": "7",
    "time_zone": "Asia/Shanghai",
    "lang": "en",
}
"""What a file says of settings that are no path."""


def write(folder: Path, *lines: str) -> Path:
    """Write a file of settings and return it."""
    path = folder / "vip.yaml"
    path.write_text("\n".join(["version: 1", *lines, ""]), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", SETTINGS)
def test_an_option_beats_a_variable_beats_the_file(tmp_path: Path, name: str) -> None:
    """Of every setting the strongest of those that are given holds, whichever they are, and it is told where it comes from."""
    text = TEXTS.get(name, "from_file")
    said = {"kind": "snapshot", "lang": "zh", "opening": "zero", "time_zone": "Asia/Tokyo", "keep_provisional": "9"}
    option = {**said, "extracts": ["option"], "keep_provisional": 9}.get(name, "from_option")
    variable = said.get(name, "from_variable")
    for given in itertools.product([False, True], repeat=3):
        with_option, with_variable, with_file = given
        write(tmp_path, *([f"{name}: {text}"] if with_file else []))
        settings = settings_of(
            {name: option} if with_option else {}, {f"VIP_{name.upper()}": variable} if with_variable else {}, None, tmp_path
        )
        strongest = next((source for source, one in zip(("option", "variable", "file"), given, strict=True) if one), "default")
        assert strongest == settings.sources[name]
        if strongest == "option":
            assert option == settings[name]


def test_paths_of_the_file_begin_at_its_folder(tmp_path: Path) -> None:
    """Wherever cron starts, a relative path of the file means the same place; an absolute one stays as it is."""
    (tmp_path / "etc").mkdir()
    write(tmp_path / "etc", "extracts: [../in, /srv/in]", "out: tiers", "customers: /srv/customers.csv")
    settings = settings_of({}, {"VIP_CONFIG": str(tmp_path / "etc" / "vip.yaml")}, None, tmp_path)
    assert [str(tmp_path / "etc" / ".." / "in"), "/srv/in"] == settings["extracts"]
    assert (tmp_path / "etc" / "tiers", Path("/srv/customers.csv")) == (settings["out"], settings["customers"])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("time_zone: Mars/Olympus", "vip.yaml:2:12: time_zone is not a time zone"),
        ("outt: tiers", "did you mean out?"),
        ("kind: daily", "vip.yaml:2:7: kind must be"),
        ("extracts: in", "vip.yaml:2:11: extracts must be a list"),
        ("max_rejects: 3", "vip.yaml:2:14: max_rejects must be text; quote it"),
        ("lang: fr", "vip.yaml:2:7: lang must be"),
    ],
)
def test_a_mistake_of_the_file_is_a_line_with_its_place(tmp_path: Path, line: str, message: str) -> None:
    """A file with a mistake is refused as rules are: file, line, column, what would be right; exit code 3."""
    write(tmp_path, line)
    with pytest.raises(RulesError) as refused:
        settings_of({}, {}, None, tmp_path)
    (told,) = refused.value.problems
    assert message.split(": ", 1)[0] in str(told)
    assert message.rsplit(": ", 1)[-1] in str(told)


def test_words_of_options_and_variables_are_judged_too(tmp_path: Path) -> None:
    """What the file may not say, a variable or an option may not either; the line names it as people wrote it."""
    for environment, options, name in (({"VIP_KIND": "daily"}, {}, "VIP_KIND"), ({}, {"time_zone": "Mars"}, "--time-zone")):
        with pytest.raises(UsageError, match=f"^{name}: "):
            settings_of(options, environment, None, tmp_path)
    with pytest.raises(RulesError, match="there is no such file"):
        settings_of({}, {}, tmp_path / "other.yaml", tmp_path)


def test_what_lacks_is_named_at_once(tmp_path: Path) -> None:
    """Without extracts and a folder for runs nothing can be done: one line that names both, exit code 2."""
    done = prepared.run(["run"], tmp_path)
    assert (2, "", 1) == (done.returncode, done.stdout, done.stderr.count("\n"))
    assert "extracts and out" in done.stderr
    assert "vip config init" in done.stderr


def test_three_questions_make_a_file_that_works(tmp_path: Path) -> None:
    """`vip config init` asks three questions; what it writes is read back by `vip config show`, and is never written over unasked."""
    command = [sys.executable, "-m", "vip_tiering", "config", "init"]
    done = subprocess.run(command, cwd=tmp_path, input="in\npeople.csv\nback\n", capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stderr
    shown = prepared.run(["config", "show", "--json"], tmp_path).stdout
    for value in (str(tmp_path / "in"), str(tmp_path / "people.csv"), str(tmp_path / "back" / "lists")):
        assert value in shown
    again = subprocess.run(command, cwd=tmp_path, input="x\n\n\n", capture_output=True, text=True, check=False)
    assert 5 == again.returncode
    assert "in" in (tmp_path / "vip.yaml").read_text(encoding="utf-8")


def test_rules_that_nobody_names_are_those_beside_the_file(tmp_path: Path) -> None:
    """The rules that hold are the same wherever cron starts: those beside the file of settings, else the packaged ones."""
    for folder in ("bank", "elsewhere"):
        (tmp_path / folder / "rules").mkdir(parents=True)
    file = write(tmp_path / "bank", "extracts: [in]", "out: tiers")
    settings = settings_of({}, {}, file, tmp_path / "elsewhere")
    assert (tmp_path / "bank" / "rules", "beside") == (settings["rules"], settings.sources["rules"])
    shown = prepared.run(["config", "show", "--config", str(file)], tmp_path / "elsewhere").stdout
    assert "the folder beside vip.yaml" in shown
    (tmp_path / "bank" / "rules").rmdir()
    settings = settings_of({}, {}, file, tmp_path / "elsewhere")
    assert (packaged_rules(), "default") == (settings["rules"], settings.sources["rules"])
    assert "packaged rules" in prepared.run(["config", "show", "--config", str(file)], tmp_path / "elsewhere").stdout


def test_rules_beside_a_new_file_are_written_into_it(tmp_path: Path) -> None:
    """`vip config init` names the rules that lie beside the file, and none where there are none; it tells which runs will be removed."""
    for folder in ("with", "without"):
        (tmp_path / folder).mkdir()
    (tmp_path / "with" / "rules").mkdir()
    command = [sys.executable, "-m", "vip_tiering", "config", "init"]
    for folder, lines in (("with", ["rules: rules"]), ("without", [])):
        done = subprocess.run(command, cwd=tmp_path / folder, input="\n\n\n", capture_output=True, text=True, check=False)
        written = (tmp_path / folder / "vip.yaml").read_text(encoding="utf-8").splitlines()
        assert lines == [line for line in written if line.startswith("rules")]
        assert "keep_provisional" in done.stdout


def test_the_language_of_the_file_is_spoken(tmp_path: Path) -> None:
    """`lang` holds for what is printed too, unless another language is asked for; the usual one is said to be of reports."""
    assert "goes by the locale" in prepared.run(["config", "show"], tmp_path, COLUMNS="200").stdout
    write(tmp_path, "lang: zh")
    assert "设置" in prepared.run(["config", "show"], tmp_path).stdout
    assert "setting" in prepared.run(["config", "show", "--lang", "en"], tmp_path).stdout
