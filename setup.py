"""Package names: the folders are named for people, the installed packages are ours. The rest is in setup.cfg."""

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

FOLDERS = {"craftops_plugins": "plugins", "craftops_machines": "machines", "craftops_themes": "themes"}
HANDBOOK = ("", ".operators", ".machines", ".kinds", ".decisions", ".screenshots")


class BuildPy(build_py):
    """Of the handbook (``/docs``) the texts and pictures are taken along, and no script that makes them."""

    def find_package_modules(self, package: str, package_dir: str) -> list[tuple[str, str, str]]:
        return [] if package.startswith("craftops_docs") else super().find_package_modules(package, package_dir)


packages = find_packages(include=["craftops", "craftops.*"])
for package, folder in FOLDERS.items():
    packages += [package, *(f"{package}.{inner}" for inner in find_packages(folder))]

packages += [f"craftops_docs{inner}" for inner in HANDBOOK]

setup(
    packages=packages,
    package_dir={**FOLDERS, "craftops_docs": "docs"},
    exclude_package_data={"craftops_docs.screenshots": ["*.png"]},
    cmdclass={"build_py": BuildPy},
)
