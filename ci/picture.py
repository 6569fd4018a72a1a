#!/usr/bin/env python3
"""Records a session of `hybi` in a real terminal and draws it: docs/session.svg.

`picture.py HYBI` runs a shell in a pseudo-terminal, types the lines of SCRIPT into it, and takes a
picture of the screen after each. The server is an echo of Python's `websockets` in this process.
`ci/run picture` brings what it needs.
"""

import asyncio
import fcntl
import html
import os
import pty
import signal
import struct
import sys
import tempfile
import termios
import threading
import time
from pathlib import Path

import pyte
import websockets

COLUMNS, ROWS = 112, 27
PORT = 8765
ROOT = Path(__file__).resolve().parent.parent

# What is typed, how long the screen is then watched, and how long the picture stays.
SCRIPT = [
    (f"hybi ws://127.0.0.1:{PORT}/chat\r", 0.8, 1.2),
    ("hello from a terminal\r", 0.4, 1.2),
    ('{"id":7,"tags":["a","b"]}\r', 0.4, 1.6),
    ("/ping still there?\r", 0.4, 1.2),
    ("/binary cafe\r", 0.4, 1.2),
    ("/close 1000 bye\r", 0.8, 1.6),
    (f"echo hi | hybi --json --no-compress --count 1 ws://127.0.0.1:{PORT}/\r", 0.8, 2.5),
    (f"hybi ws://127.0.0.1:{PORT + 1}/; echo status $?\r", 0.8, 3.5),
]

COLOURS = {
    "default": "#e6edf3",
    "black": "#6e7681",
    "red": "#ff7b72",
    "green": "#7ee787",
    "brown": "#e3b341",
    "blue": "#79c0ff",
    "magenta": "#d2a8ff",
    "cyan": "#56d4dd",
    "white": "#ffffff",
}


class Shell:
    """A shell in a pseudo-terminal, and the screen that it writes to."""

    def __init__(self, hybi):
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self.stream = pyte.ByteStream(self.screen)
        self.home = tempfile.TemporaryDirectory()
        environment = {
            "HOME": self.home.name,
            "LANG": "C.UTF-8",
            "PATH": f"{Path(hybi).resolve().parent}:{os.environ['PATH']}",
            "PS1": "$ ",
            "TERM": "xterm-256color",
        }
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], environment)
        size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, size)
        os.set_blocking(self.terminal, False)

    def watch(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                self.stream.feed(os.read(self.terminal, 65536))
            except BlockingIOError:
                time.sleep(0.01)

    def press(self, keys):
        for key in keys:
            os.write(self.terminal, key.encode())
            self.watch(0.02)

    def end(self):
        os.kill(self.pid, signal.SIGHUP)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)
        self.home.cleanup()

    def picture(self):
        """The lines of the screen, each as runs of (text, colour, bold)."""
        lines = []
        for y in range(ROWS):
            runs = []
            for x in range(COLUMNS):
                cell = self.screen.buffer[y][x]
                style = (cell.fg, cell.bold)
                if runs and runs[-1][1] == style:
                    runs[-1][0] += cell.data
                else:
                    runs.append([cell.data, style])
            while runs and not runs[-1][0].strip():
                runs.pop()
            lines.append(tuple((text, *style) for text, style in runs))
        return tuple(lines)


async def echo(socket):
    async for message in socket:
        await socket.send(message)


def serve(ready):
    async def run():
        async with websockets.serve(echo, "127.0.0.1", PORT):
            ready.set()
            await asyncio.Future()

    asyncio.run(run())


def record(hybi):
    ready = threading.Event()
    threading.Thread(target=serve, args=(ready,), daemon=True).start()
    if not ready.wait(10):
        sys.exit(f"no server on port {PORT}")
    shell = Shell(hybi)
    shell.watch(0.5)
    frames = [(shell.picture(), 0.8)]
    for line, watched, shown in SCRIPT:
        shell.press(line[:-1])
        frames.append((shell.picture(), 0.7))
        shell.press(line[-1])
        shell.watch(watched)
        frames.append((shell.picture(), shown))
    shell.end()
    return frames


def line_svg(line):
    spans, column = [], 0
    for text, colour, bold in line:
        shown = text.rstrip()
        if shown:
            indent = len(text) - len(text.lstrip())
            fill = COLOURS.get(colour, f"#{colour}" if len(colour) == 6 else COLOURS["default"])
            attributes = f' fill="{fill}"' if fill != COLOURS["default"] else ""
            attributes += ' font-weight="bold"' if bold else ""
            x = f"{(column + indent) * 8.43:.4g}"
            words = html.escape(shown.lstrip(), quote=False)
            spans.append(f'<tspan x="{x}"{attributes}>{words}</tspan>')
        column += len(text)
    return "".join(spans)


def draw(frames):
    """All frames on top of each other; an animation shows one at a time, the last one without it."""
    total = sum(shown for _, shown in frames)
    known = {}
    out, rules, begun = [], [], 0
    for number, (lines, shown) in enumerate(frames):
        first, last = 100 * begun / total, 100 * (begun + shown) / total
        begun += shown
        end = "" if number == len(frames) - 1 else f"{last:.2f}%,100%{{opacity:0}}"
        start = "" if number == 0 else f"0%,{first - 0.01:.2f}%{{opacity:0}}"
        stop = f"{last - 0.01:.2f}%" if end else "100%"
        rules.append(f"@keyframes f{number}{{{start}{first:.2f}%,{stop}{{opacity:1}}{end}}}")
        uses = []
        for y, line in enumerate(lines):
            if line:
                name = known.setdefault(line_svg(line), f"l{len(known)}")
                uses.append(f'<use href="#{name}" y="{y * 18}"/>')
        still = "" if number == len(frames) - 1 else ' opacity="0"'
        out.append(
            f'<g{still} style="animation:f{number} {total:.1f}s infinite">{"".join(uses)}</g>'
        )
    width, height = COLUMNS * 8.43 + 32, ROWS * 18 + 56
    defined = "\n".join(f'<text id="{name}">{spans}</text>' for spans, name in known.items())
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" \
width="{width:.0f}" height="{height}" role="img" aria-labelledby="title">
<title id="title">A session of hybi in a terminal: messages, a ping, a close, JSON lines</title>
<style>
text{{font:14px ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace;fill:#e6edf3;\
white-space:pre}}
@media (prefers-reduced-motion){{g{{animation:none!important}}}}
{"".join(rules)}
</style>
<rect width="{width:.0f}" height="{height}" rx="10" fill="#0d1117"/>
<circle cx="20" cy="18" r="6" fill="#ff5f57"/><circle cx="40" cy="18" r="6" fill="#febc2e"/>\
<circle cx="60" cy="18" r="6" fill="#28c840"/>
<defs>
{defined}
</defs>
<svg x="16" y="52" overflow="visible">
{chr(10).join(out)}
</svg>
</svg>
"""


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: picture.py HYBI")
    frames = record(sys.argv[1])
    last = "\n".join("".join(text for text, _, _ in line) for line in frames[-1][0])
    for expected in ('"event":"closed","code":1000', "status 1"):
        if expected not in last:
            sys.exit(f"the session did not end with {expected!r}:\n{last}")
    (ROOT / "docs/session.svg").write_text(draw(frames))
    print(last)


if __name__ == "__main__":
    main()
