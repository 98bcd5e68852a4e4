"""Materials, colours and finishes as the reader is told them.

A shop begins with materials in English, which are translated as everything else is; what an owner has named otherwise
stays as they wrote it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from craftops.domain.shop.catalogue import Catalogue, Finish, Material
from craftops.web.frame.language.catalogues import SOURCE
from craftops.web.frame.language.templates import language
from craftops.web.frame.language.told import told


def spoken(catalogue: Catalogue) -> Catalogue:
    """The same catalogue with labels and notes in the reader's language; names and colours stay what forms send."""
    speaks = language()
    return catalogue if speaks == SOURCE else _spoken(catalogue, speaks)


def _material(one: Material) -> Material:
    return replace(one, label=told(one.label), note=told(one.note))


def _finish(one: Finish) -> Finish:
    return replace(one, label=told(one.label))


@dataclass(frozen=True, slots=True)
class SpokenCatalogue(Catalogue):
    """A catalogue whose lines, too, are told as the reader reads: they keep the words that they were ordered with."""

    def material_of(self, line: Any) -> Material | None:
        """As of a Catalogue, with label and note said."""
        found = Catalogue.material_of(self, line)
        return _material(found) if found else None

    def finish_of(self, line: Any) -> Finish | None:
        """As of a Catalogue, with its label said."""
        found = Catalogue.finish_of(self, line)
        return _finish(found) if found else None


@lru_cache(maxsize=32)
def _spoken(catalogue: Catalogue, _speaks: str) -> Catalogue:
    return SpokenCatalogue(
        tuple(map(_material, catalogue.materials)),
        tuple(map(_finish, catalogue.finishes)),
    )
