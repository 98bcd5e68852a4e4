"""The accessibility report of the browser suite: test-results/accessibility.jsonl becomes accessibility.md there."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "test-results"
CRITERION = re.compile(r"wcag(\d)(\d)(\d+)")
LEVELS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")


def kind_of(page: str) -> str:
    """A page whatever it is of: "/orders/K7RCX3" is "/orders/…"."""
    bare = page.split("?", maxsplit=1)[0].split("#", maxsplit=1)[0]
    return re.sub(r"/(?:[A-Z0-9]{6}|[A-Z]-\d{4}-\d+|\d+|[\w-]{20,})(?=/|$)", "/…", bare)


def main() -> int:
    """Write the report; 1 where a page breaks a rule, or where no page was tried."""
    source = FOLDER / "accessibility.jsonl"
    lines = [json.loads(line) for line in source.read_text().splitlines()] if source.is_file() else []
    if not lines:
        print("No page was tried: run the browser suite first.")
        return 1
    looks, broken, unsure = Counter(), Counter(), Counter()
    rules: dict[str, list[str]] = {}
    for line in lines:
        looks[kind_of(line["page"]), line["width"], line["scheme"]] += 1
        broken.update((kind_of(line["page"]), rule) for rule in line["violations"])
        unsure.update(line["unsure"])
        rules.update(line["passes"])
    criteria = sorted(
        {".".join(found) for tags in rules.values() for tag in tags for found in CRITERION.findall(tag)},
        key=lambda text: [int(part) for part in text.split(".")],
    )
    pages = sorted({page for page, _, _ in looks})
    wcag = sum(any(tag in LEVELS for tag in tags) for tags in rules.values())
    out = [
        "# Accessibility",
        "",
        f"axe-core {lines[0]['axe']} on {len(pages)} kinds of pages, {len(lines)} visits: phone and desk, day, night.",
        f"Rules broken: {sum(broken.values())}. Rules met: {len(rules)}, {wcag} of them of WCAG 2.0 to 2.2, A and AA,",
        f"for the success criteria {', '.join(criteria)}.",
        "",
        *(f"* **{page}** breaks {rule} ({count} times)" for (page, rule), count in sorted(broken.items())),
        "What axe cannot decide by itself, by rule and parts of pages: "
        + (", ".join(f"{rule} {count}" for rule, count in unsure.most_common()) or "nothing")
        + ".",
        "",
        "| page | looks |",
        "|---|---|",
    ]
    for page in pages:
        seen = sorted({f"{width} {scheme}" for one, width, scheme in looks if one == page})
        out.append(f"| `{page}` | {', '.join(seen)} |")
    (FOLDER / "accessibility.md").write_text("\n".join(out) + "\n")
    print("\n".join(out[2 : 6 + len(broken)]))
    print(f"The whole report: {FOLDER / 'accessibility.md'}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
