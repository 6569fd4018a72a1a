#!/usr/bin/env python3
"""Holds the import order: inside core a module imports only from lines above its own, and outside
it no platform crate knows another. `layers.py [ROOT]` prints each violation and fails if any.

Tests (`#[cfg(test)] mod tests`) are held to the same order: a module is tested with what it may use.
"""

import re
import sys
import tomllib
from pathlib import Path

# The order of the design; modules on one line do not import each other.
ORDER = [
    ["close_code"],
    ["error"],
    ["entropy", "buffer"],
    ["frame"],
    ["http", "uri"],
    ["extension"],
    ["handshake", "proxy"],
    ["connection"],
    ["reconnect"],
    ["driver"],
]
LAYER = {module: line for line, modules in enumerate(ORDER) for module in modules}

# What each package may use of the project, tests included.
PACKAGES = {
    "core": {"hybi-core"},
    "platform-std/common": {"hybi-core", "hybi-common"},
    # On WASI hybi-std is hybi-wasi under its own name.
    "platform-std": {"hybi-core", "hybi-common", "hybi-std", "hybi-wasi"},
    # hybi-embedded's signature algorithms alone: arithmetic, not a platform.
    "platform-wasi": {"hybi-core", "hybi-common", "hybi-embedded", "hybi-wasi"},
    "platform-embedded": {"hybi-core", "hybi-embedded"},
}

INLINE_MODULE = re.compile(r"^( *)(?:pub(?:\([^)]*\))? )?mod \w+ \{")
CRATE_PATH = re.compile(r"\bcrate::(\{[^;]*\}|\w+)", re.DOTALL)
SUPER_PATH = re.compile(r"\b((?:super::)+)(\{[^;]*\}|\w+|\*)", re.DOTALL)


def strip_comments(text):
    """Drops line comments, documentation and its examples included (not the // of a ws:// URL)."""
    return re.sub(r"(?m)(^|\s)//.*$", r"\1", text)


def first_names(tail):
    """The first segments of what follows `crate::`: one name, or those of a braced list."""
    if not tail.startswith("{"):
        return [tail]
    flat, depth = "", 0
    for letter in tail[1:-1]:
        depth += {"{": 1, "}": -1}.get(letter, 0)
        flat += letter if depth == 0 else ""
    return [name for item in flat.split(",") if (name := item.split("::")[0].strip())]


def inline_depths(text):
    """For each line, how many `mod name { … }` enclose it. Rustfmt's indentation marks the ends."""
    depths, stack = [], []
    for line in text.split("\n"):
        if stack and line.startswith(stack[-1] + "}"):
            stack.pop()
        depths.append(len(stack))
        if opened := INLINE_MODULE.match(line):
            stack.append(opened[1])
    return depths


def imports(path, source):
    """(line, module) for each top-level module of core that a file names."""
    text = strip_comments(path.read_text())
    depths = inline_depths(text)
    relative = path.relative_to(source).with_suffix("")
    own = [part for part in relative.parts if part != "mod"]
    for found in CRATE_PATH.finditer(text):
        line = text.count("\n", 0, found.start())
        for name in first_names(found[1]):
            yield line + 1, name
    for found in SUPER_PATH.finditer(text):
        line = text.count("\n", 0, found.start())
        left = len(own) + depths[line] - found[1].count("super::")
        if left <= 0:
            for name in first_names(found[2]):
                yield line + 1, name


def core_violations(root):
    source = root / "core" / "src"
    files = sorted(source.rglob("*.rs"))
    if not files:
        yield f"{source}: no source files"
    for path in files:
        own = path.relative_to(source).parts[0].removesuffix(".rs")
        if own == "lib":
            continue
        if own not in LAYER:
            yield f"{path}: module `{own}` is not in the order; give it a line in ci/layers.py"
            continue
        for line, name in imports(path, source):
            if name == own:
                continue
            if name not in LAYER:
                yield f"{path}:{line}: `{name}` of the crate root; name its module"
            elif LAYER[name] >= LAYER[own]:
                yield f"{path}:{line}: `{own}` may not import `{name}`, which is not above it"


def package_violations(root):
    for folder, allowed in PACKAGES.items():
        manifest = root / folder / "Cargo.toml"
        tables = [tomllib.loads(manifest.read_text())]
        tables += tables[0].get("target", {}).values()
        for table in tables:
            for kind in ("dependencies", "dev-dependencies", "build-dependencies"):
                for key, value in table.get(kind, {}).items():
                    name = value.get("package", key) if isinstance(value, dict) else key
                    if name.startswith("hybi-") and name not in allowed:
                        yield f"{manifest}: {folder} may not depend on {name}"


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent
    violations = [*core_violations(root), *package_violations(root)]
    for violation in violations:
        print(violation)
    print("layers: the order holds" if not violations else f"layers: {len(violations)} violations")
    return bool(violations)


if __name__ == "__main__":
    sys.exit(main())
