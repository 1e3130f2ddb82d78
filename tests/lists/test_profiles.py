"""Profiles: every list comes back from its file as it went in, private clients never go to many, names are safe."""

from __future__ import annotations

import csv
import io
import json
import stat
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import load_workbook

from tests.helpers import RULES
from vip_tiering.base.errors import DataError, OutputError, ProofError, RulesError, UsageError
from vip_tiering.base.schema import UNASSIGNED
from vip_tiering.lists.export.profiles import profile_writers
from vip_tiering.playbooks.load import Playbooks, load
from vip_tiering.playbooks.profiles import Profile
from vip_tiering.publishing import folders, manifests
from vip_tiering.publishing.file_names import MAX_BYTES, MAX_CHARACTERS, safe_names
from vip_tiering.publishing.folders import standing

NASTY = (
    "张三", '说"好", 行', "=cmd|'/C calc'!A0", "+86", "-1", "@x", "0012345678901234567", "6222020000000000019", "007", "🎉您好", "𠮷野家",
    "a\rb", "a\nb", "a\r\nb", "", "'单引号", "_x0041_", "1e5", "2015-12-31", "TRUE", "全角，，", "a|b", " 空格 ",
)  # fmt: skip
"""Values that some reader takes for something else."""


def books() -> Playbooks:
    """Return the shipped playbooks."""
    loaded = load(RULES).playbooks
    assert loaded is not None
    return loaded


PLAYBOOKS = books()
CASES = [(code, channel) for code, profile in PLAYBOOKS.profiles.items() for channel in profile.channels]


def list_of(channel: str, rows: int = len(NASTY)) -> pa.Table:
    """Return the list of a channel with nasty values, another one in each column of a row."""
    fields = PLAYBOOKS.channels[channel].fields
    columns = {name: [NASTY[(row + place) % len(NASTY)] for row in range(rows)] for place, name in enumerate(fields)}
    table = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    if "rank" in fields:
        table = table.set_column(fields.index("rank"), "rank", pa.array(range(1, rows + 1), pa.int64()))
    return table


def short(table: pa.Table, most: int = 4) -> pa.Table:
    """Return a table whose texts are short enough for every profile."""
    return pa.table({name: [one[:most] if isinstance(one, str) else one for one in table[name].to_pylist()] for name in table.column_names})


def written(profile: Profile, table: pa.Table, channel: str, **options: Any) -> dict[str, bytes]:
    """Return the files of a list."""
    result = {}
    for name, writer in profile_writers(profile, table, channel, **{"private": False, "name": channel, **options}).items():
        sink = io.BytesIO()
        rows = writer(sink)
        result[name] = sink.getvalue()
        assert rows == len(cells(profile, result[name])) - profile.header
    return result


def cells(profile: Profile, content: bytes) -> list[list[str]]:
    """Return a file as rows of text by a reader that is not ours."""
    if profile.format == "xlsx":
        rows = load_workbook(io.BytesIO(content)).get_sheet_by_index(0).to_python(skip_empty_area=False)
        return [[str(int(cell)) if isinstance(cell, float) else str(cell) for cell in row] for row in rows]
    assert (content[:3] == b"\xef\xbb\xbf") == profile.bom
    text = content.decode("utf-8-sig" if profile.bom else profile.encoding)
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def expected_cells(profile: Profile, table: pa.Table) -> list[list[str]]:
    """Return what a file of a profile must hold, in plain Python."""
    columns = [one for one in profile.columns if one.field is None or one.field in table.column_names]
    header = [str(one.header) for one in columns]
    rows = [
        [str(one.constant) if one.field is None else (one.prefix or "") * bool(row[one.field]) + str(row[one.field]) for one in columns]
        for row in table.to_pylist()
    ]
    return [header, *rows] if profile.header else rows


