//! permessage-deflate on a connection, checked against another
//! implementation of deflate (zlib-rs).
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says so by panicking"
)]

mod common;

use std::time::Duration;

use common::{
    Client, Script, Transcript, client_frames, drive_async, drive_blocking, drive_sans_io,
    extended, frame, shorten,
};
use hybi_core::{
    close_code::CloseCode,
    connection::{Config, Delivery, Event},
    error::{Limit, ProtocolError, ReceiveError},
    extension::{
        Compressor, NoCompressor,
        deflate::{Deflate, DeflateParams, Inflate, PerMessageDeflate},
    },
};
use zlib_rs::{DeflateFlush, InflateFlush, Status};

type Receiver = PerMessageDeflate<Inflate<Vec<u8>>, Vec<u8>>;

const PLAIN: DeflateParams = DeflateParams {
    server_no_context_takeover: false,
    client_no_context_takeover: false,
    server_max_window_bits: 15,
    client_max_window_bits: 15,
};

const NO_TAKEOVER: DeflateParams = DeflateParams {
    server_no_context_takeover: true,
    client_no_context_takeover: true,
    ..PLAIN
};

fn receiver(params: DeflateParams) -> Receiver {
    let inflate = Inflate::new(params.server_max_window_bits, Vec::new()).unwrap();
    PerMessageDeflate::new(params, inflate, Vec::new(), NoCompressor)
}

fn config(delivery: Delivery) -> Config {
    let mut config = Config::default();
    config.delivery = delivery;
    config.close_timeout = None;
    config
}

/// All runs of one input agree; returns the transcript.
fn one_transcript(input: &[u8], params: DeflateParams, rx: usize, config: &Config) -> Transcript {
    let conn = || extended(rx, config, receiver(params));
    let whole = drive_sans_io(Script::new([input]), conn());
    let check = |pieces: &[&[u8]]| {
        let script = || Script::new(pieces.iter().copied().filter(|piece| !piece.is_empty()));
        let sizes: Vec<usize> = pieces.iter().map(|piece| piece.len()).collect();
        assert_eq!(drive_sans_io(script(), conn()), whole, "{sizes:?}");
        assert_eq!(drive_blocking(script(), conn()), whole, "{sizes:?}");
        for drop_always in [false, true] {
            let mut slow = script();
            slow.slow = true;
            assert_eq!(drive_async(slow, conn(), drop_always), whole, "{sizes:?}");
        }
    };
    for cut in 0..=input.len() {
        let (a, b) = input.split_at(cut);
        check(&[a, b]);
    }
    for size in [1, 2, 3, 7] {
        check(&input.chunks(size).collect::<Vec<_>>());
    }
    whole
}

/// RFC 7692 §7.2.3, each of its frames, at every split.
#[test]
fn samples_of_section_7_2_3() {
    let input = [
        &b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"[..],
        // In two fragments, with a Ping between.
        b"\x41\x03\xf2\x48\xcd\x89\x01p\x80\x04\xc9\xc9\x07\x00",
        // With the window of the messages before.
        b"\xc1\x05\xf2\x00\x11\x00\x00",
        // Without compression, with BFINAL, in two blocks, empty.
        b"\xc1\x0b\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00",
        b"\xc1\x08\xf3\x48\xcd\xc9\xc9\x07\x00\x00",
        b"\xc1\x07\xf3\x48\xcd\xc9\xc9\x07\x00",
        b"\xc1\x0d\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00",
        b"\xc2\x01\x00",
        // Uncompressed, which the extension allows.
        b"\x81\x02ok",
        b"\x88\x00",
    ]
    .concat();
    let hello = "Text \"Hello\"";
    let closed = "Closed { code: None, reason: \"\", initiator: Peer, clean: true }";
    let expected = [
        hello,
        "Ping \"p\"",
        hello,
        hello,
        hello,
        hello,
        hello,
        hello,
        "Binary \"\"",
        "Text \"ok\"",
        closed,
    ];
    for rx in [128, 500] {
        let transcript = one_transcript(&input, PLAIN, rx, &config(Delivery::Whole));
        assert_eq!(transcript.events, expected);
        let transcript = one_transcript(&input, PLAIN, rx, &config(Delivery::Chunks));
        let expected = expected.map(|line| {
            line.replacen("Text ", "Text in chunks ", 1)
                .replacen("Binary ", "Binary in chunks ", 1)
        });
        assert_eq!(transcript.events, expected);
    }
}

