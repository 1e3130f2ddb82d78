"""Thrift's compact form, in which Parquet keeps what it knows of itself, as plain dictionaries by field number."""

from __future__ import annotations

from typing import Any, Final

Fields = dict[int, Any]

_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _STRUCT = 1, 2, 3, 7, 8, 12
_WHOLE_NUMBERS: Final = (4, 5, 6)
_LISTS: Final = (9, 10)
_DOUBLE_BYTES: Final = 8
_MORE: Final = 0x80
_LONG_LIST: Final = 15
_DEEPEST: Final = 32


def struct(data: bytes, position: int = 0, depth: int = 0) -> tuple[Fields, int]:
    """Return the struct that begins at `position`, and where it ends. Raises ValueError or IndexError where there is none.

    Whole numbers, truth values, bytes, lists and structs are what Parquet needs; maps do not occur.
    """
    fields: Fields = {}
    number = 0
    while data[position]:
        step, kind = divmod(data[position], 16)
        position += 1
        if step:
            number += step
        else:
            number, position = _signed(data, position)
        if kind in (_TRUE, _FALSE):
            fields[number] = kind == _TRUE
        else:
            fields[number], position = _value(data, position, kind, depth)
    return fields, position + 1


def _value(data: bytes, position: int, kind: int, depth: int) -> tuple[Any, int]:
    if kind in _WHOLE_NUMBERS:
        return _signed(data, position)
    if kind == _BINARY:
        size, position = unsigned(data, position)
        if position + size > len(data):
            raise IndexError(size)
        return data[position : position + size], position + size
    if depth == _DEEPEST:
        raise ValueError(depth)
    if kind == _STRUCT:
        return struct(data, position, depth + 1)
    if kind in _LISTS:
        return _list(data, position, depth + 1)
    if kind in (_BYTE, _TRUE, _FALSE):
        return data[position], position + 1
    if kind == _DOUBLE:
        return data[position : position + _DOUBLE_BYTES], position + _DOUBLE_BYTES
    raise ValueError(kind)


def _list(data: bytes, position: int, depth: int) -> tuple[list[Any], int]:
    size, kind = divmod(data[position], 16)
    position += 1
    if size == _LONG_LIST:
        size, position = unsigned(data, position)
    values = []
    for _ in range(size):
        value, position = _value(data, position, kind, depth)
        values.append(value)
    return values, position


def unsigned(data: bytes, position: int) -> tuple[int, int]:
    """Return a number of 7 bits a byte, lowest first, and where it ends."""
    value = shift = 0
    while data[position] & _MORE:
        value |= (data[position] ^ _MORE) << shift
        shift += 7
        position += 1
    return value | data[position] << shift, position + 1


def _signed(data: bytes, position: int) -> tuple[int, int]:
    """Return a number whose lowest bit is its sign."""
    value, position = unsigned(data, position)
    return (value >> 1) ^ -(value & 1), position
