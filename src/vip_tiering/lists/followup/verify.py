"""The job of `vip playbook verify`: read an export back, and the files from which it was made where they are given, and judge it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vip_tiering.base.errors import DataError, Problem, UsageError
from vip_tiering.customers.incoming import read_incoming
from vip_tiering.extracts.extract import size_in_bytes
from vip_tiering.lists.export.files import rules_digest
from vip_tiering.lists.export.request import private_root
from vip_tiering.lists.selection.contact_log import Heard, heard_in, read_contact_log, together
from vip_tiering.lists.verification.customers import Beside
from vip_tiering.lists.verification.entries import Export
from vip_tiering.lists.verification.gates import check_gates
from vip_tiering.lists.verification.read_back import finding
from vip_tiering.lists.verification.rules import check_export, check_intact, read_export
from vip_tiering.playbooks.load import Playbooks, rules_with_playbooks
from vip_tiering.publishing import manifests
from vip_tiering.rules.load import Rules
from vip_tiering.tiers.run_folder import read_run


@dataclass(frozen=True)
class VerifyOrder:
    """What `vip playbook verify` was asked to do."""

    folder: Path
    private_out: Path | None = None
    rules: Path | None = None
    run: Path | None = None
    customers: Path | None = None
    events: Path | None = None
    contact_log: Path | None = None
    do_not_contact: Path | None = None
    max_bytes: str = "4G"

    @property
    def private(self) -> Path:
        """Where the private part should be."""
        folder = manifests.named(self.folder)
        return private_root(folder.parent, self.private_out) / folder.name


@dataclass(frozen=True)
class Verification:
    """What came of it. `files`, `rows`: those of the manifests; `people`: whether the customers were looked at too."""

    problems: list[Problem]
    warnings: tuple[str, ...]
    files: int
    rows: int
    customers: int
    people: bool


def playbook_verify(order: VerifyOrder) -> Verification:
    """Judge an export: intact, then by its own files, then by the files from which it was made. Where one fails, the next waits."""
    if (order.run is None) != (order.customers is None):
        raise UsageError("--run and --customers belong together: by both the people in the lists are judged")
    if order.run is None and any((order.events, order.contact_log, order.do_not_contact)):
        raise UsageError("--events, --contact-log and --do-not-contact need --run and --customers")
    rules, books = rules_with_playbooks(order.rules)
    manifest = manifests.manifest_of(order.folder)
    private = order.private if order.private.is_dir() else None
    warnings = [*_warnings_on(order, manifest, private), *_warnings_on_rules(manifest, rules, books)]
    problems = _intact(order, private)
    export = None
    if not problems:
        export, problems = read_export(order.folder, private, books)
    if export is None:
        return Verification(problems, tuple(warnings), 0, 0, 0, people=False)
    problems += check_export(export)
    if order.run is not None and order.customers is not None:
        of_people, said = _people(order, export, order.run, order.customers)
        problems += of_people
        warnings += said
    warnings += _warnings_on_lists(export)
    outputs = [one for part in export.parts for one in part.manifest["outputs"]]
    rows = sum(one["rows"] for one in outputs)
    return Verification(problems, tuple(warnings), len(outputs), rows, len(export.customers), people=order.run is not None)


def _intact(order: VerifyOrder, private: Path | None) -> list[Problem]:
    problems = check_intact(order.folder, None)
    if private is not None:
        problems += [dataclasses.replace(one, file=f"private {one.file}") for one in check_intact(private, None)]
    return problems


def _warnings_on(order: VerifyOrder, manifest: dict[str, Any], private: Path | None) -> Iterator[str]:
    """Yield what cannot be looked at. Raises DataError where the private part is not where it was said to be."""
    if manifest.get("private") is None or private is not None:
        return
    if order.private_out is not None:
        raise DataError([finding(f"{order.private_out.name}/{order.private.name}", "private-part")])
    yield "the private part is not beside this folder, so it was not looked at; name its folder with --private-out"


def _warnings_on_rules(manifest: dict[str, Any], rules: Rules, books: Playbooks) -> Iterator[str]:
    if manifest["made_from"].get("rules") != rules_digest(books, rules.calendar):
        yield f"{rules.name}: not the rules from which the export was made; it is judged by these"


def _warnings_on_lists(export: Export) -> Iterator[str]:
    """Yield channels whose lists were written in other forms only."""
    counts = export.main.manifest["channels"]
    unread = [code for code in export.channels if code not in export.main.lists and counts.get(code, {}).get("rows")]
    if unread:
        yield f"not read back, since the profile gateway did not write them: the messages of {', '.join(unread)}"


def _people(order: VerifyOrder, export: Export, run: Path, customers: Path) -> tuple[list[Problem], list[str]]:
    """Return whom the export must not list, and which files are not those from which it was made."""
    if problems := check_intact(run, None):
        raise DataError(problems)
    size = size_in_bytes(order.max_bytes)
    incoming = read_incoming(customers, order.events, order.contact_log, order.do_not_contact, export.books, size)
    if manifests.manifest_of(run)["digest"] == export.main.manifest["made_from"].get("run"):
        incoming.judge_ids(read_run(run))  # whom only the files name was told when the export was made
    made_from = export.main.manifest["made_from"].get("files", {})
    others = [option for option, sha256 in incoming.sha256.items() if made_from.get(option) != sha256]
    warnings = [f"--{option.replace('_', '-')}: not the file from which the export was made, or not given" for option in others]
    known, heard = incoming.known, _heard(order, export)
    beside = Beside(known.events, known.contacts, together([known.barred, heard.barred]), heard.results)
    return check_gates(export, run, incoming.customers, beside), warnings


def _heard(order: VerifyOrder, export: Export) -> Heard:
    """Return what came of earlier exports when this one was made. Raises DataError where it is lost."""
    marks, main = export.main.manifest["made_from"].get("results", {}), order.folder.resolve()
    roots = {"open": main.parent, "private": order.private.parent}
    return heard_in([read_contact_log(root, marks.get(part, {})) for part, root in roots.items()], export.main.day)
