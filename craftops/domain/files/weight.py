"""What a part weighs."""

from __future__ import annotations


def mass_g(volume_mm3: float, density: float) -> float:
    """Grams of a solid part; ``density`` in g/cm³. Printed parts that are not solid weigh less."""
    return volume_mm3 / 1000.0 * density
