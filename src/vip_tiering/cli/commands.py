"""Groups of commands that say everything that is missing of a command line at once, where Typer stops at the first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import typer.core

from vip_tiering.cli.options import STYLE

_Function = TypeVar("_Function", bound=Callable[..., Any])


class _Command(typer.core.TyperCommand):
    """A command that names every missing argument and option in one line; exit code 2, as for one of them."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 (a context of the vendored parser)
        try:
            rest: list[str] = super().parse_args(ctx, [*args])
        except typer.BadParameter as error:
            missing = self._missing(ctx, args)
            if len(missing) < 2 or error.param not in missing:  # noqa: PLR2004 (one is told as it always was)
                raise
            hints = {kind: [_hint(one) for one in missing if one.param_type_name == kind] for kind in ("argument", "option")}
            said = [f"{kind}{'s' if len(some) > 1 else ''} {', '.join(some)}" for kind, some in hints.items() if some]
            ctx.fail(f"Missing {' and '.join(said)}.")
        return rest

    def _missing(self, ctx: Any, args: list[str]) -> list[Any]:  # noqa: ANN401 (likewise)
        """Return the parameters that must be given and are not: neither on the command line nor by a variable."""
        given = self.make_parser(ctx).parse_args(args=[*args])[0]
        needed = [one for one in self.get_params(ctx) if one.required]
        return [one for one in needed if one.value_is_missing(one.consume_value(ctx, given)[0])]


class Commands(typer.Typer):
    """A group whose commands are of this kind."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 (those of typer.Typer)
        """Begin in the style that all groups share."""
        super().__init__(**STYLE, **settings)

    def command(self, name: str | None = None, **settings: Any) -> Callable[[_Function], _Function]:  # noqa: ANN401 (likewise)
        """Return what makes a function a command."""
        return super().command(name, cls=_Command, **settings)


def _hint(parameter: Any) -> str:  # noqa: ANN401 (likewise)
    return f"'{parameter.opts[0] if parameter.param_type_name == 'option' else parameter.metavar}'"
