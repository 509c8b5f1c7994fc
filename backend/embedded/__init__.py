"""The one-command default: private queue, migrations, web server and worker, kept alive."""