@pytest.mark.parametrize(("code", "channel"), CASES)
def test_every_profile_reads_back_the_same(code: str, channel: str) -> None:
    """Quotes, commas, line ends, formulas, 19 digits, leading zeros, emoji and rare characters: another reader finds the same."""
    profile = PLAYBOOKS.profiles[code]
    table = list_of(channel)
    if any(profile.most_units(column) for column in profile.columns):
        ids = {"customer_id": "0012345678901234567", "phone": "13800001234"}
        table = pa.table({name: [ids.get(name, one) for one in short(table)[name].to_pylist()] for name in table.column_names})
    for name in {"manager", "action"} & {str(profile.per)}:
        table = table.set_column(table.column_names.index(name), name, pa.array(["王"] * len(table)))
    (content,) = written(profile, table, channel).values()
    assert expected_cells(profile, table) == cells(profile, content)


@pytest.mark.parametrize(("code", "channel"), CASES)
def test_the_same_list_is_the_same_bytes(code: str, channel: str) -> None:
    """Written twice, every file is the same to the byte."""
    profile, table = PLAYBOOKS.profiles[code], short(list_of(channel))
    assert written(profile, table, channel) == written(profile, table, channel)


@pytest.mark.parametrize(("code", "channel"), CASES)
def test_private_clients_never_go_to_many(code: str, channel: str) -> None:
    """A profile that reaches many refuses a list that may hold private clients; one for people takes it."""
    profile, table = PLAYBOOKS.profiles[code], short(list_of(channel))
    if not profile.mass_send:
        assert written(profile, table, channel, private=True)
        return
    with pytest.raises(ProofError, match="reaches many at once"):
        written(profile, table, channel, private=True)


def test_profiles_that_reach_many_are_marked() -> None:
    """Gateways, dialers, bulk messages and group messages reach many; Excel is for people."""
    many = {code for code, profile in PLAYBOOKS.profiles.items() if profile.mass_send}
    assert {"gateway", "gateway_gb18030", "vicidial", "genesys", "tencent", "huawei", "wecom"} == many
    assert {"excel", "excel_csv"} == set(PLAYBOOKS.profiles) - many


def test_bytes_are_those_of_the_encoding() -> None:
    """UTF-8 without a mark and GB18030 with CRLF, letter by letter."""
    table = pa.table({"phone": ["13800001234"], "text": ['𠮷,"好"']})
    gateway, older = (PLAYBOOKS.profiles[code] for code in ("gateway", "gateway_gb18030"))
    assert {"sms.csv": 'phone,text\n13800001234,"𠮷,""好"""\n'.encode()} == written(gateway, table, "sms")
    assert {"sms.csv": 'phone,text\r\n13800001234,"𠮷,""好"""\r\n'.encode("gb18030")} == written(older, table, "sms")


def test_a_file_may_have_no_header() -> None:
    """Where the profile says so, the first row is data."""
    profile = PLAYBOOKS.profiles["gateway"].model_copy(update={"header": False})
    assert {"sms.csv": b"1\n2\n"} == written(profile, pa.table({"phone": ["1", "2"]}), "sms")


def test_phones_of_genesys_have_their_country() -> None:
    """A number without a country counts as one of the US there; an empty one stays empty."""
    table = pa.table({"customer_id": ["1", "2"], "phone": ["13800001234", ""]})
    assert {"calls.csv": b"customer_id,phone\n1,+8613800001234\n2,\n"} == written(PLAYBOOKS.profiles["genesys"], table, "calls")


def test_missing_values_are_empty() -> None:
    """A value that is not there is an empty cell and no lost row, in dictionary columns too."""
    table = pa.table({"phone": pa.array(["1", None]), "text": pa.array([None, "甲"]).dictionary_encode()})
    assert {"sms.csv": "phone,text\n1,\n,甲\n".encode()} == written(PLAYBOOKS.profiles["gateway"], table, "sms")


def limited(code: str, rows: int) -> Profile:
    """Return a shipped profile with another limit of rows."""
    profile = PLAYBOOKS.profiles[code]
    assert profile.limits is not None
    return profile.model_copy(update={"limits": profile.limits.model_copy(update={"max_rows": rows})})


