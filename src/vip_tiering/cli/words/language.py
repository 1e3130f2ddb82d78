"""In which language people are spoken to: `--lang` anywhere in the command line, else VIP_LANG, else the locale."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from vip_tiering.base.errors import UsageError
from vip_tiering.base.words import LANGUAGES, Language, Words

_OPTION = "--lang"


class _Spoken:
    """The language of this process, which is one command line."""

    wanted: Language | None = None
    locale: Language = "en"


def settle(arguments: Sequence[str], variables: Mapping[str, str] = os.environ) -> None:
    """Decide on the language before the command line is parsed, for `--help` may stand before `--lang`.

    Raises UsageError where `--lang`, or without it VIP_LANG, is neither `zh` nor `en`.
    """
    _Spoken.locale = _of_locale(variables)
    _Spoken.wanted = _known(_said(arguments) or variables.get("VIP_LANG"))


def words() -> Words:
    """Return the words of the command."""
    return Words(_Spoken.wanted or _Spoken.locale)


def prefer(language: Language) -> None:
    """Speak this language, which a file of settings names, unless another one was asked for."""
    _Spoken.wanted = _Spoken.wanted or language


def wanted() -> Language | None:
    """Return the language that was asked for; None where only the locale says one."""
    return _Spoken.wanted


def _said(arguments: Sequence[str]) -> str | None:
    """Return what the last `--lang` of a command line says; what follows `--` is no option."""
    options = [*arguments[: arguments.index("--")]] if "--" in arguments else [*arguments]
    pairs = [(one, following) if one == _OPTION else one.partition("=")[::2] for one, following in pairwise([*options, ""])]
    said = [value for option, value in pairs if option == _OPTION]
    return said[-1] if said else None


def _known(language: str | None) -> Language | None:
    if language and language not in LANGUAGES:
        raise UsageError(f"{_OPTION}: must be {' or '.join(LANGUAGES)}")
    return LANGUAGES[LANGUAGES.index(language)] if language else None


def _of_locale(variables: Mapping[str, str]) -> Language:
    """Return Chinese where the locale is Chinese, else English."""
    locale = next(filter(None, map(variables.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return "zh" if re.match("zh(?![a-z])", locale, re.IGNORECASE) else "en"
