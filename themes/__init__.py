"""Bundled themes; installed as ``craftops_themes``."""

if __name__ != "craftops_themes":
    raise ImportError(
        "import this package as craftops_themes: from the folder it would be a second copy of every class"
    )
