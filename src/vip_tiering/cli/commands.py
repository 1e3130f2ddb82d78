"""Groups of commands: their help stands under headings, and what is missing of a command line is said at once.

Typer's own help cuts what a command does after a line, and its parser stops at the first thing that is missing.
Every group and command takes `--lang`, and explains itself in that language.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, TypeVar

import typer.core

from vip_tiering.base.errors import UsageError
from vip_tiering.cli import completion
from vip_tiering.cli.options import STYLE
from vip_tiering.cli.words import help_page
from vip_tiering.cli.words.language import words

_BRACES = re.compile(r"(?:\{(.*)\}|\[(?!OPTIONS\])(.*)\])(\.\.\.)?")
"""An argument as Typer shows it: {EXTRACT}..., [[RUN]]."""
_Function = TypeVar("_Function", bound=Callable[..., Any])


def _language_option() -> Any:  # noqa: ANN401 (a parameter of the vendored parser)
    """Return `--lang` as Typer makes it of a function. No command gets its value: `words.language` has read it already."""
    maker = typer.Typer(add_completion=False)

    @maker.command()
    def _(
        lang: Annotated[
            str | None,
            typer.Option(
                "--lang",
                envvar="VIP_LANG",
                metavar="zh|en",
                expose_value=False,
                help="Language of what people read; default: the locale's.",
            ),
        ] = None,
    ) -> None: ...

    return typer.main.get_command(maker).params[0]


_LANGUAGE = _language_option()


class _Speaking:
    """A group or command that takes `--lang` and explains itself in Chinese too. Its errors stay English.

    A shell completes its parameters by what their metavars say.
    """

    def __init__(self, *arguments: Any, params: Sequence[Any] | None = None, **settings: Any) -> None:  # noqa: ANN401 (those of Typer)
        params = [*(params or ()), _LANGUAGE]
        for one in params:
            if one.param_type_name == "argument":
                one.display_type_rich = _untyped
            if getattr(one, "metavar", None) in completion.KINDS:
                one._custom_shell_complete = completion.complete  # noqa: SLF001 (the open way is an argument in every signature)
        super().__init__(*arguments, params=params, **settings)  # type: ignore[call-arg]  # of what it is mixed into

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ANN401 (likewise)
        """Return arguments as they are typed: Typer sets each in braces or brackets, and one such as [RUN] has its own."""
        pieces: list[str] = super().collect_usage_pieces(ctx)  # type: ignore[misc]  # likewise
        return [_BRACES.sub(_argument, piece) for piece in pieces]

    def get_help(self, ctx: Any) -> str:  # noqa: ANN401 (a context of the vendored parser)
        if words().language == "en":
            return super().get_help(ctx)  # type: ignore[misc, no-any-return]  # of what it is mixed into
        page = help_page.ChinesePage(width=ctx.terminal_width, max_width=ctx.max_content_width)
        self.format_help(ctx, page)  # type: ignore[attr-defined]  # likewise
        return page.getvalue().rstrip("\n")  # type: ignore[no-any-return]

    def get_short_help_str(self, limit: int = 45) -> str:
        if words().language == "en":
            return super().get_short_help_str(limit)  # type: ignore[misc, no-any-return]  # likewise
        return help_page.short(self.help or "")  # type: ignore[attr-defined]  # likewise


class _Command(_Speaking, typer.core.TyperCommand):
    """A command that names every missing argument and option in one line; exit code 2, as for one of them.

    `instead`: options that stand in place of others, all by their names; the first of the others is needed without it.
    """

    instead: ClassVar[Mapping[str, Sequence[str]]] = {}

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 (a context of the vendored parser)
        if ctx.resilient_parsing:  # a line that is still being typed: what is missing may yet come
            return super().parse_args(ctx, args)
        try:
            rest: list[str] = super().parse_args(ctx, [*args])
        except typer.BadParameter as error:
            missing = self._missing(ctx, args)
            if len(missing) < 2 or error.param not in missing:  # noqa: PLR2004 (one is told as it always was)
                raise
            self._refuse(ctx, missing)
        if missing := self._missing(ctx, args):
            self._refuse(ctx, missing)
        for one, others in self.instead.items():
            _choose(ctx, one, others)
        return rest

    def _missing(self, ctx: Any, args: list[str]) -> list[Any]:  # noqa: ANN401 (likewise)
        """Return the parameters that must be given and are not: neither on the command line nor by a variable."""
        given = self.make_parser(ctx).parse_args(args=[*args])[0]
        absent = [one for one in self.get_params(ctx) if one.value_is_missing(one.consume_value(ctx, given)[0])]
        names = {one.name for one in absent}
        either = {others[0] for one, others in self.instead.items() if one in names}
        return [one for one in absent if one.required or one.name in either]

    def _refuse(self, ctx: Any, missing: Sequence[Any]) -> None:  # noqa: ANN401 (likewise)
        """End with one line that names what is missing."""
        ways = {others[0]: f" (or '--{one}')" for one, others in self.instead.items()}
        hints = {
            kind: [f"{_hint(one)}{ways.get(one.name, '')}" for one in missing if one.param_type_name == kind]
            for kind in ("argument", "option")
        }
        said = [f"{kind}{'s' if len(some) > 1 else ''} {', '.join(some)}" for kind, some in hints.items() if some]
        ctx.fail(f"Missing {' and '.join(said)}.")


class _Group(_Speaking, typer.core.TyperGroup):
    """A group that lists its commands under headings, in their order, with the whole of what each does.

    `headings`: the names below each; one that is not there (yet) is passed over, one that no heading names comes first; `usual`: the
    command that is meant where none is named.
    """

    headings: ClassVar[Mapping[str, Sequence[str]]] = {}
    usual: ClassVar[str] = ""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 (a context of the vendored parser)
        named = {*self.commands, *ctx.help_option_names}
        is_meant = self.usual and args and not {*args} & named
        return super().parse_args(ctx, [self.usual, *args] if is_meant else args)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 (likewise)
        return [name for _, names in self._sections() for name in names]

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002 (likewise)
        for heading, names in self._sections():
            with formatter.section(heading):
                formatter.write_dl([(name, _summary(self.commands[name].help or "")) for name in names])

    def _sections(self) -> list[tuple[str, list[str]]]:
        """Return the headings that have commands to show, with their names."""
        shown = [name for name, command in self.commands.items() if not command.hidden]
        named = {name for names in self.headings.values() for name in names}
        sections = {"Commands": [name for name in shown if name not in named]}
        sections |= {heading: [name for name in names if name in shown] for heading, names in self.headings.items()}
        return [(heading, names) for heading, names in sections.items() if names]


class Commands(typer.Typer):
    """A group whose commands are of this kind. `headings`, `usual`: as for `_Group`."""

    def __init__(
        self,
        *,
        headings: Mapping[str, Sequence[str]] | None = None,
        usual: str = "",
        **settings: Any,  # noqa: ANN401 (those of typer.Typer)
    ) -> None:
        """Begin in the style that all groups share."""
        of_its_own = {"headings": headings or {}, "usual": usual}
        super().__init__(**{"cls": type("_Group", (_Group,), of_its_own), **STYLE, **settings})

    def command(
        self,
        name: str | None = None,
        *,
        instead: Mapping[str, Sequence[str]] | None = None,
        **settings: Any,  # noqa: ANN401 (likewise)
    ) -> Callable[[_Function], _Function]:
        """Return what makes a function a command. `instead`: as for `_Command`."""
        return super().command(name, cls=type("_Command", (_Command,), {"instead": instead or {}}), **settings)


def _untyped(*_: object, **__: object) -> None:
    """Say nothing of an argument's type in Python, such as <list[str]>."""


