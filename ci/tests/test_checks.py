"""The checks of ci/ must find what they look for: each is given a case of it here."""

import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CI = Path(__file__).parent.parent
sys.path[:0] = [str(CI), str(CI / "autobahn"), str(CI / "peers")]

import client
import run as autobahn

import layers


class Guide(unittest.TestCase):
    def violations(self, page):
        """What ci/guide.py says about a page beside a crate and another page."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "core").mkdir()
            (root / "core/lib.rs").write_text("fn main() {\n    run();\n\n    end();\n}\n")
            (root / "docs").mkdir()
            (root / "docs/other.md").write_text("# Other\n\n## Two `words`, here\n")
            (root / "docs/page.md").write_text(page)
            result = subprocess.run(
                [sys.executable, CI / "guide.py", folder],
                check=False,
                capture_output=True,
                text=True,
            )
            lines = result.stdout.splitlines()[:-1]
            self.assertEqual(result.returncode, bool(lines), result.stdout + result.stderr)
            return lines

    def test_links_that_hold(self):
        good = (
            "# Page\n[a](other.md) [b](other.md#two-words-here) [c](../core/lib.rs) [d](#page)\n"
            "[e](https://example.com/none) ![f](../core)\n```text\n[no link](none.md)\n```\n"
            "<!-- from: core/lib.rs -->\n```rust\nrun();\nend();\n```\n"
        )
        self.assertEqual(self.violations(good), [])

    def test_links_and_samples_that_do_not(self):
        for page in (
            "[a](none.md)",
            "[a](other.md#none)",
            "[a](#none)",
            "![a](none.svg)",
            "<!-- from: core/none.rs -->\n```rust\nrun();\n```\n",
            "<!-- from: core/lib.rs -->\n```rust\nwalk();\n```\n",
        ):
            with self.subTest(page):
                self.assertEqual(len(self.violations(page)), 1)


class Layers(unittest.TestCase):
    def violations(self, files, manifests=()):
        """What ci/layers.py says about a tree with these files in core/src."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for crate in layers.PACKAGES:
                (root / crate / "src").mkdir(parents=True)
                (root / crate / "Cargo.toml").write_text(dict(manifests).get(crate, ""))
            for name, text in {"lib.rs": "pub mod frame;", **files}.items():
                path = root / "core/src" / name
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
            result = subprocess.run(
                [sys.executable, CI / "layers.py", folder],
                check=False,
                capture_output=True,
                text=True,
            )
            lines = result.stdout.splitlines()[:-1]
            self.assertEqual(result.returncode, bool(lines), result.stdout + result.stderr)
            return lines

    def test_order_that_holds(self):
        good = {
            "frame/mod.rs": "use crate::error::ProtocolError;\nuse super::close_code::CloseCode;\n",
            "frame/mask.rs": "use super::header::X;\nuse crate::frame::Opcode;\n// crate::driver\n",
            "driver.rs": "use crate::{connection::{State, driver}, error};\n"
            'const URL: &str = "ws://x"; fn f() -> crate::frame::X {}\n'
            "mod tests {\n    use super::*;\n}\n",
        }
        self.assertEqual(self.violations(good), [])

    def test_import_from_below(self):
        for text in (
            "use crate::connection::State;",
            "use crate::{error, driver::Timer};",
            "use crate::{\n    error::{A, B},\n    http::list,\n};",
            "fn f() -> crate::driver::X {}",
            "macro_rules! m { () => { $crate::uri::f() } }",
            "use super::super::connection::State;",
            "mod tests {\n    use super::super::super::driver::X;\n}",
        ):
            with self.subTest(text):
                self.assertEqual(len(self.violations({"frame/header.rs": text})), 1)

    def test_super_out_of_a_top_module(self):
        self.assertEqual(len(self.violations({"error.rs": "use super::frame::Opcode;"})), 1)
        self.assertEqual(len(self.violations({"frame/mod.rs": "use super::*;"})), 1)

    def test_same_line(self):
        self.assertEqual(len(self.violations({"http/mod.rs": "use crate::uri::Uri;"})), 1)

    def test_module_without_a_line(self):
        self.assertEqual(len(self.violations({"utils.rs": ""})), 1)
        self.assertEqual(len(self.violations({"frame/a.rs": "use crate::utils::f;"})), 1)

    def test_platforms(self):
        for crate, dependency in (
            ("core", '[dependencies]\nhybi-std.path = "x"'),
            ("platform-wasi", '[dev-dependencies]\nhybi-std = { path = "x" }'),
            (
                "platform-std",
                "[target.'cfg(unix)'.dependencies]\nx = { package = \"hybi-embedded\" }",
            ),
        ):
            with self.subTest(dependency):
                self.assertEqual(len(self.violations({}, {crate: dependency}.items())), 1)


