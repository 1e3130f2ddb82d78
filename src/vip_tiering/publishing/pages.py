"""HTML pages from templates: one file each, which asks for nothing from elsewhere and runs nothing. Same values, same bytes."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES: Final = files("vip_tiering.publishing") / "templates"


def page(template: str, **values: object) -> bytes:
    """Return a page. `template`: name of a file in `templates`; a value that it names and nobody gave is an error.

    Every value is text and never HTML, whatever it holds, but for what `markup` made.
    """
    return (_environment().get_template(template).render(**values) + "\n").encode()


def markup(drawn: str) -> object:
    """Return what a library drew as a value that stands in a page as it is. Nothing that a file or a rule says may come here unescaped."""
    from markupsafe import Markup  # noqa: PLC0415 (few commands make a page)

    return Markup(drawn)  # noqa: S704 (the one place where it is meant)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined  # noqa: PLC0415 (few commands make a page)

    def source(name: str) -> str:
        return (_TEMPLATES / name).read_text(encoding="utf-8")

    return Environment(loader=FunctionLoader(source), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