#[test]
fn rules_of_rsv1() {
    for (input, error) in [
        // On a continuation, on control frames, RSV2.
        (&b"\x41\x00\xc0\x00"[..], "Protocol(ReservedBits)"),
        (b"\xc9\x00", "Protocol(ReservedBits)"),
        (b"\xc8\x00", "Protocol(ReservedBits)"),
        (b"\xa1\x00", "Protocol(ReservedBits)"),
        // Damaged data; and text that is not UTF-8 once decompressed.
        (b"\xc1\x02\xff\xff", "Protocol(InvalidCompressedData)"),
        (b"\xc1\x03\xf2\x48\xcd", "Protocol(InvalidCompressedData)"),
        (
            b"\xc1\x05\xf2\x00\x11\x00\x00",
            "Protocol(InvalidCompressedData)",
        ),
        (
            b"\xc1\x07\x00\x01\x00\xfe\xff\xff\x00",
            "Protocol(InvalidUtf8)",
        ),
    ] {
        let transcript = one_transcript(input, PLAIN, 200, &config(Delivery::Whole));
        assert_eq!(transcript.events.last().unwrap(), error, "{input:x?}");
        let code = &client_frames(&transcript.sent)[0].1;
        let expected = if error.contains("ReservedBits") {
            b"\x03\xea"
        } else {
            b"\x03\xef"
        };
        assert_eq!(code, expected, "{input:x?}");
    }
}

#[test]
fn compressed_text_that_nobody_checks() {
    let input = b"\xc1\x07\x00\x01\x00\xfe\xff\xff\x00\x88\x00";
    let closed = "Closed { code: None, reason: \"\", initiator: Peer, clean: true }";
    for (delivery, line) in [
        (Delivery::Whole, "RawText [ff]"),
        (Delivery::Chunks, "Text in chunks \"\u{fffd}\""),
    ] {
        let mut config = config(delivery);
        config.validate_utf8 = false;
        let transcript = one_transcript(input, PLAIN, 200, &config);
        assert_eq!(transcript.events, [line, closed]);
    }
}

#[test]
fn without_takeover_the_window_is_forgotten() {
    let hello = b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00";
    let input = [&hello[..], hello, b"\xc1\x05\xf2\x00\x11\x00\x00"].concat();
    let transcript = one_transcript(&input, NO_TAKEOVER, 200, &config(Delivery::Whole));
    assert_eq!(
        transcript.events,
        [
            "Text \"Hello\"",
            "Text \"Hello\"",
            "Protocol(InvalidCompressedData)"
        ]
    );
}

/// A small generator: the tests are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    /// Repeats itself, near and far, and is now and then noise.
    fn message(&mut self, len: usize) -> Vec<u8> {
        let mut out: Vec<u8> = Vec::new();
        while out.len() < len {
            match self.below(4) {
                0 => out.extend((0..self.below(200)).map(|_| self.below(256).to_le_bytes()[0])),
                1 => out.extend(std::iter::repeat_n(b'x', self.below(700))),
                2 => out.extend(b"{\"sensor\":\"temperature\",\"value\":21.5}"),
                _ if out.is_empty() => {}
                _ => {
                    let start = self.below(out.len());
                    let end = (start + self.below(900)).min(out.len());
                    out.extend_from_within(start..end);
                }
            }
        }
        out.truncate(len);
        out
    }
}

