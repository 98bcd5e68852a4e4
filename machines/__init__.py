"""Bundled machines; installed as ``craftops_machines``."""

if __name__ != "craftops_machines":
    raise ImportError(
        "import this package as craftops_machines: from the folder it would be a second copy of every class"
    )
