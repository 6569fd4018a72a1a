//! Every input at every split, with every receive buffer, through the
//! sans-I/O loop, the blocking driver and the async driver (also with its
//! futures dropped at every await): one and the same transcript.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says so by panicking"
)]

mod common;

use common::{Script, Transcript, frame, run_async, run_blocking, run_sans_io, shorten};
use hybi_core::connection::{Config, Delivery};

/// What a server sends, and the lines that a client sees.
fn cases() -> Vec<(&'static str, Vec<u8>, Vec<String>)> {
    let sevens = format!("Binary {}", shorten(&[7; 256]));
    let pings = format!("Ping {}", shorten(&[b'p'; 125]));
    let pongs = format!("Pong {}", shorten(&[b'q'; 125]));
    let text = format!("Text {}", shorten(&[[b'a'; 60], [b'b'; 60]].concat()));
    let closed =
        "Closed { code: Some(CloseCode(1000)), reason: \"bye\", initiator: Peer, clean: true }";
    let bye = frame(0x88, b"\x03\xe8bye");
    let join = |parts: &[&[u8]]| parts.concat();
    let cases: Vec<(_, _, Vec<&str>)> = vec![
        (
            "samples of section 5.7",
            join(&[
                b"\x81\x05Hello",
                b"\x01\x03Hel\x80\x02lo",
                b"\x89\x05Hello",
                &frame(0x82, &[7; 256]),
                &bye,
            ]),
            vec![
                "Text \"Hello\"",
                "Text \"Hello\"",
                "Ping \"Hello\"",
                &sevens,
                closed,
            ],
        ),
        (
            "control frames between fragments",
            join(&[
                b"\x02\x02ab\x89\x01p\x00\x02cd\x8a\x02po\x89\x00\x80\x01e",
                &bye,
            ]),
            vec![
                "Ping \"p\"",
                "Pong \"po\"",
                "Ping \"\"",
                "Binary \"abcde\"",
                closed,
            ],
        ),
        (
            "empty frames and fragments",
            join(&[b"\x81\x00\x01\x00\x00\x00\x80\x00\x82\x00\x8a\x00", &bye]),
            vec!["Text \"\"", "Text \"\"", "Binary \"\"", "Pong \"\"", closed],
        ),
        (
            "code points cut by fragments",
            join(&[b"\x01\x01\xce\x80\x03\xba\xf0\x9f", b""]),
            vec!["Protocol(InvalidUtf8)"],
        ),
        (
            "code points joined over fragments",
            join(&[b"\x01\x01\xce\x00\x03\xba\xf0\x9f\x80\x02\x98\x80", &bye]),
            vec!["Text \"κ😀\"", closed],
        ),
        (
            "text that fails inside a frame",
            b"\x81\x7dabc\xed\xa0".to_vec(),
            vec!["Protocol(InvalidUtf8)"],
        ),
        (
            "an unknown opcode after a message",
            b"\x81\x02ok\x83\x00\x81\x04lost".to_vec(),
            vec!["Text \"ok\"", "Protocol(ReservedOpcode(3))"],
        ),
        (
            "a continuation of nothing",
            b"\x80\x01x".to_vec(),
            vec!["Protocol(UnexpectedContinuation)"],
        ),
        (
            "a message inside a message",
            b"\x01\x01a\x81\x01b".to_vec(),
            vec!["Protocol(ExpectedContinuation)"],
        ),
        (
            "a close without a code",
            b"\x88\x00".to_vec(),
            vec!["Closed { code: None, reason: \"\", initiator: Peer, clean: true }"],
        ),
        (
            "a close code that is not one",
            b"\x88\x02\x03\xed".to_vec(),
            vec!["Protocol(InvalidCloseCode(1005))"],
        ),
        (
            "half a close code",
            b"\x88\x01\x03".to_vec(),
            vec!["Protocol(TruncatedCloseCode)"],
        ),
        (
            "a close reason that is not text",
            b"\x88\x03\x03\xe8\xff".to_vec(),
            vec!["Protocol(InvalidCloseReason)"],
        ),
        (
            "frames after a close",
            join(&[&bye, b"\x81\x04late\x89\x01x"]),
            vec![closed],
        ),
        (
            "the largest control frames",
            join(&[
                &frame(0x01, &[b'a'; 60]),
                &frame(0x89, &[b'p'; 125]),
                &frame(0x8A, &[b'q'; 125]),
                &frame(0x80, &[b'b'; 60]),
                &bye,
            ]),
            vec![&pings, &pongs, &text, closed],
        ),
        (
            "an end in the middle of a frame",
            b"\x81\x02ok\x81\x05He".to_vec(),
            vec!["Text \"ok\"", "ConnectionLost"],
        ),
        ("an end at once", vec![], vec!["ConnectionLost"]),
        (
            "a masked frame",
            b"\x81\x85\x01\x02\x03\x04".to_vec(),
            vec!["Protocol(MaskedFrame)"],
        ),
        (
            "a reserved bit",
            b"\xc1\x00".to_vec(),
            vec!["Protocol(ReservedBits)"],
        ),
    ];
    let owned = |lines: Vec<&str>| lines.into_iter().map(String::from).collect();
    cases
        .into_iter()
        .map(|(name, input, lines)| (name, input, owned(lines)))
        .collect()
}