/// What zlib-rs compresses, we decompress: all windows, with and without
/// takeover, levels, fragments, both deliveries.
#[test]
fn receives_what_another_library_compresses() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for bits in 9..=15 {
        for takeover in [true, false] {
            for level in [1, 6, 9] {
                let params = DeflateParams {
                    server_no_context_takeover: !takeover,
                    server_max_window_bits: bits,
                    ..PLAIN
                };
                let mut encoder = zlib_rs::Deflate::new(level, false, bits);
                let mut input = Vec::new();
                let mut expected = Vec::new();
                for _ in 0..12 {
                    let len = match random.below(3) {
                        0 => random.below(10),
                        1 => random.below(3000),
                        _ => random.below(90_000),
                    };
                    let message = random.message(len);
                    let mut compressed = vec![0; message.len() * 2 + 100];
                    let before = encoder.total_out();
                    let status = encoder
                        .compress(&message, &mut compressed, DeflateFlush::SyncFlush)
                        .unwrap();
                    let written = usize::try_from(encoder.total_out() - before).unwrap();
                    if status == Status::BufError {
                        // Nothing new to flush.
                        compressed = vec![0];
                    } else {
                        compressed.truncate(written - 4);
                    }
                    if !takeover {
                        encoder.reset();
                    }
                    expected.push(format!("Binary {}", shorten(&message)));
                    // In up to three fragments.
                    let size = compressed.len() + 1;
                    let (a, b) = (random.below(size), random.below(size));
                    let (a, b) = (a.min(b), a.max(b));
                    input.extend(frame(0x42, &compressed[..a]));
                    input.extend(frame(0x00, &compressed[a..b]));
                    input.extend(frame(0x80, &compressed[b..]));
                }
                input.extend(b"\x88\x00");
                for delivery in [Delivery::Whole, Delivery::Chunks] {
                    let conn = extended(256, &config(delivery), receiver(params));
                    let step = 1 + random.below(2000);
                    let transcript = drive_sans_io(Script::new(input.chunks(step)), conn);
                    let events: Vec<String> = transcript
                        .events
                        .iter()
                        .map(|line| line.replacen(" in chunks", "", 1))
                        .collect();
                    assert_eq!(
                        events[..expected.len().min(events.len())],
                        expected,
                        "bits {bits}, takeover {takeover}, level {level}"
                    );
                }
            }
        }
    }
}

/// Messages that end with BFINAL, of every length around the window's size:
/// the end of the block may be left when the window is full.
#[test]
fn a_final_block_may_end_where_the_window_does() {
    let mut random = Random(99);
    for len in (500..=530).chain(1020..=1028) {
        let message = random.message(len);
        let mut input = Vec::new();
        for _ in 0..2 {
            let mut encoder = zlib_rs::Deflate::new(6, false, 9);
            let mut compressed = vec![0; 3000];
            encoder
                .compress(&message, &mut compressed, DeflateFlush::Finish)
                .unwrap();
            compressed.truncate(usize::try_from(encoder.total_out()).unwrap());
            // Some servers add the byte that §7.2.3.4 has, some do not.
            input.extend(frame(0xC2, &compressed));
            compressed.push(0);
            input.extend(frame(0xC2, &compressed));
        }
        let params = DeflateParams {
            server_max_window_bits: 9,
            ..PLAIN
        };
        let conn = extended(256, &config(Delivery::Whole), receiver(params));
        let transcript = drive_sans_io(Script::new([&input[..]]), conn);
        let line = format!("Binary {}", shorten(&message));
        assert_eq!(transcript.events[..4], vec![line; 4], "{len}");
    }
}

