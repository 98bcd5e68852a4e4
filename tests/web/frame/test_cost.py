"""What a page costs, counted: seconds belong to ``benchmarks/``, queries can be a law."""

from __future__ import annotations

from samples.queries import asked

from craftops.testing.workshop import Workshop


def test_an_order_page_needs_eight_queries_at_every_stage(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    order = workshop.place("ada", quantity=30)
    ada = workshop.browser("ada")
    said = asked(ada, f"/orders/{order.code}")
    assert 1 < len(said) <= 8, said
    workshop.accept(order)
    said = asked(ada, f"/orders/{order.code}")
    assert len(said) <= 8, said