def _argument(found: re.Match[str]) -> str:
    """Return an argument without braces; several are meant where it ends so, and its words do not say how many."""
    name = found[1] or f"[{found[2].strip('[]')}]"
    return name if " " in name or name.endswith("...") else f"{name}{found[3] or ''}"


def _summary(text: str) -> str:
    """Return what a list of commands says of one: the first paragraph of its help; in Chinese its first sentence."""
    return " ".join(text.partition("\n\n")[0].split()) if words().language == "en" else help_page.short(text)


def _choose(ctx: Any, one: str, others: Sequence[str]) -> None:  # noqa: ANN401 (likewise)
    """Let an option of the command line beat the variables of those that it excludes. Raises UsageError where several are left."""
    said = {name for name in (one, *others) if ctx.get_parameter_source(name).name == "COMMANDLINE"}
    beaten = {*others} - said if one in said else {one} if others[0] in said else set()
    ctx.params.update(dict.fromkeys(beaten))
    rivals = [name for name in others if ctx.params[name] is not None]
    if ctx.params[one] is not None and rivals:
        raise UsageError(f"--{one} and --{rivals[0].replace('_', '-')} exclude each other")


def _hint(parameter: Any) -> str:  # noqa: ANN401 (likewise)
    return f"'{parameter.opts[0] if parameter.param_type_name == 'option' else parameter.metavar}'"