/// What we compress, zlib-rs decompresses with the window that was agreed.
#[test]
fn another_library_decompresses_what_is_sent() {
    let mut random = Random(0x1234_5678_9ABC_DEF1);
    for bits in 9..=15 {
        for takeover in [true, false] {
            for level in [1, 6, 10] {
                let params = DeflateParams {
                    client_no_context_takeover: !takeover,
                    client_max_window_bits: bits,
                    ..PLAIN
                };
                let deflate = Deflate::new(bits, level);
                let inflate = Inflate::new(9, Vec::new()).unwrap();
                let extension =
                    PerMessageDeflate::new(params, inflate, [0; 0], deflate).threshold(10);
                let (rx, tx) = (common::Fixed::new(256), common::Fixed::new(3000));
                let mut conn = hybi_core::connection::Connection::with_extension(
                    rx,
                    tx,
                    common::Counter::default(),
                    Config::default(),
                    extension,
                )
                .unwrap();
                let mut decoder = zlib_rs::Inflate::new(false, bits);
                for _ in 0..20 {
                    let len = random.below(8000);
                    let message = random.message(len);
                    let sent = send_in_pieces(&mut conn, &message, &mut random);
                    assert_eq!(inflate_frames(&sent, &mut decoder), message);
                    if !takeover {
                        decoder.reset(false);
                    }
                }
            }
        }
    }
}

type Sender = hybi_core::connection::Connection<
    common::Fixed,
    common::Fixed,
    common::Counter,
    PerMessageDeflate<Inflate<Vec<u8>>, [u8; 0], Deflate>,
>;

/// Sends a message whole where it fits, else in pieces; returns the bytes.
fn send_in_pieces(conn: &mut Sender, message: &[u8], random: &mut Random) -> Vec<u8> {
    let mut sent = Vec::new();
    let mut drain = |conn: &mut Sender| {
        sent.extend_from_slice(conn.transmit());
        conn.transmitted(conn.transmit().len());
    };
    if random.below(2) == 0 && conn.send_binary(message).is_ok() {
        drain(conn);
        return sent;
    }
    let mut rest = message;
    loop {
        let step = rest.len().min(1 + random.below(4000));
        let last = step == rest.len() && random.below(2) == 0;
        let taken = conn.send_binary_piece(&rest[..step], last).unwrap();
        rest = &rest[taken..];
        drain(conn);
        if last && taken == step {
            return sent;
        }
        if rest.is_empty() {
            assert_eq!(conn.send_binary_piece(&[], true), Ok(0));
            drain(conn);
            return sent;
        }
    }
}

/// The message in the frames that a client sent.
fn inflate_frames(sent: &[u8], decoder: &mut zlib_rs::Inflate) -> Vec<u8> {
    let frames = client_frames(sent);
    let mut payload: Vec<u8> = frames.iter().flat_map(|frame| frame.1.clone()).collect();
    for (index, (first, _)) in frames.iter().enumerate() {
        assert_eq!(first & 0x80 != 0, index + 1 == frames.len(), "FIN");
        assert!(index == 0 || first & 0x7F == 0, "continuation without RSV1");
    }
    if frames[0].0 & 0x40 == 0 {
        return payload;
    }
    payload.extend([0, 0, 0xFF, 0xFF]);
    let (mut out, mut input) = (Vec::new(), &payload[..]);
    loop {
        // A call may refer back to all that it wrote itself: with little room
        // to write, to the window alone.
        let mut part = [0; 8];
        let before = (decoder.total_in(), decoder.total_out());
        let status = decoder.decompress(input, &mut part, InflateFlush::SyncFlush);
        input = &input[usize::try_from(decoder.total_in() - before.0).unwrap()..];
        let written = usize::try_from(decoder.total_out() - before.1).unwrap();
        out.extend_from_slice(&part[..written]);
        match status.unwrap() {
            Status::BufError if written == 0 => break,
            _ => {}
        }
    }
    assert!(input.is_empty(), "all of it was used");
    out
}

