"""The application with real resources, as a server imports it."""

import os
from pathlib import Path

from backend import resources, settings
from backend.app import asgi_app

app = asgi_app(resources.build(settings.load(os.environ, Path(".env"))))
