"""YAML read strictly, with the place of every value, so that a mistake can be shown at `file:line:column`.

YAML has traps that turn what people wrote into something else: `on` is true, `0100000` is octal, `10:30` is 630,
`1e6` is text, a repeated key wins silently. All of them are refused here; only plain data remains.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import yaml
from yaml.composer import Composer, ComposerError
from yaml.reader import ReaderError

Path = tuple[str | int, ...]
_PLAIN_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]{0,999})")
_PLAIN_FLOAT: Final = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")
_PLAIN_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LOOKS_NUMERIC: Final = re.compile(r"[-+]?[0-9.][0-9._]*([eE][-+]?[0-9]+)|[-+]?[0-9][0-9_,]*[0-9](\.[0-9]*)?|0[xob][0-9a-fA-F_]+")
_UNSPACED: Final = re.compile(r"\s*(?:-\s+)*([^\s:：#'\"{}\[\],]+)\s*(?::(?=\S)|：)\s*(.*?)\s*")
"""`min:120000` and `min：120000`, which YAML reads as one word; a blank must follow a colon, and a full-width one is none."""
_GROUP: Final = re.compile(r"[0-9]{3,4}(\.[0-9]+)?")
"""What stands between separators in 2,000,000; within brackets YAML reads every group as a key of its own."""
_SEPARATED: Final = re.compile(r"-?[0-9]{1,4}([,，][0-9]{3,4})+(\.[0-9]+)?")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_Libyaml: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NOT_ALIKE: Final = re.compile("[\t?\ufeff\x85\u2028\u2029]|\r(?!\n)|[>|]\\S*#")
"""Where libyaml takes what PyYAML refuses. Besides, it gives a value that is absent another place."""
_TAG: Final = "tag:yaml.org,2002:"
_ALIAS: Final = "alias"
_TAGGED: Final = "tagged"
_MAX_DEPTH: Final = 20
MOST_BYTES: Final = 1 << 19
_MAX_NODES: Final = 10_000
"""Far more than any rules hold (the packaged playbooks: 2,000 in 30 KB), few enough that what is not a rule file is refused at once."""
_MAX_SHOWN: Final = 40
_HALF: Final = r"half of a character, such as \ud83d; write the character itself"


class _Nodes(Composer):
    """Composes nodes only; aliases and explicit tags stay visible as nodes of their own where they are used."""

    peek_event: Any
    get_event: Any
    _depth = _nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: Any = self.peek_event()
        if isinstance(event, yaml.AliasEvent):
            alias: Any = self.get_event()
            return yaml.ScalarNode(_ALIAS, alias.anchor, alias.start_mark, alias.end_mark)
        if self._depth == _MAX_DEPTH:
            raise ComposerError(None, None, f"values are nested more than {_MAX_DEPTH} deep", event.start_mark)
        if self._nodes == _MAX_NODES:
            raise ComposerError(None, None, f"there are more than {_MAX_NODES:,} keys and values in it", event.start_mark)
        self._nodes += 1
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        if node is not None and event.tag is not None:
            node.tag = _TAGGED
        return node


class _Loader(_Nodes, yaml.SafeLoader):
    """Says of every mistake where and what it is."""


class _QuickLoader(_Nodes, _Libyaml):  # type: ignore[misc]  # one of two
    """Reads sound files five times as fast."""

    def __init__(self, stream: str) -> None:
        _Libyaml.__init__(self, stream)
        Composer.__init__(self)


def path_text(path: Path) -> str:
    """Return a path as people write it: `tiers[2].min`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{_shown(step)}" if text else _shown(step)
    return text


def _shown(text: str) -> str:
    """Return a text of the file as one short line, without anything that could steer a terminal."""
    return text if text.isprintable() and 0 < len(text) <= _MAX_SHOWN else json.dumps(text[:_MAX_SHOWN])


