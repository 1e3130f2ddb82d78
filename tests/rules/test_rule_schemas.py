"""The JSON Schemas of the rule files: true to the loader, the same as the command writes, and readable in an editor."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from yaml import YAMLError

from tests.helpers import RULES, vip
from vip_tiering.playbooks.load import ALL_FILES
from vip_tiering.rules.forms import check
from vip_tiering.rules.tiers import TiersFile

BAD = Path(__file__).parent / "bad_rules"
FILES = list(ALL_FILES)
SCHEMAS = sorted(RULES.glob("*.schema.json"))

GOOD = {
    "sets": """version: 1
sets:
  - {valid_from: 2015-01-01, tiers: [{code: effective, label: 有效户, min: "20000.50"}]}
  - {valid_from: 2016-01-01, source: decision, tiers: [{code: effective, label: 有效户, min: 999999999999}]}
""",
    "cent": 'version: 1\nsource: plan\ntiers: [{code: a1_, label: 银 卡, min: "0.01"}]\n',
}
UNSEEN = {
    "calendar-branch-date-same-branch", "playbooks-by-private",
    "calendar-day-both", "calendar-day-quoted", "calendar-day-twice", "extracts-product-both", "extracts-product-twice",
    "extracts-weight-of-excluded", "extracts-carry-float",
    "extracts-header-in-fen", "extracts-header-in-wan", "extracts-header-in-yuan",
    "extracts-column-used-twice", "extracts-column-number", "extracts-column-number-twice", "extracts-currency-values-twice",
    "extracts-currency-values-rmb", "extracts-header-none-alone", "extracts-header-none-by-name",
    "extracts-date-format", "extracts-date-format-repeated", "tiers-alias",
    "tiers-code-absent", "tiers-code-duplicate", "tiers-code-untiered", "tiers-equal-bounds", "tiers-label-duplicate",
    "tiers-label-escape", "tiers-label-reserved", "tiers-label-surrogate", "tiers-merge-key", "tiers-min-hexadecimal", "tiers-min-octal",
    "tiers-min-quoted-newline", "tiers-min-sexagesimal", "tiers-min-underscore", "tiers-not-increasing", "tiers-repeated-key",
    "tiers-repeated-top-key", "tiers-sets-day-quoted", "tiers-sets-day-text", "tiers-sets-not-increasing", "tiers-sets-same-day",
    "gates-quota-repeated", "tiers-tag", "tiers-utf16", "tiers-version-float",
    "channels-hours-equal", "channels-hours-reversed", "channels-label-twice", "channels-opt-out-missing", "gates-limit-looser",
    "gates-order", "gates-purpose-missing", "plan_ids-twice", "playbooks-also-for-itself", "playbooks-bulk-barred",
    "playbooks-cadence-without-source", "playbooks-campaign-barred", "playbooks-channel-unknown",
    "playbooks-channel-without-messages", "playbooks-covers-unknown", "playbooks-festival-without-lobby",
    "playbooks-lobby-season-without-days", "playbooks-none-without-reason", "playbooks-purpose-does-not-rate",
    "playbooks-purpose-private-in-bulk", "playbooks-regular-without-cadence", "playbooks-reviewed-on-text",
    "playbooks-same-as-bulk", "playbooks-same-as-itself", "playbooks-template-dollar", "playbooks-template-expression",
    "playbooks-template-field-foreign", "playbooks-template-field-unknown", "playbooks-template-line-break",
    "playbooks-template-names-product", "playbooks-template-too-long-in-emoji", "playbooks-template-too-long",
    "playbooks-listed-fact", "playbooks-listed-when-alone", "playbooks-listed-when-trigger",
    "playbooks-template-coupon-of-fund", "playbooks-template-fact-missing", "playbooks-template-fact-of-two",
    "playbooks-template-percent",
    "playbooks-template-without-opt-out", "playbooks-template-without-signature", "playbooks-template-yield-promise-hidden",
    "playbooks-template-yield-promise", "playbooks-tier-missing", "playbooks-tier-renamed", "playbooks-tier-twice",
    "playbooks-tier-unknown", "playbooks-topic-misspelled", "playbooks-topic-private-in-bulk", "playbooks-topic-private-purpose",
    "playbooks-topic-without-risk", "products-benefit-of-fund", "products-call-days-without-launch", "products-code-twice",
    "products-insurance-without-benefit", "products-label-promise", "products-private-without-risk", "products-trust-public",
    "products-uncertain-without-risk", "products-coupon-of-fund", "products-minimum-percent", "products-sale-reversed",
    "products-term-promise", "customers-branch-twice", "customers-manager-twice",
    "playbooks-what-zh-in-english", "playbooks-note-without-zh", "playbooks-reason-without-zh",
    "channels-opt-out-words", "channels-way-missing", "playbooks-action-id-twice", "playbooks-segment-twice",
    "customers-channel-unknown", "customers-date-format", "customers-header-of-another-field", "customers-header-of-two-fields",
    "customers-status-day-quoted", "customers-value-of-itself", "customers-value-two-targets", "customers-value-unknown",
    "customers-value-unknown-of-one-field", "customers-word-blank",
    "customers-header-number", "customers-list-separator-letter", "customers-file-header-none-alone",
    "customers-file-header-none-by-name", "customers-file-column-number", "customers-file-column-of-two-fields",
    "customers-file-header-of-two-fields",
    "calendar-branch-date-trigger", "calendar-branch-date-twice", "calendar-branch-date-unknown-action", "calendar-lobby-action-trigger",
    "calendar-lobby-action-unknown", "calendar-lobby-branch-missing", "calendar-lobby-branch-missing-first", "calendar-lobby-branch-twice",
    "calendar-lobby-day-far", "calendar-lobby-day-other-year", "calendar-lobby-day-quoted", "calendar-lobby-days-reversed",
    "calendar-lobby-prepare-late", "playbooks-lobby-season-and-days-before", "playbooks-lobby-season-no-day",
    "playbooks-lobby-season-reversed",
    "profiles-bom-of-gb18030", "profiles-channel-unknown", "profiles-code-twice", "profiles-constant-without-header",
    "profiles-encoding-of-xlsx", "profiles-field-and-constant", "profiles-field-of-another-list", "profiles-field-unknown",
    "profiles-header-of-xlsx", "profiles-header-twice", "profiles-header-twice-for-people", "profiles-headers-twice",
    "profiles-label-twice", "profiles-neither-field-nor-constant", "profiles-prefix-of-constant", "profiles-rows-of-xlsx",
    "profiles-per-action-of-people", "profiles-text-too-short", "profiles-too-many-columns",
    "playbooks-also-for-none", "playbooks-control-nobody", "playbooks-control-over", "playbooks-control-service",
    "playbooks-control-visitors",
    "playbooks-taught-by-without-topics", "targets-year-of-fees",
    "targets-measure-twice", "targets-measure-unknown", "targets-target-of-no-measure", "targets-target-twice", "targets-tier-unknown",
}  # fmt: skip
"""What only the loader can refuse: mistakes that are gone once YAML has read the file, or that lie between several values."""


def schema_of(file: str) -> Draft202012Validator:
    """Return the validator of a shipped schema."""
    return Draft202012Validator(json.loads((RULES / file.replace(".yaml", ".schema.json")).read_text("utf-8")))


def as_json(text: str | bytes) -> Any:
    """Return YAML as an editor's schema check sees it: as JSON, where a day is text."""

    def days_as_text(value: object) -> str:
        assert isinstance(value, dt.date)
        return value.isoformat()

    return json.loads(json.dumps(yaml.safe_load(text), default=days_as_text))


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield every mapping within a schema."""
    if isinstance(schema, dict):
        yield schema
    for inner in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from parts(inner)


def test_schemas_are_what_the_command_writes(tmp_path: Path) -> None:
    """`vip rules schema DIR` writes exactly the files that stand in `rules/`, and names them; the failure says what mends it."""
    done = vip("rules", "schema", ".", cwd=tmp_path)
    lines = "".join(f"{path.name}\n" for path in SCHEMAS)
    assert (0, lines, "") == (done.returncode, done.stdout, done.stderr)
    differ = [path.name for path in tmp_path.iterdir() if path.read_bytes() != (RULES / path.name).read_bytes()]
    assert [] == differ, "a form or a list of codes changed; `vip rules schema rules` writes the schemas anew"


def test_schemas_that_cannot_be_written_are_exit_5(tmp_path: Path) -> None:
    """A folder that is absent is told in one line."""
    done = vip("rules", "schema", "absent", cwd=tmp_path)
    line = "vip: absent/calendar.schema.json: cannot be written: No such file or directory\n"
    assert (5, "", line) == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_schemas_are_valid_and_say_what_each_key_means(path: Path) -> None:
    """Each schema is a valid one, knows no unnamed keys and no null, and describes every key without a generated title."""
    schema = json.loads(path.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    assert path.name.replace(".schema.json", ".yaml") == schema.pop("title")
    objects = [part for part in parts(schema) if part.get("type") == "object" and "properties" in part]
    assert [False] * len(objects) == [part["additionalProperties"] for part in objects]
    keys = {name: key for part in objects for name, key in part["properties"].items()}
    named = {name for name, key in keys.items() if "description" in key or "description" in schema["$defs"][key["$ref"].rpartition("/")[2]]}
    assert set(keys) == named
    assert not [part for part in parts(schema) if isinstance(part.get("title"), str) or part.get("type") == "null"]


def test_every_rule_file_has_its_schema_and_names_it() -> None:
    """Every shipped rule file begins with the line by which editors find its schema, and the schema stands beside it."""
    first = {path.name: path.read_text("utf-8").splitlines()[0] for path in RULES.glob("*.yaml")}
    assert {file: f"# yaml-language-server: $schema={file.replace('.yaml', '.schema.json')}" for file in FILES} == first
    assert [file.replace(".yaml", ".schema.json") for file in FILES] == [path.name for path in SCHEMAS]


@pytest.mark.parametrize("file", FILES)
def test_shipped_files_are_valid(file: str) -> None:
    """The shipped rule files pass their own schema."""
    schema_of(file).validate(as_json((RULES / file).read_text("utf-8")))


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD.keys())
def test_what_the_loader_takes_the_schema_takes(text: str) -> None:
    """Sets and quoted decimals pass both the loader and the schema."""
    assert [] == check(text.encode(), TiersFile, "tiers.yaml").lines()
    schema_of("tiers.yaml").validate(as_json(text))


def bad_files() -> Iterator[tuple[str, Any]]:
    """Yield the name and the values of every bad rule file that a lenient reader of YAML can read."""
    for path in sorted(BAD.glob("*.yaml")):
        try:
            yield path.stem, as_json(path.read_bytes())
        except (YAMLError, UnicodeDecodeError, RecursionError, ValueError):
            continue


@pytest.mark.parametrize(("case", "values"), [pytest.param(case, values, id=case) for case, values in bad_files()])
def test_what_the_loader_refuses_the_schema_refuses(case: str, values: Any) -> None:
    """Every bad file is refused by its schema in the editor already, but for those mistakes that a schema cannot see."""
    validator = schema_of(case.partition("-")[0] + ".yaml")
    if case in UNSEEN:
        validator.validate(values)
        return
    with pytest.raises(ValidationError):
        validator.validate(values)


def test_packaged_rules_are_copied(tmp_path: Path) -> None:
    """`vip rules copy DIR` writes the packaged YAML files, which are in force there, and never writes over anything."""
    done = vip("rules", "copy", "own/rules", cwd=tmp_path)
    names = sorted(path.name for path in RULES.glob("*.yaml"))
    assert (0, "", [f"own/rules/{name}" for name in names]) == (done.returncode, done.stderr, done.stdout.split())
    assert [(RULES / name).read_bytes() for name in names] == [(tmp_path / "own" / "rules" / name).read_bytes() for name in names]
    assert vip("rules", "check", cwd=tmp_path / "own").stdout.startswith("rules: ")
    for place in ("own/rules", "own"):
        again = vip("rules", "copy", place, cwd=tmp_path)
        assert (5, f"vip: {place}: stands there already and is not written over; name a new folder\n") == (again.returncode, again.stderr)
    (tmp_path / "file").touch()
    assert vip("rules", "copy", "file/rules", cwd=tmp_path).returncode == 5
    assert ["file", "own"] == sorted(path.name for path in tmp_path.iterdir())
