# For developers. Newcomers need none of this: the README's two lines do everything.
VENV ?= .venv

dev:  ## everything for development in one go
	python3 -m venv $(VENV)
	$(VENV)/bin/python -m pip install -q --disable-pip-version-check -e ".[dev]"
	command -v chromium >/dev/null || command -v chromium-browser >/dev/null || apt-get install -y -q chromium
	command -v age >/dev/null || apt-get install -y -q age sqlite3

demo:
	$(VENV)/bin/craftops demo

test:
	$(VENV)/bin/python -m pytest

browser:  ## the pages in Chromium
	CRAFTOPS_BROWSER=required $(VENV)/bin/python -m pytest tests/browser

lint:
	$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check . && $(VENV)/bin/mypy && $(VENV)/bin/lint-imports

bench:
	$(VENV)/bin/python -m benchmarks

screenshots:
	$(VENV)/bin/python docs/screenshots.py

.PHONY: dev demo test browser lint bench screenshots
