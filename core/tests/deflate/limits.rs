//! Bombs, memory, and damage.

use super::*;

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
