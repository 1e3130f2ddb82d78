"""Keep the transcripts in the documentation true: run the commands of every ```console block and compare what they print.

    python -m scripts.transcripts check README.md docs/commands.md
    python -m scripts.transcripts write README.md docs/commands.md

Blocks of one file run one after another in one empty folder, 80 columns wide, without colour. A plain call of `vip` is a fork of a
process that has imported everything; whatever needs a shell has one.
A block ```yaml FOLDER/FILE, or ```csv FILE, is written to that file; scripts/ and examples/ are those of the project.
Pages in docs/zh, and those called NAME.zh-CN.md, run in Chinese.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import prepared

PROJECT = Path(__file__).parent.parent
PLAIN = re.compile(r"vip [\w ./:,=-]+")
BLOCK = re.compile(r"^```(console|(?:yaml|csv) \S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def regenerated(text: str, language: str) -> str:
    """Return a page with the output of every command in its console blocks made anew."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("scripts", "examples"):
            (Path(folder) / name).symlink_to(PROJECT / name)
        return BLOCK.sub(lambda block: f"```{block[1]}\n{_regenerated_block(block[1], block[2], folder, language)}```", text)


def language_of(page: Path) -> str:
    """Return the language of a page."""
    return "zh" if page.name.endswith(".zh-CN.md") or page.parent.name == "zh" else "en"


def _regenerated_block(kind: str, block: str, folder: str, language: str) -> str:
    if kind == "console":
        return _run_block(block, folder, language)
    (Path(folder) / kind.partition(" ")[2]).write_text(block, encoding="utf-8")
    return block


def _run_block(block: str, folder: str, language: str) -> str:
    commands = [line[2:] for line in block.splitlines() if line.startswith("$ ")]
    return "".join(f"$ {command}\n{_output(command, folder, language)}" for command in commands)


def _output(command: str, folder: str, language: str) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "COLUMNS": "80", "NO_COLOR": "1", "LC_ALL": "C.UTF-8", "HOME": folder, "TERM": "dumb"}
    if language != "en":
        environment["VIP_LANG"] = language
    code, shown = _plain(command, folder, environment) if PLAIN.fullmatch(command) else _in_a_shell(command, folder, environment)
    lines = [line.rstrip() for line in shown.splitlines()]
    if code:
        lines.append(f"(exit code {code})")
    return "".join(f"{line}\n" for line in lines)


def _plain(command: str, folder: str, environment: dict[str, str]) -> tuple[int, str]:
    return prepared.seen(shlex.split(command)[1:], folder, environment)


def _in_a_shell(command: str, folder: str, environment: dict[str, str]) -> tuple[int, str]:
    result = subprocess.run(  # noqa: S602 (the commands of our own pages)
        command, shell=True, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return result.returncode, result.stdout


def main() -> None:
    """Check or write the pages on the command line; a page that differs ends with exit code 1."""
    action, pages = sys.argv[1], sys.argv[2:]
    stale = []
    for page in map(Path, pages):
        text = page.read_text(encoding="utf-8")
        fresh = regenerated(text, language_of(page))
        if fresh != text:
            stale.append(str(page))
            if action == "write":
                page.write_text(fresh, encoding="utf-8")
    if action == "check" and stale:
        sys.exit(f"transcripts differ from what the commands print now: {', '.join(stale)}")


if __name__ == "__main__":
    main()
