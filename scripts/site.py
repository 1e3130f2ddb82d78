"""Build the documentation as a site that asks for nothing from elsewhere, and refuse links and anchors that lead nowhere.

    python scripts/site.py .site

The folder, which must be new or one of these, receives the pages as they lie in the project, so that their links hold here and there,
and the site of them as html/. docs/site/mkdocs.yml says the rest.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
LAID = ("*.md", "docs", "rules", "examples", "benchmarks/README.md")
FOLDER_LINK = re.compile(r"(\]\((?![a-z]+:)[^)#]*/)\)")
"""A link to a folder; from a disk a browser would show its files, not its page."""
NAMED_BLOCK = re.compile(r"^```(\w+) (\S+)$", re.MULTILINE)
"""A block that shows a file (see transcripts.py): Python's Markdown knows its name as a title only."""
ASKING = re.compile(
    r"""<(?:script|link|img|iframe|source|video|audio|object|embed|form)\b[^>]*\b(?:src|href|data|action|srcset)=["']?(?:[a-z]+:)?//[^>]*>"""
    r"""|(?:url\(|@import)\s*["']?(?:[a-z]+:)?//[^)"']*""",
    re.IGNORECASE,
)
"""What makes a browser ask another machine when a page is opened; a link that somebody clicks does not."""


def lay(pages: Path) -> None:
    """Copy what the site shows into a folder."""
    for one in [path for pattern in LAID for path in ROOT.glob(pattern)]:
        target = pages / one.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if one.is_dir() else shutil.copyfile)(one, target)
    for page in pages.rglob("*.md"):
        text = FOLDER_LINK.sub(r"\1README.md)", page.read_text(encoding="utf-8"))
        page.write_text(NAMED_BLOCK.sub(r'```\1 title="\2"', text), encoding="utf-8")


def asking(folder: Path) -> list[str]:
    """Return what in the pages and styles of a site would ask another machine, each with its file."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in {".html", ".css"})
    return [f"{path.relative_to(folder)}: {found[0]}" for path in files for found in ASKING.finditer(path.read_text(encoding="utf-8"))]


def main() -> None:
    """Build the site; exit code 1 where a link leads nowhere or a page would ask another machine."""
    folder = Path(sys.argv[1])
    for part in ("pages", "html"):
        shutil.rmtree(folder / part, ignore_errors=True)
    lay(folder / "pages")
    shutil.copyfile(ROOT / "docs" / "site" / "mkdocs.yml", folder / "mkdocs.yml")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict"]  # with --quiet it would count no warning
    result = subprocess.run(  # noqa: S603 (our own program)
        build,
        cwd=folder,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        stderr=subprocess.STDOUT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if result.returncode:
        sys.exit("\n".join(line for line in result.stdout.splitlines() if not line.startswith("INFO")))
    if found := asking(folder / "html"):
        sys.exit("\n".join(found))
    sys.stdout.write(f"{folder / 'html' / 'index.html'}\n")


if __name__ == "__main__":
    main()
