"""What a file analyzer is: it opens a stranger's file and says what it is, in a child process of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from craftops.domain.designs import Analysis, FileFormat


class FileAnalyzer(ABC):
    """Opens files of some formats.

    Instances are made without arguments inside a killable child (memory, CPU and wall limits, no network,
    a private temp folder), so the class must be importable by name and must keep no state. Heavy imports
    belong inside the module that the child loads, never into the plugin's ``__init__``.
    """

    name: ClassVar[str]
    formats: ClassVar[frozenset[FileFormat]]
    with_model: bool = True
    """Whether ``Analysis.model`` is wanted. The caller says False where only the verdict counts."""

    @abstractmethod
    def analyse(self, path: Path, name: str) -> Analysis:
        """Measure the file at ``path``, which its owner called ``name``.

        Returns a verdict for any content whatsoever. May raise: the caller turns that, a crash, or a breach
        of the limits into ``by_hand``.
        """
