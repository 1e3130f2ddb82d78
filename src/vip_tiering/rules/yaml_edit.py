"""Values of a YAML file changed at their places: every other byte, comments, order and quotes among them, stays as it was."""

from __future__ import annotations

import copy
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from vip_tiering.base.errors import ProofError
from vip_tiering.rules import yaml_file
from vip_tiering.rules.yaml_file import Path

_BOM: Final = "\ufeff"
Value = str | dt.date | None


@dataclass(frozen=True)
class Edit:
    """A value that a key shall have. `path`: that of the key; None takes the key out.

    A key that is not there yet comes into being behind the key `after` of the same mapping.
    """

    path: Path
    value: Value
    after: str = ""


def edited(content: bytes, edits: Sequence[Edit]) -> bytes:
    """Return a file with some values changed. `content`: a sound rule file, as `yaml_file.read` takes it.

    A value keeps its quotes where it can; one that cannot stand without them gets double ones. What comes out is read again, and must
    be what was asked for; else it is a bug (ProofError).
    """
    text = content.decode("utf-8")
    mark = _BOM if text.startswith(_BOM) else ""
    text = text.removeprefix(_BOM)
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    for start, end, new in sorted((_span(text, root, one) for one in edits), reverse=True):
        text = text[:start] + new + text[end:]
    result = (mark + text).encode()
    read = yaml_file.read(result, "")
    if read.problems or read.data != _expected(content, edits):
        raise ProofError("a text could not be written into the YAML file at its place")
    return result


def _expected(content: bytes, edits: Sequence[Edit]) -> object:
    """Return the data of a file with some values changed."""
    data = copy.deepcopy(yaml_file.read(content, "").data)
    for one in edits:
        holder = data
        for step in one.path[:-1]:
            holder = holder[step]
        if one.value is None:
            del holder[one.path[-1]]
        else:
            holder[one.path[-1]] = one.value
    return data


def _span(text: str, root: Any, edit: Edit) -> tuple[int, int, str]:  # noqa: ANN401 (a node of the untyped library)
    """Return from where to where a text gives way to which other one."""
    holder = root
    for step in edit.path[:-1]:
        holder = holder.value[step] if isinstance(step, int) else _pair(holder, step)[1]
    keys = [key.value for key, _ in holder.value]
    name = str(edit.path[-1])
    if name not in keys:
        return _inserted(text, holder, name, edit)
    key, value = _pair(holder, name)
    start, end = value.start_mark.index, _end(text, value)
    if edit.value is not None:
        return start, end, _written(edit.value, value.style, flow=holder.flow_style)
    return _removed(text, holder, keys.index(name), key.start_mark.index, end)


def _inserted(text: str, holder: Any, name: str, edit: Edit) -> tuple[int, int, str]:  # noqa: ANN401 (likewise)
    """Return where a new key comes into being: on a line of its own in a block, behind a comma within brackets."""
    key, value = _pair(holder, edit.after)
    end = _end(text, value)
    new = f"{name}: {_written(edit.value, None, flow=holder.flow_style)}"
    if holder.flow_style:
        return end, end, f", {new}"
    end = _line_end(text, end)
    newline = "\r\n" if "\r\n" in text else "\n"
    return end, end, f"{newline}{' ' * key.start_mark.column}{new}"


def _removed(text: str, holder: Any, place: int, start: int, end: int) -> tuple[int, int, str]:  # noqa: ANN401 (likewise)
    """Return what goes with a key: its line in a block, the comma before it within brackets, or behind it where it is the first."""
    if not holder.flow_style:
        line_end = text.find("\n", end)
        return text.rfind("\n", 0, start), len(text) if line_end < 0 else line_end, ""
    if place:
        return _end(text, holder.value[place - 1][1]), end, ""
    return start, holder.value[1][0].start_mark.index if len(holder.value) > 1 else end, ""


def _pair(holder: Any, name: str) -> tuple[Any, Any]:  # noqa: ANN401 (likewise)
    return next((key, value) for key, value in holder.value if key.value == name)


def _end(text: str, node: Any) -> int:  # noqa: ANN401 (likewise)
    """Return where a scalar ends; one that goes over several lines ends before the line end."""
    start: int = node.start_mark.index
    return start + len(text[start : node.end_mark.index].rstrip(" \r\n"))


def _line_end(text: str, place: int) -> int:
    """Return where the line of a place ends, before its line end."""
    end = text.find("\n", place)
    return len(text) if end < 0 else end - (text[end - 1] == "\r")


def _written(value: Value, style: str | None, *, flow: bool) -> str:
    """Return a value as YAML: in its style where that gives it back, else in double quotes."""
    if isinstance(value, dt.date):
        return value.isoformat()
    said = value or ""
    quoted = json.dumps(said, ensure_ascii=False)
    form = {None: said, "'": "'" + said.replace("'", "''") + "'"}.get(style, quoted)
    probe = yaml_file.read((f"{{k: {form}}}" if flow else f"k: {form}\n").encode(), "")
    return form if not probe.problems and probe.data == {"k": said} else quoted
