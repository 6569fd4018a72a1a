"""The judge of ci/hostile sees what it is for, and the fault proxy does what its rules say."""

import sys
import unittest
from dataclasses import replace
from pathlib import Path

CI = Path(__file__).parents[1]
sys.path += [str(CI / name) for name in ("hostile", "faults", "peers")]

import runner
import wire
from case import Case, closed, failed, text
from peer import Log, unmask
from proxy import Direction
from tables import all_cases

CONNECTED = '{"event":"connected"}\n'
TEXT = '{"event":"text","data":"hi"}\n'
CLOSED = '{"event":"closed","code":1000,"reason":"","initiator":"peer","clean":true}\n'
ERROR = '{"event":"error","kind":"protocol","close_code":1002,"status":null,"message":"x"}\n'


def judged(case, output, status=0, wire_code=1000, strict=True, **ended):
    log = Log(None)
    if wire_code is not None:
        log.frames.append((wire.CLOSE, wire_code.to_bytes(2, "big")))
    one = runner.Client("test", ["test"], strict=strict)
    end = runner.Ended(["test"], status, output, "", **({"seconds": 0.1} | ended))
    return runner.judge(case, None, one, end, log)


class Judge(unittest.TestCase):
    def setUp(self):
        self.good = Case("good", "why", None, closed(1000, text("hi")))
        self.bad = Case("bad", "why", None, failed(1002))

    def test_what_is_right(self):
        self.assertTrue(judged(self.good, CONNECTED + TEXT + CLOSED).passed)
        self.assertTrue(judged(self.bad, CONNECTED + ERROR, 5, 1002).passed)

    def test_what_is_wrong(self):
        for output, status, code, ended in (
            (CONNECTED + CLOSED, 0, 1000, {}),
            (CONNECTED + TEXT + TEXT + CLOSED, 0, 1000, {}),
            (TEXT + CLOSED, 0, 1000, {}),
            (CONNECTED + TEXT + CLOSED, 1, 1000, {}),
            (CONNECTED + TEXT + CLOSED, None, 1000, {}),
            (CONNECTED + TEXT + CLOSED, 0, 1001, {}),
            (CONNECTED + TEXT + CLOSED, 0, None, {}),
            (CONNECTED + TEXT + CLOSED, 0, 1000, {"seconds": 5}),
            (CONNECTED + TEXT + CLOSED, 0, 1000, {"resident": 99}),
            (CONNECTED + TEXT + ERROR, 5, 1000, {}),
            ("", 0, 1000, {}),
            ("no JSON\n", 0, 1000, {}),
        ):
            self.assertFalse(judged(self.good, output, status, code, **ended).passed, output)
        early = replace(self.good, at_least=1)
        self.assertFalse(judged(early, CONNECTED + TEXT + CLOSED).passed)

    def test_other_clients(self):
        """Kinds and exits are their own; the Close code is counted apart."""
        other = ERROR.replace("protocol", "other")
        verdict = judged(self.bad, CONNECTED + other, 1, None, strict=False)
        self.assertTrue(verdict.passed)
        self.assertFalse(verdict.told)
        self.assertFalse(judged(self.bad, CONNECTED + TEXT + other, 1, strict=False).passed)
        self.assertFalse(judged(self.bad, CONNECTED + CLOSED, 0, strict=False).passed)
        self.assertIsNone(judged(self.bad, "", runner.UNSUPPORTED, strict=False).passed)

    def test_what_the_server_saw(self):
        log = Log(None)
        log.violations.append("a frame is not masked")
        one = runner.Client("test", ["test"])
        end = runner.Ended(["test"], 0, CONNECTED + TEXT + CLOSED, "", 0.1)
        case = replace(self.good, expect=replace(self.good.expect, wire=None))
        self.assertFalse(runner.judge(case, None, one, end, log).passed)


class Tables(unittest.TestCase):
    def test_cases_have_names_and_reasons(self):
        cases = list(all_cases())
        self.assertGreater(len(cases), 200)
        self.assertEqual(len({case.name for case in cases}), len(cases))
        self.assertTrue(all(case.reason and case.each for case in cases))


class Bytes(unittest.TestCase):
    def test_frames(self):
        self.assertEqual(wire.text("hi"), b"\x81\x02hi")
        self.assertEqual(wire.binary(bytes(126))[:4], b"\x82\x7e\x00\x7e")
        self.assertEqual(wire.ping(b"a", form=2), b"\x89\x7e\x00\x01a")
        self.assertEqual(wire.text("a", mask=b"\x01\x02\x03\x04"), b"\x81\x81\x01\x02\x03\x04\x60")
        self.assertEqual(unmask(b"\x60", b"\x01\x02\x03\x04"), b"a")
        self.assertEqual(
            wire.accept_for("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        )


class Rules(unittest.TestCase):
    def test_of_the_proxy(self):
        pieces = list(Direction(["chunk=2"]).pieces(b"abcde", 0))
        self.assertEqual(pieces, [(b"ab", None), (b"cd", None), (b"e", None)])
        self.assertEqual(list(Direction(["cut=3"]).pieces(b"abcde", 0)), [(b"abc", "cut")])
        self.assertEqual(list(Direction(["cut=7"]).pieces(b"abcde", 5)), [(b"ab", "cut")])
        self.assertEqual(list(Direction(["flip=6"]).pieces(b"ab", 5)), [(b"ac", None)])
        with self.assertRaises(ValueError):
            Direction(["no=1"])


if __name__ == "__main__":
    unittest.main()