#[test]
fn small_messages_and_overrides() {
    let inflate = Inflate::new(9, Vec::new()).unwrap();
    let extension = PerMessageDeflate::new(PLAIN, inflate, [0; 0], Deflate::new(15, 6));
    let mut conn = extended(256, &Config::default(), extension);
    let first = |conn: &mut Client<_>| {
        let first = conn.transmit()[0];
        conn.transmitted(conn.transmit().len());
        first
    };
    conn.send_text(&"a".repeat(63)).unwrap();
    assert_eq!(first(&mut conn), 0x81, "below the threshold");
    conn.send_text(&"a".repeat(64)).unwrap();
    assert_eq!(first(&mut conn), 0xC1);
    conn.extension_mut().override_next(false);
    conn.send_text(&"a".repeat(64)).unwrap();
    assert_eq!(first(&mut conn), 0x81, "told not to");
    conn.extension_mut().override_next(true);
    conn.send_text("a").unwrap();
    assert_eq!(first(&mut conn), 0xC1, "told to");
    conn.send_text(&"a".repeat(64)).unwrap();
    assert_eq!(first(&mut conn), 0xC1, "once");
    conn.send_text("").unwrap();
    assert_eq!(first(&mut conn), 0x81);
    conn.ping(b"p").unwrap();
    assert_eq!(first(&mut conn), 0x89);
}

/// A compressor that gives up leaves the message uncompressed.
#[test]
fn a_compressor_that_fails_costs_only_compression() {
    #[derive(Debug)]
    struct Broken;
    impl Compressor for Broken {
        fn compress(&mut self, _: &[u8], _: &mut [u8]) -> Option<usize> {
            None
        }
        fn reset(&mut self) {}
    }
    let inflate = Inflate::new(9, Vec::new()).unwrap();
    let extension = PerMessageDeflate::new(PLAIN, inflate, [0; 0], Broken);
    let mut conn = extended(256, &Config::default(), extension);
    conn.send_binary(&[7; 100]).unwrap();
    conn.send_binary_piece(&[7; 100], false).unwrap();
    assert_eq!(
        client_frames(conn.transmit()),
        [(0x82, vec![7; 100]), (0x02, vec![7; 100])]
    );
}

/// 1 GiB of zeros in 1 MiB against a limit of 1 MiB: stopped as soon as the
/// limit is passed, in both deliveries.
#[test]
fn a_bomb_is_stopped_at_the_limit() {
    let mut encoder = zlib_rs::Deflate::new(9, false, 15);
    let zeros = vec![0; 1 << 20];
    let mut bomb = Vec::new();
    for _ in 0..3 {
        let mut out = vec![0; 4096];
        let before = encoder.total_out();
        encoder
            .compress(&zeros, &mut out, DeflateFlush::SyncFlush)
            .unwrap();
        out.truncate(usize::try_from(encoder.total_out() - before).unwrap());
        bomb.push(out);
    }
    // From the second on, they are all the same.
    assert_eq!(bomb[1], bomb[2]);
    let bomb = [&bomb[0][..], &bomb[1].repeat(1023)].concat();
    let input = frame(0xC2, &bomb);
    for delivery in [Delivery::Whole, Delivery::Chunks] {
        let mut config = config(delivery);
        config.max_message_size = 1 << 20;
        let mut conn = extended(4096, &config, receiver(PLAIN));
        let mut script = Script::new([&input[..]]);
        let mut handed_over = 0;
        let error = loop {
            match conn.poll_event(Duration::ZERO) {
                Ok(Some(Event::Chunk(chunk))) => handed_over += chunk.data.len(),
                Ok(Some(event)) => panic!("{event:?}"),
                Ok(None) => {}
                Err(error) => break error,
            }
            if conn.transmit().is_empty() {
                let n = embedded_io::Read::read(&mut script, conn.receive_buffer()).unwrap();
                conn.received(n);
            } else {
                let close = [(0x88, b"\x03\xf1".to_vec())];
                assert_eq!(client_frames(conn.transmit()), close);
                conn.transmitted(conn.transmit().len());
            }
        };
        match error {
            ReceiveError::Capacity(error) => {
                assert_eq!((error.limit, error.allowed), (Limit::Message, 1 << 20));
                assert_eq!(error.close_code(), CloseCode::MESSAGE_TOO_BIG);
                // One window too much at most.
                assert!(error.needed <= (1 << 20) + (1 << 15), "{error:?}");
            }
            error => panic!("{error:?}"),
        }
        assert!(handed_over <= 1 << 20);
        let left: usize = script.input.iter().map(Vec::len).sum();
        assert!(left > input.len() - 10_000, "it was not read on: {left}");
    }
}