OK = ["OK", "OK"]


class Autobahn(unittest.TestCase):
    def test_every_case_is_expected_ok_but_three(self):
        expected = json.loads((CI / "autobahn/expected.json").read_text())
        other = {case: verdict for case, verdict in expected.items() if verdict != OK}
        informational = ["INFORMATIONAL", "INFORMATIONAL"]
        self.assertEqual(other, dict.fromkeys(["7.1.6", "7.13.1", "7.13.2"], informational))
        self.assertEqual(len(expected), 517)
        sections = autobahn.parse_sections("1-10")
        self.assertEqual(sum(autobahn.section_of(case) in sections for case in expected), 301)

    def test_differences(self):
        expected = {"1.1": OK, "1.2": OK}
        self.assertEqual(list(autobahn.compare(expected, expected)), [])
        for found in (
            {"1.1": OK},
            {**expected, "1.3": OK},
            {**expected, "1.2": ["NON-STRICT", "OK"]},
            {**expected, "1.2": ["INFORMATIONAL", "OK"]},
            {**expected, "1.2": ["OK", "UNCLEAN"]},
            {**expected, "1.2": ["OK", "WRONG CODE"]},
        ):
            with self.subTest(found):
                self.assertEqual(len(list(autobahn.compare(found, expected))), 1)

    def test_messages_that_are_not_compressed(self):
        for case, size, ratio, wrong in (
            ("12.1.4", 1024, 0.2, 0),
            ("12.1.4", 1024, 1.0, 1),
            ("12.1.1", 16, 1.0, 0),
            ("9.1.1", 65536, 1.0, 0),
        ):
            with self.subTest(case=case, ratio=ratio), tempfile.TemporaryDirectory() as folder:
                traffic = {
                    "incomingWebSocketMessages": 1000,
                    "incomingOctetsAppLevel": 1000 * size,
                    "incomingCompressionRatio": ratio,
                }
                report = Path(folder) / "case.json"
                report.write_text(json.dumps({"trafficStats": traffic}))
                index = {case: {"reportfile": "case.html"}}
                found = list(autobahn.not_compressed(index, Path(folder)))
                self.assertEqual(len(found), wrong, found)


class Peers(unittest.TestCase):
    """`client` compares events with the contract."""

    def outcome(self, status, *events):
        return client.Outcome(["hybi"], status, "".join(json.dumps(e) + "\n" for e in events), "")

    def test_as_expected(self):
        self.outcome(0, client.text("x"), client.closed(1000)).expect(
            0, client.text("x"), client.closed(1000)
        )
        refused = {**client.error("tls"), "message": "certificate expired"}
        self.outcome(4, refused).expect(4, client.error("tls", re.compile("expired")))

    def test_differences(self):
        text, closed = client.text("x"), client.closed(1000)
        for status, *events in (
            (1, text, closed),
            (0, text),
            (0, text, text, closed),
            (0, closed, text),
            (0, client.text("y"), closed),
            (0, client.binary(b"x"), closed),
            (0, text, client.closed(1001)),
            (0, text, client.closed(1000, clean=False)),
            (0, text, client.closed(1000, initiator="peer")),
            (0, text, {**closed, "more": 1}),
            (0, {"data": "x", "event": "text"}, closed),
            (0, text, {"event": "closed", "code": 1000}),
        ):
            outcome = self.outcome(status, *events)
            with self.subTest(str(outcome)), self.assertRaises(client.Mismatch):
                outcome.expect(0, text, closed)

    def test_wrong_message(self):
        refused = {**client.error("tls"), "message": "unknown issuer"}
        with self.assertRaises(client.Mismatch):
            self.outcome(4, refused).expect(4, client.error("tls", re.compile("expired")))

    def test_exact_bytes(self):
        for line in ('{"event":"text","data":"x"} ', '{"event": "text", "data": "x"}'):
            outcome = client.Outcome(["hybi"], 0, line + "\n", "")
            outcome.expect(0, client.text("x"))
            with self.assertRaises(client.Mismatch):
                outcome.expect_exactly(0, client.text("x"))

    def test_not_json(self):
        with self.assertRaises(client.Mismatch):
            client.Outcome(["hybi"], 0, "connected\n", "")


if __name__ == "__main__":
    unittest.main()