def test_long_lists_are_numbered_files() -> None:
    """A list beyond the limit becomes numbered files that together hold every row once, in order."""
    table = pa.table({"phone": [f"138{row:08}" for row in range(25)], "text": ["甲"] * 25})
    files = written(limited("gateway", 10), table, "sms")
    assert ["sms-001.csv", "sms-002.csv", "sms-003.csv"] == list(files)
    parts = [cells(PLAYBOOKS.profiles["gateway"], content) for content in files.values()]
    assert [10, 10, 5] == [len(rows) - 1 for rows in parts]
    assert table["phone"].to_pylist() == [row[0] for rows in parts for row in rows[1:]]
    assert ["sms.csv"] == list(written(limited("gateway", 25), table, "sms"))
    table = table.append_column("action", pa.array(["B"] * 25))
    assert ["smsaB001.xlsx", "smsaB002.xlsx", "smsaB003.xlsx"] == list(written(limited("huawei", 10), table, "sms", name="sms-a"))


def test_one_file_for_each_manager() -> None:
    """Group messages are one file for each sender; unsafe names become safe, blank ones `unassigned`, no row is lost."""
    managers = ["王/一", "李二", "王/一", "", "王_一", " ", "unassigned", "李二"]
    table = pa.table({"manager": managers, "wechat_id": [str(row) for row in range(8)], "text": ["您好"] * 8})
    files = written(limited("wecom", 1), table, "wechat")
    rows = {name: [row[1] for row in cells(PLAYBOOKS.profiles["wecom"], content)[1:]] for name, content in files.items()}
    marked = safe_names(managers)["王/一"]
    assert {
        "wechat-unassigned-001.csv": ["3"],
        "wechat-unassigned-002.csv": ["5"],
        "wechat-unassigned-003.csv": ["6"],
        "wechat-李二-001.csv": ["1"],
        "wechat-李二-002.csv": ["7"],
        "wechat-王_一.csv": ["4"],
        f"wechat-{marked}-001.csv": ["0"],
        f"wechat-{marked}-002.csv": ["2"],
    } == rows


@pytest.mark.parametrize(("code", "stem"), [("tencent", "sms-tencent-"), ("huawei", "smshuawei")])
def test_one_file_for_each_action(code: str, stem: str) -> None:
    """Bulk messages have one template for a file: each action has files of its own, split over the limit, and no row is lost."""
    actions = ["G-SMS-1", "E-SMS-2", "G-SMS-1", "G-SMS-11", "E-SMS-2", "G-SMS-1"]
    table = pa.table(
        {"action": actions, "phone": [f"1380000000{row}" for row in range(6)], "name": ["王先生"] * 6, "product": ["基金"] * 6}
    )
    files = written(limited(code, 2), table, "sms", name=f"sms-{code}")
    rows = {name: cells(PLAYBOOKS.profiles[code], content)[1:] for name, content in files.items()}
    plain = code == "huawei"
    wanted = {"E-SMS-2": [1, 4], "G-SMS-1-001": [0, 2], "G-SMS-1-002": [5], "G-SMS-11": [3]}
    assert {f"{stem}{name.replace('-', '') if plain else name}.xlsx": wanted[name] for name in wanted} == {
        name: [int(row[0][-1]) for row in found] for name, found in rows.items()
    }
    assert {("王先生", "基金")} == {(row[1], row[2]) for found in rows.values() for row in found}


def test_plain_names_that_meet_stay_plain() -> None:
    """Two actions that are called alike without their marks have files of their own, of letters and digits only."""
    table = pa.table({"action": ["A-B1", "AB-1", "AB1"], "phone": ["1", "2", "3"]})
    files = written(PLAYBOOKS.profiles["huawei"], table, "sms")
    assert ["smsAB1.xlsx", "smsAB1x.xlsx", "smsAB1xx.xlsx"] == list(files)
    assert [["1"], ["2"], ["3"]] == [cells(PLAYBOOKS.profiles["huawei"], content)[1] for content in files.values()]


def test_files_whose_names_meet_are_both_kept() -> None:
    """A manager whose name looks like another one's second file loses nothing."""
    table = pa.table({"manager": ["A", "A-001", "A"], "wechat_id": ["1", "2", "3"], "text": ["您好"] * 3})
    files = written(limited("wecom", 1), table, "wechat")
    assert 3 == len(files)
    assert ["1", "2", "3"] == sorted(cells(PLAYBOOKS.profiles["wecom"], content)[1][1] for content in files.values())