/// Empty blocks come out of nothing: what goes in is limited, too.
#[test]
fn compressed_nothing_is_limited() {
    let mut config = config(Delivery::Chunks);
    config.max_message_size = 10_000;
    let blocks = [0, 0, 0, 0xFF, 0xFF].repeat(5000);
    let input = frame(0x42, &blocks);
    let conn = extended(256, &config, receiver(PLAIN));
    let transcript = drive_sans_io(Script::new([&input[..]]), conn);
    assert!(
        transcript.events[0].starts_with("Capacity"),
        "{transcript:?}"
    );
}

/// No allocator, a window of 10 bits, messages of any size in chunks.
#[test]
fn receiving_allocates_nothing() {
    let mut random = Random(77);
    let message = random.message(100_000);
    let mut encoder = zlib_rs::Deflate::new(6, false, 10);
    let mut out = vec![0; 300_000];
    encoder
        .compress(&message, &mut out, DeflateFlush::SyncFlush)
        .unwrap();
    out.truncate(usize::try_from(encoder.total_out()).unwrap() - 4);
    let input = [frame(0xC2, &out), b"\x88\x00".to_vec()].concat();
    let mut config = config(Delivery::Chunks);
    config.close_timeout = None;
    let params = DeflateParams {
        server_max_window_bits: 10,
        ..PLAIN
    };
    let (mut at, mut given, mut size) = (0, 0, 0);
    let counted = allocation_counter::measure(|| {
        let inflate = Inflate::new(10, [0u8; 1024]).unwrap();
        let extension = PerMessageDeflate::new(params, inflate, [0u8; 0], NoCompressor);
        let (rx, tx) = ([0u8; 256], [0u8; 256]);
        let entropy = common::Counter::default();
        let mut conn =
            hybi_core::connection::Connection::with_extension(rx, tx, entropy, config, extension)
                .unwrap();
        size = size_of_val(&conn);
        loop {
            match conn.poll_event(Duration::ZERO).unwrap() {
                Some(Event::Chunk(chunk)) => {
                    assert_eq!(chunk.data, &message[at..at + chunk.data.len()]);
                    at += chunk.data.len();
                }
                Some(_) => break,
                None => {
                    conn.transmitted(usize::MAX);
                    let buffer = conn.receive_buffer();
                    let n = buffer.len().min(input.len() - given);
                    buffer[..n].copy_from_slice(&input[given..given + n]);
                    given += n;
                    conn.received(n);
                }
            }
        }
    });
    assert_eq!(at, message.len());
    assert_eq!(counted.count_total, 0);
    println!("{size} bytes in all, buffers and window included");
    assert!(size < 13_000);
}

#[test]
fn damaged_messages_never_panic() {
    let mut random = Random(4711);
    let message = random.message(3000);
    let mut encoder = zlib_rs::Deflate::new(6, false, 15);
    let mut good = vec![0; 6000];
    encoder
        .compress(&message, &mut good, DeflateFlush::SyncFlush)
        .unwrap();
    good.truncate(usize::try_from(encoder.total_out()).unwrap() - 4);
    let mut failed = 0;
    for _ in 0..2000 {
        let mut bad = good.clone();
        for _ in 0..=random.below(3) {
            let at = random.below(bad.len());
            bad[at] ^= 1 << random.below(8);
        }
        let input = [frame(0xC2, &bad), b"\x88\x00".to_vec()].concat();
        let conn = extended(512, &config(Delivery::Whole), receiver(PLAIN));
        let step = 1 + random.below(500);
        let transcript = drive_sans_io(Script::new(input.chunks(step)), conn);
        let error = format!(
            "{:?}",
            ReceiveError::Protocol(ProtocolError::InvalidCompressedData)
        );
        failed += usize::from(transcript.events[0] == error);
    }
    assert!(failed > 100, "{failed}");
}
