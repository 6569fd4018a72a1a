//! What goes out compressed.

use super::*;

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
