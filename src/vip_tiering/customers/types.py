"""The tables that come in beside a run, checked and typed: customers, events, contacts, do-not-contact entries.

Each field of the customer file is one column; codes are indices into `CODES`, days are numbers since 1970-01-01.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vip_tiering.base.arrays import Int8s, Int32s
from vip_tiering.base.money import Int64s

NO_DAY: Final = np.iinfo(np.int32).min
"""Stands where a day is not given."""
NO_PHONE: Final = -1
"""Stands where no number is given."""
BAD_PHONE: Final = -2
"""Stands where what is given is not a mobile number of mainland China."""
NOT_GIVEN: Final = -1
"""Stands where points or an amount are not given."""


@dataclass(frozen=True)
class Customers:
    """The customer file, one entry per customer, all arrays of shape (n,).

    `given`: the fields that the file has. `text`: dictionary arrays of string, "" where nothing is given. `code`: indices
    into `CODES[field]`. `day`: day numbers, `NO_DAY` where not given. `points`: `NOT_GIVEN` where not given. `segments`: bit i
    says `SEGMENTS[i]`. `phone`: index into `numbers`, or `NO_PHONE`, `BAD_PHONE`; `numbers`: distinct mobiles of 11 digits;
    `lunar_birthday`: month x 100 + day of lunar birthdays, 0 for others.
    `phones`: how many cells are of which kind (`phones.PHONE_KINDS`).
    """

    customer_id: pa.Array
    given: frozenset[str]
    text: dict[str, pa.DictionaryArray]
    code: dict[str, Int8s]
    day: dict[str, Int32s]
    points: Int64s
    segments: npt.NDArray[np.uint8]
    phone: Int32s
    numbers: pa.Array
    lunar_birthday: npt.NDArray[np.int16]
    phones: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self.customer_id)


@dataclass(frozen=True)
class Events:
    """The events file, one entry per event, all arrays of shape (n,).

    `event`: index into `EVENTS`; `kind` and `product`: dictionary arrays of string, "" where not given; `amount_fen`:
    `NOT_GIVEN` where not given.
    """

    customer_id: pa.Array
    event: Int8s
    kind: pa.DictionaryArray
    day: Int32s
    product: pa.DictionaryArray
    amount_fen: Int64s

    def __len__(self) -> int:
        """Return the number of events."""
        return len(self.customer_id)


@dataclass(frozen=True)
class Contacts:
    """Contacts that were made, one entry per contact, all arrays of shape (n,).

    `channel` and `action`: dictionary arrays of string ("" for no action); `result`: index into `RESULTS`; `number`: eleven digits, ""
    where the contact does not tell it.
    """

    customer_id: pa.Array
    channel: pa.DictionaryArray
    action: pa.DictionaryArray
    day: Int32s
    result: Int8s
    number: pa.Array

    def __len__(self) -> int:
        """Return the number of contacts."""
        return len(self.customer_id)


@dataclass(frozen=True)
class DoNotContact:
    """The do-not-contact list, one entry per line, all arrays of shape (n,).

    `customer_id` is "" where a number is given, `number` (11 digits) is "" where a customer is given; `channel`: dictionary
    array of string, `all` for every channel; `since`: `NO_DAY` where not given.
    """

    customer_id: pa.Array
    number: pa.Array
    channel: pa.DictionaryArray
    since: Int32s

    def __len__(self) -> int:
        """Return the number of entries."""
        return len(self.customer_id)


@dataclass(frozen=True)
class Known:
    """What is known beside the customer file. A file that was not given says nothing and is None.

    `results`: what came of earlier exports, which they remember themselves; of them only what customers said counts here.
    """

    events: Events | None = None
    contacts: Contacts | None = None
    barred: DoNotContact | None = None
    results: Contacts | None = None

    @property
    def logs(self) -> list[Contacts]:
        """Everything that tells what customers said."""
        return [one for one in (self.contacts, self.results) if one is not None]
