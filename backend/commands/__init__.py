"""The subcommands of `voronka`, one module each with a click command named `command`."""
