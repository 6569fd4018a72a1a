//! What comes in compressed.

use super::*;

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
