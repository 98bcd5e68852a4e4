"""Two versions of a line side by side: what the page asks of the database, and the fixes that lead to a version."""

from __future__ import annotations

import pytest
from samples.queries import asked

from craftops.errors import AccessError
from craftops.services.files import mending, revising
from craftops.store.database import utcnow
from craftops.store.models import DesignFileRow, OrderLineRow, OrderRow, RevisionRow
from craftops.store.queries import files, scoped
from craftops.store.viewing import view_of
from craftops.store.views.files import FileView, RevisionView
from craftops.testing import Workshop
from craftops.testing.workshop import cube_stl

MOST = {"ada": 10, "sam": 13}
"""Whoever works here is written down as somebody who has seen both files."""


def another_version(workshop: Workshop, order: OrderRow, size: float) -> RevisionView:
    file_id = workshop.upload("ada", f"{size}.stl", cube_stl(size))
    workshop.run_due()
    ada = workshop.actor("ada")
    file, line = scoped.file_view(ada, file_id), OrderLineRow.get(OrderLineRow.order == order.id)
    return revising.propose(workshop.shop, order.code, line.id, file, actor=ada, at=utcnow())


@pytest.mark.parametrize("who", MOST)
def test_comparing_asks_no_more_however_many_versions_there_are(workshop: Workshop, who: str) -> None:
    order = workshop.place("ada")
    given = another_version(workshop, order, 21.0)
    assert given == view_of(RevisionView, RevisionRow.get_by_id(given.id))
    assert [one.file.id for one in files.versions_of_line(given.line_id)][-1] == given.file_id
    room = "" if who == "ada" else "/staff"
    page = f"{room}/orders/{order.code}/lines/{given.line_id}/compare?before=1&after=2"
    few = asked(workshop.browser(who), page)
    assert len(few) <= MOST[who], few
    for size in (22.0, 23.0, 24.0):
        another_version(workshop, order, size)
    many = asked(workshop.browser(who), page)
    assert len(many) <= len(few), [query for query in many if many.count(query) > few.count(query)]


def test_what_a_copy_was_made_from_is_shown_to_whoever_sees_the_copy(workshop: Workshop) -> None:
    first, copy = workshop.upload("ada"), workshop.upload("ada", "copy.stl", cube_stl(30.0))
    DesignFileRow.update(made_from=first).where(DesignFileRow.id == copy).execute()
    source = mending.source_of(copy, actor=workshop.actor("ada"))
    assert source == view_of(FileView, DesignFileRow.get_by_id(first)) == files.file_of(first)
    for who, file_id in (("bob", copy), ("ada", first)):
        with pytest.raises(AccessError):
            mending.source_of(file_id, actor=workshop.actor(who))
