"""The job of `vip playbook verify`: read an export back, and the files from which it was made where they are given, and judge it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vip_tiering.base.disk import reading
from vip_tiering.base.errors import DataError, Problem, UsageError
from vip_tiering.customers.incoming import Incoming, read_incoming
from vip_tiering.customers.types import Known
from vip_tiering.extracts.extract import size_in_bytes
from vip_tiering.lists.export.files import private_root, rules_digest
from vip_tiering.lists.selection.contact_log import Heard, heard_in, read_contact_log, together
from vip_tiering.lists.verification.entries import Export
from vip_tiering.lists.verification.gates import check_gates
from vip_tiering.lists.verification.read_back import finding
from vip_tiering.lists.verification.rules import check_export, read_export
from vip_tiering.playbooks.load import Playbooks, rules_with_playbooks
from vip_tiering.publishing import manifests
from vip_tiering.publishing.locks import settle
from vip_tiering.rules.extracts import Aliases
from vip_tiering.tiers.published.run_folder import by_new_ids, read_run


@dataclass(frozen=True)
class Verification:
    """What came of it. `files`, `rows`: those of the manifests; `people`: whether the customers were looked at too."""

    problems: list[Problem]
    warnings: tuple[str, ...]
    files: int
    rows: int
    customers: int
    people: bool


def playbook_verify(  # noqa: PLR0913 (the options of the command)
    folder: Path,
    *,
    private_out: Path | None = None,
    rules: Path | None = None,
    run: Path | None = None,
    customers: Path | None = None,
    events: Path | None = None,
    contact_log: Path | None = None,
    do_not_contact: Path | None = None,
    max_bytes: str = "4G",
) -> Verification:
    """Judge an export: intact, then by its own files, then by the files from which it was made. Where one fails, the next waits."""
    if (run is None) != (customers is None):
        raise UsageError("--run and --customers belong together: by both the people in the lists are judged")
    if run is None and any((events, contact_log, do_not_contact)):
        raise UsageError("--events, --contact-log and --do-not-contact need --run and --customers")
    loaded, books = rules_with_playbooks(rules)
    settle(folder)
    manifest = manifests.manifest_of(folder)
    named = manifests.named(folder)
    roots = {"open": folder.resolve().parent, "private": private_root(named.parent, private_out)}
    private = roots["private"] / named.name if (roots["private"] / named.name).is_dir() else None
    warnings = []
    if manifest.get("private") is not None and private is None:
        if private_out is not None:
            raise DataError([finding(f"{private_out.name}/{named.name}", "private-part")])
        warnings.append("the private part is not beside this folder, so it was not looked at; name its folder with --private-out")
    if manifest["made_from"].get("rules") != rules_digest(books, loaded.calendar, loaded.aliases):
        warnings.append(f"{loaded.name}: not the rules from which the export was made; it is judged by these")
    export, problems = _read(folder, private, books)
    if export is None:
        return Verification(problems, tuple(warnings), 0, 0, 0, people=False)
    problems += check_export(export)
    if run is not None and customers is not None:
        if altered := manifests.verify(run)[1]:
            raise DataError(altered)
        incoming = read_incoming(customers, events, contact_log, do_not_contact, books, size_in_bytes(max_bytes))
        problems += _check_people(export, run, incoming, _heard(export, roots), loaded.aliases)
        warnings += _other_files(export, incoming)
    warnings += _unread_lists(export)
    outputs = [one for part in export.parts for one in part.manifest["outputs"]]
    rows = sum(one["rows"] for one in outputs)
    return Verification(problems, tuple(warnings), len(outputs), rows, len(export.customers), people=run is not None)


def _read(folder: Path, private: Path | None, books: Playbooks) -> tuple[Export | None, list[Problem]]:
    """Return an export read back, None where one of its files was altered or cannot be read, and what was found."""
    problems = manifests.verify(folder)[1]
    if private is not None:
        problems += [dataclasses.replace(one, file=f"private {one.file}") for one in manifests.verify(private)[1]]
    if problems:
        return None, problems
    with reading(manifests.named(folder).name):
        return read_export(folder, private, books)


def _check_people(export: Export, run: Path, incoming: Incoming, heard: Heard, aliases: Aliases | None) -> list[Problem]:
    """Return whom the export must not list. Files are handed on with the ids that they have: who is who is judged anew."""
    if manifests.manifest_of(run)["digest"] == export.main.manifest["made_from"].get("run"):
        incoming.by_new_ids(aliases).judge_ids(
            by_new_ids(read_run(run), aliases)
        )  # whom only the files name was told when the export was made
    known = incoming.known
    beside = Known(known.events, known.contacts, together([known.barred, heard.barred]), heard.results)
    return check_gates(export, run, incoming.customers, beside, aliases)


def _other_files(export: Export, incoming: Incoming) -> list[str]:
    """Return a warning for each file that is not the one from which the export was made."""
    made_from = export.main.manifest["made_from"].get("files", {})
    others = [option for option, sha256 in incoming.sha256.items() if made_from.get(option) != sha256]
    return [f"--{option.replace('_', '-')}: not the file from which the export was made, or not given" for option in others]


def _unread_lists(export: Export) -> Iterator[str]:
    """Yield a warning for the channels whose lists were written in other forms only."""
    counts = export.main.manifest["channels"]
    unread = [code for code in export.channels if code not in export.main.lists and counts.get(code, {}).get("rows")]
    if unread:
        yield f"not read back, since the profile gateway did not write them: the messages of {', '.join(unread)}"


def _heard(export: Export, roots: dict[str, Path]) -> Heard:
    """Return what came of earlier exports when this one was made. Raises DataError where it is lost."""
    marks = export.main.manifest["made_from"].get("results", {})
    return heard_in([read_contact_log(root, marks.get(part, {})) for part, root in roots.items()], export.main.day)
