"""What a file analyzer is: it opens a stranger's file and says what it is, in a child process of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from craftops.domain.files.designs import Analysis, Finding, Severity, Verdict
from craftops.domain.files.file_types import DeclaredFormat
from craftops.domain.files.remedies import Ask


class NotReadable(Exception):
    """A file does not hold what its name says; ``sentence`` is for its owner, ``fix`` what to do about it."""

    def __init__(self, code: str, sentence: str, fix: str = "") -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.fix = fix


def refused(code: str, sentence: str, fix: str = "") -> Analysis:
    """The verdict on a file that cannot be made: why, and what its owner can do about it."""
    said = f"{sentence} {fix}".strip()
    return Analysis(Verdict.REFUSED, code, said, findings=(Finding(code, Severity.ERROR, sentence, fix),))


def untried() -> Finding:
    """Said of a file that is too large to try its fixes before they are offered."""
    sentence = "It is large, so its fixes have not been tried yet; each is checked when you choose it."
    return Finding("untried", Severity.NOTE, sentence)


class CannotMend(Exception):
    """A remedy does not work on this file; ``sentence`` tells its owner why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Mended:
    """A mended copy: its file name (the format may be another one), and what was done, as a sentence."""

    name: str
    sentence: str


class FileAnalyzer(ABC):
    """Opens files of some formats.

    Instances are made without arguments inside a killable child (memory, CPU and wall limits, no network,
    a private temp folder), so the class must be importable by name and must keep no state. Heavy imports
    belong inside the module that the child loads, never into the plugin's ``__init__``.
    """

    name: ClassVar[str]
    formats: ClassVar[frozenset[str]]
    """``FileFormat`` values, and names of ``declares``."""
    declares: ClassVar[tuple[DeclaredFormat, ...]] = ()
    """Formats that CraftOps does not know by itself; among ``formats``, too."""
    needs: ClassVar[tuple[str, ...]] = ()
    """Names of modules that ``analyse`` loads. They are imported once ahead, in the process that children are
    forked from, which saves their time for each file. They must start no thread when they are imported."""
    with_model: bool = True
    """Whether ``Analysis.model`` is wanted. The caller says False where only the verdict counts."""

    @abstractmethod
    def analyse(self, path: Path, name: str) -> Analysis:
        """Measure the file at ``path``, which its owner called ``name``.

        Returns a verdict for any content whatsoever. May raise: the caller turns that, a crash, or a breach
        of the limits into ``by_hand``.
        """

    def mend(self, path: Path, name: str, ask: Ask, target: Path) -> Mended:
        """Write a mended copy of the file at ``path`` to ``target``; the original is never touched.

        Only asked for remedies that a finding of ``analyse`` named. Raises CannotMend with a sentence.
        """
        raise CannotMend("We cannot do this to such a file.")
