"""What a published folder says of itself: how a manifest begins, is completed, read, and compared with what lies there."""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final, TypeGuard

from vip_tiering._version import __version__
from vip_tiering.base.disk import reading
from vip_tiering.base.errors import DataError, Problem

MANIFEST: Final = "manifest.json"


def named(path: Path) -> Path:
    """Return a path that ends in a name, which `.` and `..` do not."""
    return path if path.name not in {"", ".."} else path.resolve()


def lies_within(file: str) -> bool:
    """Tell whether a name leads to a file below its folder, by one way only, and is not the manifest's."""
    path = PurePosixPath(file)
    odd = path.is_absolute() or ".." in path.parts or str(path) != file or "\\" in file or "\0" in file
    return bool(path.parts) and not odd and file != MANIFEST


def folders_of(files: Iterable[str]) -> set[str]:
    """Return every folder in which one of the files lies, and those around it."""
    return {str(folder) for file in files for folder in PurePosixPath(file).parents if folder.parts}


def refuse_absent(folder: Path, right: str = "a folder that was published") -> None:
    """Raise DataError where there is no folder, with the path as it was typed. `right`: what to name instead."""
    with reading(folder):
        _refuse_absent(folder, right)


def _refuse_absent(folder: Path, right: str = "a folder that was published") -> None:
    """Do the same as `refuse_absent`, but raise OSError where the disk refuses."""
    try:
        mode = folder.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise DataError(f"{folder}: there is no such folder; name {right}") from None
    if not stat.S_ISDIR(mode):
        raise DataError(f"{folder}: is a file; name {right}")


def manifest_of(folder: Path) -> dict[str, Any]:
    """Return the manifest of a published folder. Raises DataError where there is none that can be read, or a name leads outside."""
    with reading(f"{named(folder).name}/{MANIFEST}"):
        return manifest_in(folder)


def manifest_in(folder: Path) -> dict[str, Any]:
    """Return the manifest of a published folder; as `manifest_of`, but for OSError where the disk refuses."""
    _refuse_absent(folder)
    manifest, folder = read_document(folder), named(folder)
    if not is_manifest(manifest):
        raise DataError(f"{folder.name}: is not a published folder; it has no {MANIFEST} that can be read")
    if not all(lies_within(output["name"]) for output in manifest["outputs"]):
        raise DataError(f"{folder.name}/{MANIFEST}: names a file that lies elsewhere; do not trust this folder")
    return manifest


def read_document(folder: Path) -> object:
    """Return what the manifest of a folder holds; None where there is none, or no JSON. Raises OSError where the disk refuses."""
    try:
        return json.loads((folder / MANIFEST).read_bytes())
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError, RecursionError):
        return None


def is_manifest(document: object) -> TypeGuard[dict[str, Any]]:
    """Tell whether a JSON document has what every manifest has; whether it is true is for `verify` to say."""
    if not isinstance(document, dict) or not {"outputs", "identity", "made_from", "digest", "status"} <= document.keys():
        return False
    if not {"quarter", "year"} & document.keys():
        return False
    outputs = document["outputs"]
    named = isinstance(outputs, list) and all(
        isinstance(one, dict) and isinstance(one.get("name"), str) and "sha256" in one for one in outputs
    )
    return named and isinstance(document["made_from"], dict)


def verify(folder: Path, only: Collection[str] | None = None) -> tuple[dict[str, Any], list[Problem]]:
    """Return the manifest and what differs from it: files that are absent, altered, or that nobody wrote.

    `only`: the files that will be read, for whoever wants an answer soon; the others are not looked at.
    Raises DataError as `manifest_of` does, and where a file cannot be read.
    """
    with reading(named(folder).name):
        return compared(folder, only)


def compared(folder: Path, only: Collection[str] | None = None) -> tuple[dict[str, Any], list[Problem]]:
    """Return the same as `verify`, but for OSError where the disk refuses."""
    manifest, folder = manifest_in(folder), named(folder)
    listed = {output["name"]: output for output in manifest["outputs"]}
    problems = []
    for name, output in sorted(listed.items()):
        if only is not None and name not in only:
            continue
        try:
            with (folder / name).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != output["sha256"]:
                    problems.append(Problem(f"{folder.name}/{name}", None, None, "output-altered", "was altered after it was published"))
        except (FileNotFoundError, NotADirectoryError):
            problems.append(Problem(f"{folder.name}/{name}", None, None, "output-absent", "is listed in the manifest and is not there"))
    message = "was not written by the run; move it elsewhere"
    unknown = sorted(_unknown(folder, {*listed, MANIFEST}, folders_of(listed)) if only is None else ())
    problems += [Problem(f"{folder.name}/{name}", None, None, "output-unknown", message) for name in unknown]
    if manifest.get("digest") != digest(manifest):
        problems.append(Problem(f"{folder.name}/{MANIFEST}", None, None, "manifest-altered", "was altered after it was published"))
    return manifest, problems


def _unknown(folder: Path, files: set[str], folders: set[str], below: str = "") -> Iterator[str]:
    """Yield what lies in a folder and is neither one of the files nor one of the folders; an unknown folder once, as a whole."""
    for entry in (folder / below).iterdir():
        name = f"{below}/{entry.name}" if below else entry.name
        if name in folders and entry.is_dir() and not entry.is_symlink():
            yield from _unknown(folder, files, folders, name)
        elif name not in files:
            yield name


def sha256_of(content: bytes) -> str:
    """Return the SHA-256 of a file's content, as a manifest has it."""
    return hashlib.sha256(content).hexdigest()


def head(schema: str, schema_version: int, made_from: Mapping[str, Any], **members: object) -> dict[str, Any]:
    """Return how every manifest begins. `members`: its period and status, and what else stands before the identity.

    `made_from`: everything that may change the folder; it gives the folder its identity.
    """
    return {
        "schema": schema,
        "schema_version": schema_version,
        "program": {"name": "vip-tiering", "version": __version__},
        **members,
        "identity": digest(made_from),
        "made_from": made_from,
    }


def completed(document: Mapping[str, Any], outputs: list[dict[str, Any]]) -> bytes:
    """Return a manifest with the outputs that were written; it holds its own digest."""
    whole = {**document, "outputs": outputs}
    return json_bytes({**whole, "digest": digest(whole)})


def json_bytes(document: Mapping[str, Any]) -> bytes:
    """Return a JSON document for people and programs: keys in the order given, Chinese readable."""
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"


def digest(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a document, without the member `digest` that may hold it."""
    rest = {key: value for key, value in document.items() if key != "digest"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
