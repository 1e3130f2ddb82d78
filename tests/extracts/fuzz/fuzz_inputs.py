"""Search for bytes that end in anything but a result or one of our own errors, led by coverage. See README.md beside this file."""

from __future__ import annotations

import faulthandler
import sys
from pathlib import Path

import atheris  # type: ignore[import-not-found, unused-ignore]

sys.path.insert(0, str(Path(__file__).parents[3]))

with atheris.instrument_imports(include=["vip_tiering", "yaml"]):
    from tests.extracts.fuzz import targets

TARGETS = {
    "csv": (lambda content: targets.read_extract(content, "b_20151002.csv"), targets.SOUND_CSV),
    "parquet": (lambda content: targets.read_extract(content, "b_20151002.parquet"), targets.SOUND_PARQUET),
    "rules": (targets.read_rules, targets.SOUND_YAML),
}


def main() -> None:
    """Fuzz the entry point that the first argument names; the others go to libFuzzer, the first of them a folder for the corpus."""
    target, sound = TARGETS[sys.argv.pop(1)]
    corpus = Path(sys.argv[1])
    corpus.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(sound):
        (corpus / f"sound-{number}").write_bytes(content)
    faulthandler.disable()
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
