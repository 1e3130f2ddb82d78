"""YAML read strictly, with the place of every value, so that a mistake can be shown at `file:line:column`.

YAML has traps that turn what people wrote into something else: `on` is true, `0100000` is octal, `10:30` is 630,
`1e6` is text, a repeated key wins silently. All of them are refused here; only plain data remains.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

Path = tuple[str | int, ...]

_PLAIN_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]*)")
_PLAIN_FLOAT: Final = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")
_PLAIN_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LOOKS_NUMERIC: Final = re.compile(r"[-+]?[0-9.][0-9._]*([eE][-+]?[0-9]+)|[-+]?[0-9][0-9_,]*[0-9](\.[0-9]*)?|0[xob][0-9a-fA-F_]+")
_TAG: Final = "tag:yaml.org,2002:"
_ALIAS: Final = "alias"
_TAGGED: Final = "tagged"


class _Loader(yaml.SafeLoader):
    """Composes nodes only; aliases and explicit tags stay visible as nodes of their own where they are used."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent):
            self.get_event()
            return yaml.ScalarNode(_ALIAS, event.anchor, event.start_mark, event.end_mark)
        node = super().compose_node(parent, index)
        if node is not None and getattr(event, "tag", None) is not None:
            node.tag = _TAGGED
        return node


def path_text(path: Path) -> str:
    """Return a path as people write it: `tiers[2].min`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


@dataclass(frozen=True, order=True)
class Place:
    """A place in a file; lines and columns count from 1."""

    line: int
    column: int


@dataclass
class Document:
    """A YAML file as plain data, with the place of each value and key, and what was wrong with it."""

    name: str
    data: Any = None
    places: dict[Path, Place] = field(default_factory=dict)
    key_places: dict[Path, Place] = field(default_factory=dict)
    problems: dict[Path, tuple[Place, str]] = field(default_factory=dict)

    def place(self, path: Path) -> Place:
        """Return the place of the value at `path`, or of the nearest value around it."""
        while path not in self.places and path:
            path = path[:-1]
        return self.places.get(path, Place(1, 1))

    def add(self, path: Path, message: str, *, at_key: bool = False) -> None:
        """Note a problem; the first one at a path stands, and a value inside a wrong value is not judged again."""
        if any(path[:length] in self.problems for length in range(1, len(path) + 1)):
            return
        place = self.key_places.get(path) if at_key else None
        self.problems[path] = (place or self.place(path), message)

    def lines(self) -> list[str]:
        """Return one line per problem, `file:line:column: path message`, in the order of the file."""
        ordered = sorted((place, path_text(path), message) for path, (place, message) in self.problems.items())
        return [f"{self.name}:{p.line}:{p.column}: {f'{path} ' if path else ''}{message}" for p, path, message in ordered]


def read(text: bytes, name: str) -> Document:
    """Return `text`, the content of the YAML file `name`, as plain data with places and problems; never raises."""
    document = Document(name)
    try:
        nodes = list(yaml.compose_all(text.decode("utf-8-sig"), Loader=_Loader))
    except UnicodeDecodeError as error:
        line = text[: error.start].count(b"\n") + 1
        column = error.start - (text.rfind(b"\n", 0, error.start) + 1) + 1
        document.problems[()] = (Place(line, column), "is not UTF-8; save the file as UTF-8")
        return document
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        document.problems[()] = (place, _syntax_message(error, text))
        return document
    if not nodes or nodes[0] is None:
        document.problems[()] = (Place(1, 1), "the file is empty")
    elif len(nodes) > 1:
        document.problems[()] = (_place(nodes[1]), "a second document begins here; a rule file holds one")
    else:
        document.data = _plain(nodes[0], (), document)
    return document


def _syntax_message(error: yaml.YAMLError, text: bytes) -> str:
    problem = str(getattr(error, "problem", None) or "not readable as YAML")
    if "'\\t'" in problem or (b"\t" in text and "token" in problem):
        return "a tab stands where YAML wants spaces; indent with spaces"
    return f"is not YAML: {problem}"


def _place(node: yaml.Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


def _plain(node: yaml.Node, path: Path, document: Document) -> Any:  # noqa: ANN401 (YAML is any plain data)
    """Return the node as plain data; every use of a tag or an alias is noted where it stands."""
    document.places[path] = _place(node)
    if node.tag == _ALIAS:
        document.add(path, f"a YAML alias (*{node.value}) is not allowed here; write the value out")
    elif node.tag == _TAGGED:
        document.add(path, "a YAML tag (!...) is not allowed here; write plain data")
    elif isinstance(node, yaml.MappingNode):
        return _plain_mapping(node, path, document)
    elif isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, index), document) for index, item in enumerate(node.value)]
    else:
        return _plain_scalar(node, path, document)
    return None


def _plain_mapping(node: yaml.MappingNode, path: Path, document: Document) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        place = _place(key_node)
        if not isinstance(key_node, yaml.ScalarNode) or key_node.tag in (_ALIAS, _TAGGED):
            document.problems[(*path, f"line {place.line}")] = (place, "a key must be a plain word")
            continue
        key = key_node.value
        step = (*path, key)
        if key in result:
            first = document.key_places[step].line
            message = f"{key} is repeated; it stands on line {first} already"
            document.problems[(*step, "repeated")] = (place, message)
        elif key_node.tag == f"{_TAG}merge":
            document.problems[step] = (place, "a YAML merge key is not allowed; write the values out")
        else:
            document.key_places[step] = place
            result[key] = _plain(value_node, step, document)
    return result


def _plain_scalar(node: yaml.ScalarNode, path: Path, document: Document) -> object:
    text, kind = node.value, node.tag.removeprefix(_TAG)
    if node.style is not None:
        return text
    match kind:
        case "null":
            return None
        case "bool" if text in ("true", "false"):
            return text == "true"
        case "int" if _PLAIN_INTEGER.fullmatch(text):
            return int(text)
        case "float" if _PLAIN_FLOAT.fullmatch(text):
            return float(text)
        case "timestamp" if _PLAIN_DATE.fullmatch(text):
            try:
                return dt.date.fromisoformat(text)
            except ValueError:
                document.add(path, f"{text} is not a day of the calendar")
                return None
        case "str" if not _LOOKS_NUMERIC.fullmatch(text):
            return text
    hint = "quote it if it is text, write it plainly if it is a number or a truth value"
    document.add(path, f"{text} is a YAML trap that programs read differently; {hint}")
    return None
