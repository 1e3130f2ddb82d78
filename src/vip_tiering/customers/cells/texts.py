"""Text of people and systems made harmless: nothing invisible, nothing that a spreadsheet would run, nothing endless."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vip_tiering.base.arrays import Int8s, Mask, one_array, truth
from vip_tiering.customers.cells.surnames import surnames
from vip_tiering.playbooks.customers.customers_file import CODES

LONGEST_TEXT: Final = 64
"""Characters that are kept of a name."""
LONGEST_LIST: Final = 512
"""Characters that are kept of a field which holds several codes; cut within one it would name another product."""
_REMOVED: Final = (
    r"\x1b\[[0-9;]*[A-Za-z]"  # what colours a terminal
    r"|[\p{Cc}\p{Cf}\p{Cs}\x{2028}\x{2029}\x{fffd}\x{115f}\x{1160}\x{3164}\x{ffa0}]"  # control, invisible, no character
)
_BLANKS: Final = r"^[\s\p{Z}]+|[\s\p{Z}]+$"
_FORMULA_STARTS: Final = {
    "=": "[=\uff1d\ufe66\u207c\u208c]",
    "+": "[+\uff0b\ufe62\u207a\u208a]",
    "-": "[-\uff0d\ufe63\u2212\u207b\u208b]",
    "@": "[@\uff20\ufe6b]",
}
"""By what a formula begins with: all the characters that look like it."""
_BEYOND_BASIC_PLANE: Final = r"[\x{10000}-\x{10FFFF}]"
_FULL_WIDTH: Final = {"=": "\uff1d", "+": "\uff0b", "-": "\uff0d", "@": "\uff20"}
NOBODY_NAMED: Final = "客户"
"""How a message addresses somebody without a name or form of address, or who is not alone at his number."""
NO_SURNAME: Final = "贵客"
"""How a message addresses somebody whose name begins with no Chinese surname."""
_LONGEST_GIVEN: Final = 3
_CHINESE_NAME: Final = r"^[\p{Han}\p{Co}*＊]+$"
"""Characters that systems keep in a private area, and stars that hide a given name, may stand in a Chinese name; a dot may not."""
_FORMS_OF_ADDRESS: Final = {"F": "女士", "M": "先生"}


def clean_text(values: pa.Array, longest: int = LONGEST_TEXT) -> pa.DictionaryArray:
    """Return strings, shape (n,), harmless and as a dictionary array of the same shape; "" stays "".

    Control characters, line ends, escapes, invisible and direction-changing characters are removed, blanks around are
    trimmed, at most `longest` characters are kept, and a leading = + - @ becomes its full-width form, so that no spreadsheet
    takes a name for a formula. Nothing is refused, and nothing is normalised: names keep their characters.
    """
    coded = values.dictionary_encode()
    texts = pc.replace_substring_regex(coded.dictionary, _REMOVED, "")
    texts = pc.replace_substring_regex(texts, _BLANKS, "")
    texts = pc.replace_substring_regex(pc.utf8_slice_codeunits(texts, 0, longest), _BLANKS, "")
    for mark, looks in _FORMULA_STARTS.items():
        texts = pc.replace_substring_regex(texts, f"^{looks}", _FULL_WIDTH[mark])
    return recoded(coded.indices, texts)


def utf16_lengths(texts: pa.Array) -> pa.Array:
    """Return the length of each text in UTF-16 units, shape (n,): a character outside the basic plane counts as two."""
    return pc.add(pc.utf8_length(texts), pc.count_substring_regex(texts, _BEYOND_BASIC_PLANE))


def are_longer(texts: pa.ChunkedArray, most: int) -> Mask:
    """Return which texts, or numbers as text, have more UTF-16 units than `most`, shape (n,); a word of a dictionary is measured once."""
    if pa.types.is_dictionary(texts.type):
        coded = one_array(texts)
        return np.asarray(are_longer(pa.chunked_array([coded.dictionary]), most)[coded.indices.to_numpy()])
    texts = texts.cast(pa.string())
    if not pc.any(pc.greater(pc.binary_length(texts), most)).as_py():  # no text has more units than bytes
        return np.zeros(len(texts), np.bool_)
    return truth(pc.greater(utf16_lengths(texts), most))


def one_row_each(table: pa.Table, column: str) -> pa.Table:
    """Return a table with a row for each of those that a cell of a column names, joined by |, in its order."""
    cells = one_array(table[column]).cast(pa.string())
    if not pc.any(pc.match_substring(cells, "|")).as_py():
        return table
    lists = pc.split_pattern(cells, "|")
    whole = table.take(pc.list_parent_indices(lists))
    return whole.set_column(whole.column_names.index(column), column, lists.flatten())


def recoded(indices: pa.Array, texts: pa.Array) -> pa.DictionaryArray:
    """Return the texts at `indices` as a dictionary array whose entries differ; `texts` may repeat."""
    distinct = texts.dictionary_encode()
    return pa.DictionaryArray.from_arrays(distinct.indices.take(indices), distinct.dictionary)


def plain(text: str, count: int) -> pa.DictionaryArray:
    """Return a dictionary array of shape (count,) that holds one text throughout."""
    return pa.array([text], pa.string()).dictionary_encode().take(pa.repeat(pa.scalar(0, pa.int32()), count))


def addresses(names: pa.Array, gender: Int8s) -> tuple[pa.Array, pa.Array]:
    """Return how lists show customers and how messages address them, shape (n,) each (semantics 12.14).

    A list shows 张先生 or 张女士, else 张*, else 客户; a message addresses 张先生 or 张女士, else 贵客 where the name is not Chinese,
    else 客户. No given name is ever shown.
    """
    squeezed = pc.replace_substring_regex(names, r"[\s\p{Z}]+", "")
    one, two, three = (pc.utf8_slice_codeunits(squeezed, 0, length) for length in (1, 2, 3))
    single, compound, other_names = (pa.array(words, pa.string()) for words in surnames())
    length = pc.utf8_length(squeezed)
    is_compound = pc.and_(pc.is_in(two, value_set=compound), pc.greater(length, 2))
    surname = pc.if_else(is_compound, two, one)
    other = pc.or_(pc.is_in(two, value_set=other_names), pc.is_in(three, value_set=other_names))
    short = pc.less_equal(pc.subtract(length, pc.utf8_length(surname)), _LONGEST_GIVEN)
    begins = pc.and_(pc.or_(is_compound, pc.is_in(one, value_set=single)), pc.invert(other))
    chinese = pc.and_(pc.and_(begins, short), pc.match_substring_regex(squeezed, _CHINESE_NAME))
    forms = pa.array([_FORMS_OF_ADDRESS.get(code, "") for code in CODES["gender"]], pa.string()).take(pa.array(gender))
    addressed = pc.and_(chinese, pc.not_equal(forms, ""))
    shown = pc.binary_join_element_wise(surname, pc.if_else(addressed, forms, "*"), "")
    in_lists = pc.if_else(pc.match_substring_regex(surname, r"^\p{L}+$"), shown, NOBODY_NAMED)
    nobody = pc.if_else(pc.or_(chinese, pc.equal(squeezed, "")), NOBODY_NAMED, NO_SURNAME)
    return in_lists, pc.if_else(addressed, shown, nobody)