fn config(delivery: Delivery) -> Config {
    let mut config = Config::default();
    config.delivery = delivery;
    config.close_timeout = None;
    config
}

/// All runs of one input agree; returns the transcript.
fn one_transcript(name: &str, input: &[u8], rx: usize, config: &Config) -> Transcript {
    let whole = run_sans_io(Script::new([input]), rx, config);
    let check = |pieces: &[&[u8]], how: &str| {
        let script = || Script::new(pieces.iter().copied().filter(|piece| !piece.is_empty()));
        let sizes: Vec<usize> = pieces.iter().map(|piece| piece.len()).collect();
        let context = format!("{name}, rx {rx}, {how} {sizes:?}");
        assert_eq!(
            run_sans_io(script(), rx, config),
            whole,
            "sans-io, {context}"
        );
        let mut choppy = script();
        choppy.write_limit = 3;
        assert_eq!(
            run_blocking(choppy, rx, config),
            whole,
            "blocking, {context}"
        );
        for drop_always in [false, true] {
            let mut slow = script();
            slow.slow = true;
            slow.write_limit = 5;
            assert_eq!(
                run_async(slow, rx, config, drop_always),
                whole,
                "async, dropped {drop_always}, {context}"
            );
        }
    };
    for cut in 0..=input.len() {
        let (a, b) = input.split_at(cut);
        check(&[a, b], "cut");
    }
    for size in [1, 2, 3, 7] {
        check(&input.chunks(size).collect::<Vec<_>>(), "chunks");
    }
    whole
}

#[test]
fn whole_messages() {
    for (name, input, expected) in cases() {
        for rx in [384, 385, 400, 777, 4096] {
            let transcript = one_transcript(name, &input, rx, &config(Delivery::Whole));
            assert_eq!(transcript.events, expected, "{name}, rx {rx}");
        }
    }
}

#[test]
fn chunks_through_the_smallest_buffers() {
    for (name, input, expected) in cases() {
        let expected: Vec<String> = expected
            .iter()
            .map(|line| {
                line.replacen("Text ", "Text in chunks ", 1).replacen(
                    "Binary ",
                    "Binary in chunks ",
                    1,
                )
            })
            .collect();
        for rx in [128, 129, 200, 4096] {
            let transcript = one_transcript(name, &input, rx, &config(Delivery::Chunks));
            assert_eq!(transcript.events, expected, "{name}, rx {rx}");
        }
    }
}

/// The frames that go back, for each kind of case.
#[test]
fn replies() {
    let replies = |input: &[u8]| {
        let transcript = one_transcript("replies", input, 512, &config(Delivery::Whole));
        common::client_frames(&transcript.sent)
    };
    assert_eq!(
        replies(b"\x89\x01a\x89\x00\x88\x05\x03\xe9bye"),
        [
            (0x8A, b"a".to_vec()),
            (0x8A, vec![]),
            (0x88, b"\x03\xe9".to_vec())
        ]
    );
    assert_eq!(replies(b"\x88\x00"), [(0x88, vec![])]);
    assert_eq!(replies(b"\x83\x00"), [(0x88, b"\x03\xea".to_vec())]);
    assert_eq!(replies(b"\x81\x01\xff"), [(0x88, b"\x03\xef".to_vec())]);
    assert_eq!(replies(b"\x81\x01"), []);
}

/// The opt-out: text may be anything; a reason in a Close frame may not.
#[test]
fn text_that_nobody_checks() {
    let unchecked = |delivery| {
        let mut config = config(delivery);
        config.validate_utf8 = false;
        config
    };
    let input = b"\x81\x02ok\x01\x01\xce\x89\x01p\x80\x02\xff\xed\x81\x00\x88\x03\x03\xe8\xff";
    let last = "Protocol(InvalidCloseReason)";
    let whole = one_transcript("raw", input, 400, &unchecked(Delivery::Whole));
    assert_eq!(
        whole.events,
        [
            "RawText [6f, 6b]",
            "Ping \"p\"",
            "RawText [ce, ff, ed]",
            "RawText []",
            last
        ]
    );
    let chunks = one_transcript("raw", input, 128, &unchecked(Delivery::Chunks));
    let lossy = shorten(b"\xce\xff\xed");
    assert_eq!(
        chunks.events,
        [
            "Text in chunks \"ok\"",
            "Ping \"p\"",
            &format!("Text in chunks {lossy}"),
            "Text in chunks \"\"",
            last
        ]
    );
}