@pytest.mark.parametrize("code", PLAYBOOKS.profiles)
def test_a_list_without_rows_is_a_file_without_rows(code: str) -> None:
    """An empty list is never silent: its file is there, with its header."""
    profile = PLAYBOOKS.profiles[code]
    channel = profile.channels[0]
    (content,) = written(profile, list_of(channel, 0), channel).values()
    assert expected_cells(profile, list_of(channel, 0)) == cells(profile, content)


def test_values_that_are_too_long_are_refused_with_their_columns() -> None:
    """A value that a system would cut is counted in UTF-16 units and refused, without being shown."""
    fits, breaks = "🎉" * 250, "🎉" * 250 + "a"
    profile = PLAYBOOKS.profiles["gateway"]
    assert written(profile, pa.table({"phone": ["1"], "text": [fits]}), "sms")
    with pytest.raises(DataError) as refused:
        written(profile, pa.table({"phone": ["1"] * 3, "text": [fits, breaks, breaks]}), "sms")
    assert ["sms: column text: 2 values have more than 500 UTF-16 units, which gateway does not take"] == refused.value.problems


def test_a_profile_takes_its_own_lists_only() -> None:
    """A list of another channel is a usage error that names those that are taken."""
    with pytest.raises(UsageError, match="vicidial: takes lists of calls, not of sms"):
        written(PLAYBOOKS.profiles["vicidial"], list_of("sms"), "sms")


def test_a_channel_without_contact_has_no_profile(tmp_path: Path) -> None:
    """A channel that makes no list cannot be served."""
    for path in RULES.glob("*.yaml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    text = (tmp_path / "profiles.yaml").read_text("utf-8")
    (tmp_path / "profiles.yaml").write_text(text.replace("channels: [calls]", "channels: [lobby]", 1), "utf-8")
    with pytest.raises(RulesError) as refused:
        load(tmp_path)
    assert [True] == [str(one).endswith("channels[0] makes no list; its channel says contact: false") for one in refused.value.problems]


def test_every_field_has_a_header_and_every_list_a_profile() -> None:
    """Every field of every list has its header for people, and every channel that makes a list a profile for people."""
    channels = [channel for channel in PLAYBOOKS.channels.values() if channel.contact]
    assert set() == {field for channel in channels for field in channel.fields} - PLAYBOOKS.headers.keys()
    assert (
        {channel.code for channel in channels} == set(PLAYBOOKS.profiles["excel"].channels) == set(PLAYBOOKS.profiles["excel_csv"].channels)
    )


# --- file names

NAMES = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=80),
        st.sampled_from(["A", "a", "A_", "A/", "A\\", "朝阳支行", ".", "..", "CON", "unassigned"]),
    ),
    max_size=12,
)


@given(NAMES)
def test_file_names_are_safe_and_each_its_own(names: list[str]) -> None:
    """Never empty, never hidden, of safe characters and length, distinct on any file system, whatever the order."""
    safe = safe_names(names)
    given = {name if name.strip() else UNASSIGNED for name in names}
    assert len(given) == len({one.casefold() for one in safe.values()})
    assert safe == safe_names(names[::-1]) == safe_names([*names, *names])
    for one in safe.values():
        assert one == Path(one).name
        assert one[0] != "."
        assert one[-1] != "."
        assert 1 <= len(one) <= MAX_CHARACTERS
        assert len(one.encode()) <= MAX_BYTES
        assert all(character.isalnum() or character in "-_." for character in one)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("朝阳支行", "朝阳支行"), ("M001", "M001"), ("", "unassigned"), ("   ", "unassigned"), ("../etc", "_._etc"), (".hidden", "_hidden"),
        ("a b", "a_b"), ("王/一", "王_一"), ("𠮷野", "𠮷野"), ("nul.txt", "_nul.txt"),
        ("字" * 80, "字" * 64), ("𠮷" * 64, "𠮷" * 50), ("a.", "a_"),
    ],
)  # fmt: skip
def test_file_names_stay_readable(name: str, safe: str) -> None:
    """Chinese stays, what a file system or Windows refuses is replaced, long names are cut between characters."""
    assert {name: safe} == safe_names([name])


