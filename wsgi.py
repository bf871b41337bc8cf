"""What a WSGI server loads."""

from service.app import create_app

app = create_app()
