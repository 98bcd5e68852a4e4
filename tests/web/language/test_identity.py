"""A language that says everything as it stands changes nothing: no value of a page is lost or moved by being translated."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import render_template_string
from flask_babel import force_locale
from jinja2 import nodes

from craftops.testing import Workshop
from craftops.web.frame.language.templates import Speaking

ROOT = Path(__file__).parents[3]
TEMPLATES = sorted(
    path for room in ("craftops/templates", "themes", "plugins") for path in (ROOT / room).rglob("*.html")
)


def written(tree: nodes.Template) -> list[str]:
    """What a template writes, in its order: data, and for each value where it stands."""
    found = ""
    for output in tree.find_all(nodes.Output):
        for node in output.nodes:
            found += node.data if isinstance(node, nodes.TemplateData) else f"{{{said(node)}}}"
    return found.split("\n")


def said(node: nodes.Node) -> str:
    """A value without what only says it (``told``)."""
    if isinstance(node, nodes.Filter) and node.name == "told" and node.node is not None:
        return said(node.node)
    names = [one.name for one in node.find_all(nodes.Name)] + ([node.name] if isinstance(node, nodes.Name) else [])
    return "+".join(sorted(names))


def test_nothing_is_lost_or_moved(workshop: Workshop) -> None:
    parse = workshop.app.jinja_env.parse
    for path in TEMPLATES:
        text = path.read_text()
        assert written(Speaking(lambda words: words).template(parse(text))) == written(parse(text)), path


@pytest.mark.parametrize("language", ["en", "de"])
def test_what_stands_in_a_style_or_a_script_stays_there(workshop: Workshop, language: str) -> None:
    """Mails in German had no colours, and the page of the pickup place said nothing to search engines."""
    with workshop.app.test_request_context(), force_locale(language):
        page = render_template_string(
            "<style>a { color: {{ c }} }</style><script>{{ j }}</script><p>{{ c }}</p>", c=1, j=2
        )
    assert page == "<style>a { color: 1 }</style><script>2</script><p>1</p>"