def test_names_that_meet_are_told_apart() -> None:
    """Names that would become one get a suffix of their own; the one that is safe as it stands keeps its name."""
    both = safe_names(["A/B", "A_B", "A B"])
    assert ("A_B", 3) == (both["A_B"], len(set(both.values())))
    assert both["A/B"] == safe_names(["A B", "A_B", "A/B", "x"])["A/B"]
    capitals = safe_names(["m1", "M1"])
    assert [True, True] == [one.casefold().startswith("m1-") for one in capitals.values()]


# --- nested folders


MANIFEST = {"identity": "", "made_from": {}, "quarter": "2015Q4", "status": "official"}
"""A manifest of the form that every one has, but for its outputs."""
FILES = {
    "suppressed.csv": b"1",
    "branches/朝阳支行/M001.csv": b"2",
    "branches/朝阳支行/M002.csv": b"3",
    "branches/a/x.csv": b"4",
}


def published(out: Path) -> Path:
    """Publish a folder with files in folders of their own."""
    writers = {name: lambda sink, content=content: sink.write(content) for name, content in FILES.items()}
    return folders.publish(out, "2015-12-31", writers, MANIFEST, replace=False)


def test_nested_files_are_published_and_verified(tmp_path: Path) -> None:
    """Files in folders are there under their names, every folder is private, and all of it verifies."""
    folder = published(tmp_path)
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    assert {**FILES} == {name: path.read_bytes() for name, path in found.items() if path.is_file() and name != "manifest.json"}
    assert {0o700} == {stat.S_IMODE(path.stat().st_mode) for path in [folder, *found.values()] if path.is_dir()}
    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in found.values() if path.is_file()}
    document, problems = manifests.verify(folder)
    assert (sorted(FILES), []) == ([one["name"] for one in document["outputs"]], problems)
    assert ["2015-12-31"] == [path.name for path in tmp_path.iterdir()]


def test_nested_files_that_differ_are_told(tmp_path: Path) -> None:
    """What is altered, absent or unknown in a nested folder is told by its whole name, an unknown folder once."""
    folder = published(tmp_path)
    (folder / "branches/朝阳支行/M001.csv").write_bytes(b"9")
    (folder / "branches/朝阳支行/M002.csv").unlink()
    (folder / "branches/朝阳支行/notes.txt").touch()
    (folder / "branches/b/c").mkdir(parents=True)
    (folder / "branches/b/c/d.csv").touch()
    (folder / "branches/a").rename(tmp_path / "elsewhere")
    (folder / "branches/a").symlink_to(tmp_path / "elsewhere")
    assert [
        ("branches/朝阳支行/M001.csv", "output-altered"),
        ("branches/朝阳支行/M002.csv", "output-absent"),
        ("branches/a", "output-unknown"),
        ("branches/b", "output-unknown"),
        ("branches/朝阳支行/notes.txt", "output-unknown"),
    ] == [(one.file.removeprefix("2015-12-31/"), one.rule) for one in manifests.verify(folder)[1]]


ELSEWHERE = ["../x.csv", "/x.csv", "a/../../x.csv", "a/./x.csv", "./x.csv", "a//x.csv", "a/", "", ".", "..", "a\\x.csv", "a\0x"]


@pytest.mark.parametrize("name", ELSEWHERE)
def test_names_that_lead_elsewhere_are_refused(name: str, tmp_path: Path) -> None:
    """Neither does a run write outside its folder, nor does a manifest make `verify` read there."""
    with pytest.raises(ProofError, match="would lie outside"):
        folders.publish(tmp_path, "day", {name: lambda sink: sink.write(b"")}, MANIFEST, replace=False)
    assert [] == list(tmp_path.iterdir())
    folder = published(tmp_path)
    path = folder / "manifest.json"
    document = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**document, "outputs": [{"name": name, "sha256": ""}]}))
    with pytest.raises(DataError, match="names a file that lies elsewhere"):
        manifests.verify(folder)
    with pytest.raises(OutputError, match="not a run of this program"):
        standing(folder, {}, replace=False)