@dataclass(frozen=True, order=True)
class Place:
    """A place in a file; lines and columns count from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        """Return the place as `12:10`."""
        return f"{self.line}:{self.column}"


@dataclass
class Document:
    """A YAML file as plain data, with the place of each value and key, and what was wrong with it."""

    name: str
    data: Any = None
    places: dict[Path, Place] = field(default_factory=dict)
    key_places: dict[Path, Place] = field(default_factory=dict)
    problems: list[tuple[Place, str, str]] = field(default_factory=list)
    wrong: set[Path] = field(default_factory=set)
    foreign: set[Path] = field(default_factory=set)
    """Those of the wrong keys that are like no known one: all that is known stands there without them."""
    model: Any = None
    """The data in its form, without what is wrong in it; None where it has no form without that."""

    @property
    def is_sound(self) -> bool:
        """Whether others may be judged by it: it has no mistakes, or no others than foreign keys."""
        return self.model is not None and len(self.problems) == len(self.foreign)

    def place(self, path: Path) -> Place:
        """Return the place of the value at `path`, or of the nearest value around it."""
        while path not in self.places and path:
            path = path[:-1]
        return self.places.get(path, Place(1, 1))

    def is_wrong(self, path: Path) -> bool:
        """Tell whether a problem of the value at `path`, or of one around it, is noted already."""
        return any(path[:length] in self.wrong for length in range(1, len(path) + 1))

    def add(self, path: Path, message: str, *, at_key: bool = False) -> None:
        """Note a problem of the value at `path`; only its first one counts, and nothing inside a wrong value is judged."""
        if self.is_wrong(path):
            return
        self.wrong.add(path)
        place = self.key_places.get(path) if at_key else None
        self.note(place or self.place(path), path, message)

    def note(self, place: Place, path: Path, message: str) -> None:
        """Note a problem that leaves the value at `path` to be judged."""
        self.problems.append((place, path_text(path), message))

    def lines(self) -> list[str]:
        """Return one line per problem, `file:line:column: path message`, in the order of the file."""
        return [f"{self.name}:{place}: {path}{' ' if path else ''}{message}" for place, path, message in sorted(self.problems)]


def read(content: bytes, name: str) -> Document:
    """Return the content of the YAML file `name` as plain data with places and problems; raises nothing."""
    document = Document(name)
    if len(content) > MOST_BYTES:
        document.note(Place(1, 1), (), f"is larger than {MOST_BYTES >> 10} KB, the most that a rule file may have; is it one?")
        return document
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode()
        document.note(_place_after(before), (), "is not UTF-8; save the file as UTF-8")
        return document
    quick = Document(name)
    if not _NOT_ALIKE.search(text):
        with suppress(yaml.YAMLError):
            _fill(quick, list(yaml.compose_all(text, Loader=_QuickLoader)))
            if not quick.problems:
                return quick
    try:
        nodes = list(yaml.compose_all(text, Loader=_Loader))
    except ReaderError as error:
        place = _place_after(text[: error.position])
        document.note(place, (), f"the character U+{ord(text[error.position]):04X} is not allowed in YAML")
        return document
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        lines = text.split("\n")
        slip = next(((line, hint) for line in _suspects(error, lines) if (hint := unspaced(lines[line]))), None)
        if slip is not None:
            line, hint = slip
            document.note(Place(line + 1, len(lines[line]) - len(lines[line].lstrip(" -")) + 1), (), f"a key {hint}")
        else:
            document.note(place, (), _syntax_message(error.problem or "", text.splitlines()[place.line - 1 :]))
        return document
    _fill(document, nodes)
    return document


def _fill(document: Document, nodes: Sequence[yaml.Node]) -> None:
    """Give a document its data, from the nodes of all documents in its file."""
    if not nodes or nodes[0].tag == f"{_TAG}null":
        document.note(Place(1, 1), (), "the file is empty")
    elif len(nodes) > 1:
        document.note(_place(nodes[1]), (), "a second document begins here; a rule file holds one")
    else:
        document.data = _plain(nodes[0], (), document)


def _place_after(text: str) -> Place:
    return Place(text.count("\n") + 1, len(text) - (text.rfind("\n") + 1) + 1)


def _suspects(error: yaml.MarkedYAMLError, lines: list[str]) -> list[int]:
    """Return the lines, from 0, in which a key may stand that YAML did not see: it stops behind it, or names where it began."""
    marks = [mark.line for mark in (error.context_mark, error.problem_mark) if mark and mark.line < len(lines)]
    before = [line for line in range(marks[-1] if marks else 0) if lines[line].strip()]
    return [*marks, *before[-1:]] if "':'" in (error.problem or "") or "mapping values" in (error.problem or "") else []


def unspaced(text: str) -> str:
    """Return how to write what looks like a key and its value without a blank between them, such as `min:120000`; else ""."""
    if (found := _UNSPACED.fullmatch(text)) is None or found[2].startswith("//"):
        return ""
    return f"needs a colon and a blank: {_shown(f'{found[1]}: {found[2]}'.rstrip())}"


def _syntax_message(problem: str, lines_from_place: list[str]) -> str:
    line = lines_from_place[0] if lines_from_place else ""
    if r"'\t'" in problem or "\t" in line[: len(line) - len(line.lstrip())]:
        return "a tab stands where YAML wants spaces; indent with spaces"
    return f"is not YAML: {problem}" + ("; quote the text" if "cannot start any token" in problem else "")


def _place(node: yaml.Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1) if node.start_mark else Place(1, 1)


def _plain(node: yaml.Node, path: Path, document: Document) -> Any:  # noqa: ANN401 (YAML is any plain data)
    """Return the node as plain data; every use of a tag or an alias is noted where it stands."""
    document.places[path] = _place(node)
    if node.tag == _ALIAS:
        document.add(path, f"is a YAML alias (*{_shown(node.value)}); write the value out")
    elif node.tag == _TAGGED:
        document.add(path, "has a YAML tag (!...); write plain data")
    elif isinstance(node, yaml.MappingNode):
        return _plain_mapping(node, path, document)
    elif isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, index), document) for index, item in enumerate(node.value)]
    elif isinstance(node, yaml.ScalarNode):
        return _plain_scalar(node, path, document)
    return None


def _plain_mapping(node: yaml.MappingNode, path: Path, document: Document) -> dict[str, Any]:
    result: dict[str, Any] = {}
    digits: tuple[Path, str] | None = None
    separated: dict[tuple[Path, str], str] = {}
    for key_node, value_node in node.value:
        place = _place(key_node)
        if not isinstance(key_node, yaml.ScalarNode) or key_node.tag in (_ALIAS, _TAGGED):
            document.note(place, path, "has a key that is not a plain word")
            continue
        key = key_node.value
        without_value = value_node.tag == f"{_TAG}null" and not value_node.value
        if without_value and digits is not None and _GROUP.fullmatch(key):
            separated[digits] = separated.get(digits, "") + key
            continue
        hint = unspaced(key) if without_value and not key_node.style else ""
        if hint:
            key = key.replace("：", ":").partition(":")[0].strip()
        step = (*path, key)
        digits = (step, value_node.value) if value_node.tag == f"{_TAG}int" else None
        if key in result:
            document.note(place, step, f"is repeated; it stands at {document.key_places[step]} already")
            continue
        document.key_places[step] = place
        if _SURROGATE.search(key):
            document.add(step, f"is a key with {_HALF}", at_key=True)
        elif hint:
            result[key] = None
            document.add(step, hint, at_key=True)
        elif key_node.tag == f"{_TAG}merge":
            document.add(step, "is a YAML merge key; write the values out", at_key=True)
        else:
            result[key] = _plain(value_node, step, document)
    for (step, first), others in separated.items():
        document.add(step, _no_separators(first + others))
    return result


def _plain_scalar(node: yaml.ScalarNode, path: Path, document: Document) -> object:
    """Return the value of a scalar that every program reads alike; note any other."""
    text, kind = node.value, node.tag.removeprefix(_TAG)
    value: object = None
    match kind:
        case _ if _SURROGATE.search(text):
            document.add(path, f"holds {_HALF}")
            return None
        case _ if node.style:  # written in quotes, or as a block
            value = text
        case "bool" if text in ("true", "false"):
            value = text == "true"
        case "int" if _PLAIN_INTEGER.fullmatch(text):
            value = int(text)
        case "float" if _PLAIN_FLOAT.fullmatch(text):
            value = float(text)
        case "timestamp" if _PLAIN_DATE.fullmatch(text):
            value = _day(text)
        case "str" if not _LOOKS_NUMERIC.fullmatch(text) and not _SEPARATED.fullmatch(text):
            value = text
    if value is None:
        document.add(path, _trap(kind, _shown(text), path), at_key=kind == "null")
    return value


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _no_separators(number: str) -> str:
    """Return what is wrong with a number such as 2,000,000."""
    return f"must have no separators between its digits: {number.replace(',', '').replace('，', '')}"


def _trap(kind: str, text: str, path: Path) -> str:
    """Return what is wrong with a plain word that YAML takes for something else than people may mean."""
    if kind == "null":
        return "has no value; write one, or take the " + ("- out" if path and isinstance(path[-1], int) else "key out")
    if kind == "bool":
        return f"is the YAML trap {text}, which some programs read as a truth value; quote it if it is text, else write true or false"
    if _SEPARATED.fullmatch(text):
        return _no_separators(text)
    if _PLAIN_DATE.fullmatch(text):
        return f"is {text}, which is not a day of the calendar"
    return f"is the YAML trap {text}, which programs read differently; write plain digits, or quote it if it is text"
