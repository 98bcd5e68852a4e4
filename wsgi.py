"""For any WSGI server: ``gunicorn wsgi:app``. Reads ``CRAFTOPS_DATA`` and ``CRAFTOPS_CONFIG``."""

from craftops.app import create_app

app = create_app()
