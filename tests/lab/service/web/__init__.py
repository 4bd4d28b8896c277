"""The HTTP side of the Actions service: one file per kind of caller."""
