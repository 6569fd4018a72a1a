"""Every case, by the file that it stands in."""

from importlib import import_module

TABLES = (
    "handshake",
    "heads",
    "frames",
    "closing",
    "texts",
    "limits",
    "deflate",
    "transport",
    "floods",
    "redirects",
    "proxies",
    "inputs",
    "tls",
)


def all_cases():
    seen = set()
    for name in TABLES:
        for case in import_module(f"tables.{name}").cases():
            assert case.name not in seen, f"two cases are called {case.name}"
            seen.add(case.name)
            case.groups.append(name)
            yield case
