#!/usr/bin/env python3
"""Keeps the links and the borrowed samples of the documentation true.

`guide.py` checks every Markdown file of the repository: each relative link names a file that is
there, each fragment a heading; a block of code under `<!-- from: PATH -->` stands in that file.
As mdbook's preprocessor (docs/book.toml) it turns links that leave the book into links to the
repository, so that one text serves there and in the book.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPOSITORY = "https://github.com/hybi/hybi/blob/main/"

FENCE = re.compile(r"(?ms)^ *(`{3,}|~{3,}).*?^ *\1 *$")
LINK = re.compile(r"(!?\[[^\]]*\]\()([^)\s]+)(\))")
SUMMARY_LINK = re.compile(r"\]\(([^)]+\.md)\)")
HEADING = re.compile(r"(?m)^#{1,6} +(.+?) *$")
BORROWED = re.compile(r"(?ms)^<!-- from: (\S+) -->\n```[^\n]*\n(.*?)^```$")


def slugs(text):
    """The fragments that the headings of a page answer to."""
    found = {}
    for title in HEADING.findall(FENCE.sub("", text)):
        title = re.sub(r"\]\([^)]*\)", "]", title)
        slug = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        again = found[slug] = found.get(slug, -1) + 1
        yield f"{slug}-{again}" if again else slug


def broken(root, page, target):
    """What is wrong with a relative link of a page, or None."""
    path, _, fragment = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    if not file.exists():
        return f"{page.relative_to(root)}: no file {target}"
    if fragment and file.suffix == ".md" and fragment not in slugs(file.read_text()):
        return f"{page.relative_to(root)}: no heading for {target}"
    return None


def is_relative(target):
    return not re.match(r"[a-z][a-z0-9+.-]*:|//", target)


def violations(root, pages):
    for page in pages:
        text = page.read_text()
        for _, target, _ in LINK.findall(FENCE.sub("", text)):
            if is_relative(target) and (problem := broken(root, page, target)):
                yield problem
        for path, block in BORROWED.findall(text):
            file = root / path
            if not file.is_file() or bare(block) not in bare(file.read_text()):
                yield f"{page.relative_to(root)}: {path} does not hold the block that names it"


def bare(code):
    """Code without indentation and empty lines."""
    return "\n".join(line.strip() for line in code.splitlines() if line.strip())


def links_out(content, folder, chapters):
    """The page with absolute links to what is not in the book."""

    def replaced(found):
        before, target, after = found.groups()
        path, mark, fragment = target.partition("#")
        if not path or not is_relative(target):
            return found[0]
        file = os.path.normpath(folder / path)
        in_book = file in chapters or (file.startswith("docs/") and not file.endswith(".md"))
        if in_book and not (ROOT / file).is_dir():
            return found[0]
        return before + REPOSITORY + file + mark + fragment + after

    fences = FENCE.finditer(content)
    parts, last = [], 0
    for fence in fences:
        parts += [LINK.sub(replaced, content[last : fence.start()]), fence[0]]
        last = fence.end()
    return "".join(parts) + LINK.sub(replaced, content[last:])


def preprocess():
    _, book = json.load(sys.stdin)
    summary = (ROOT / "docs/SUMMARY.md").read_text()
    chapters = {f"docs/{page}" for page in SUMMARY_LINK.findall(summary)}

    def walk(items):
        for item in items:
            if chapter := isinstance(item, dict) and item.get("Chapter"):
                folder = Path("docs") / Path(chapter["path"] or "").parent
                chapter["content"] = links_out(chapter["content"], folder, chapters)
                walk(chapter["sub_items"])

    walk(book["items"])
    json.dump(book, sys.stdout)


def main():
    if sys.argv[1:2] == ["book"]:
        if "supports" not in sys.argv:
            preprocess()
        return 0
    root = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT
    if root == ROOT:
        listed = subprocess.check_output(["git", "ls-files", "*.md"], cwd=root, text=True).split()
        pages = [root / page for page in listed if (root / page).exists()]
    else:
        pages = sorted(root.rglob("*.md"))
    problems = list(violations(root, pages))
    for problem in problems:
        print(problem)
    print(f"{len(pages)} pages, {len(problems)} broken links or samples")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
