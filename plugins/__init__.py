"""Bundled plugins; installed as ``craftops_plugins``."""

if __name__ != "craftops_plugins":
    raise ImportError(
        "import this package as craftops_plugins: from the folder it would be a second copy of every class"
    )
