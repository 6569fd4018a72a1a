//! Bugs that other libraries shipped, each held by a test of its name.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says so by panicking"
)]

mod common;

use std::time::Duration;

use common::{Counter, Fixed, Script, client_frames, connection, frame};
use hybi_core::{
    connection::{Config, Connection, Delivery, Event},
    driver::{asynch, blocking},
    error::{Limit, ProtocolError, ReceiveError},
    http::list,
};

const NOW: Duration = Duration::ZERO;

fn timeless() -> Config {
    let mut config = Config::default();
    config.close_timeout = None;
    config
}

/// Feeds `bytes` and returns the error that the connection ends with.
fn error_of(bytes: &[u8], config: &Config) -> ReceiveError {
    let transcript = common::run_sans_io(Script::new([bytes]), 1024, config);
    let mut conn = connection(1024, config);
    conn.receive_buffer()[..bytes.len()].copy_from_slice(bytes);
    conn.received(bytes.len());
    loop {
        match conn.poll_event(NOW) {
            Ok(Some(_)) => {}
            Ok(None) => {
                let n = conn.transmit().len();
                assert!(n > 0, "nothing failed: {transcript:?}");
                conn.transmitted(n);
            }
            Err(error) => return error,
        }
    }
}

/// 2^32 + 5 narrowed to 32 bits would be a harmless 5.
#[test]
fn a_64_bit_length_is_not_narrowed_before_the_limit_check() {
    let header = b"\x82\x7f\x00\x00\x00\x01\x00\x00\x00\x05Hello";
    let mut config = timeless();
    match error_of(header, &config) {
        ReceiveError::Capacity(error) => {
            assert_eq!(error.limit, Limit::Frame);
            assert_eq!(error.needed, (1 << 32) + 5);
        }
        error => panic!("{error:?}"),
    }
    // Without limits the buffer is the limit.
    config.max_frame_size = u64::MAX;
    config.max_message_size = u64::MAX;
    match error_of(header, &config) {
        ReceiveError::Capacity(error) => assert_eq!(error.limit, Limit::Buffer),
        error => panic!("{error:?}"),
    }
}

#[test]
fn position_plus_length_does_not_overflow() {
    let mut config = timeless();
    config.max_frame_size = u64::MAX;
    config.max_message_size = u64::MAX;
    let most = b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff";
    assert!(matches!(error_of(most, &config), ReceiveError::Capacity(_)));
    // Two fragments whose sum is over 2^63, in chunks, where no buffer limits.
    config.delivery = Delivery::Chunks;
    let mut conn = connection(256, &config);
    let half = b"\x02\x7f\x7f\xff\xff\xff\xff\xff\xff\xff";
    conn.receive_buffer()[..10].copy_from_slice(half);
    conn.received(10);
    assert_eq!(conn.poll_event(NOW), Ok(None));
    for _ in 0..1000 {
        let n = conn.receive_buffer().len();
        conn.received(n);
        assert!(matches!(conn.poll_event(NOW), Ok(Some(Event::Chunk(_)))));
    }
}

#[test]
fn a_length_with_its_top_bit_set_is_refused() {
    assert_eq!(
        error_of(b"\x82\x7f\x80", &timeless()),
        ReceiveError::Protocol(ProtocolError::LengthOverflow)
    );
}

#[test]
fn a_ping_inside_fragments_is_not_merged_into_the_message() {
    let input = b"\x01\x03Hel\x89\x04ping\x80\x02lo\x88\x00";
    let transcript = common::run_sans_io(Script::new([&input[..]]), 1024, &timeless());
    assert_eq!(transcript.events[..2], ["Ping \"ping\"", "Text \"Hello\""]);
}

/// A transport that counts what was on the wire when an event came.
#[test]
fn a_pong_is_flushed_before_a_reader_sees_the_ping() {
    let input = b"\x89\x01a\x01\x01x\x89\x01b\x80\x01y\x88\x00";
    let mut client =
        blocking::WebSocket::new(Script::new([&input[..]]), connection(1024, &timeless()));
    let pongs = [(0x8A, b"a".to_vec()), (0x8A, b"b".to_vec())];
    assert_eq!(client.receive().unwrap(), Event::Ping(b"a"));
    assert_eq!(client_frames(&client.transport().output), pongs[..1]);
    assert_eq!(client.receive().unwrap(), Event::Ping(b"b"));
    assert_eq!(client_frames(&client.transport().output), pongs);

    common::block_on(async {
        let mut script = Script::new([&input[..]]);
        script.slow = true;
        let mut client =
            asynch::WebSocket::new(script, asynch::NoTimer, connection(1024, &timeless()));
        assert_eq!(client.receive().await.unwrap(), Event::Ping(b"a"));
        assert_eq!(client_frames(&client.transport().output), pongs[..1]);
        assert_eq!(client.receive().await.unwrap(), Event::Ping(b"b"));
        assert_eq!(client_frames(&client.transport().output), pongs);
    });
}

/// Every pair of buffer sizes either is refused or works; none panics.
#[test]
fn no_assertion_is_reachable_with_a_small_buffer() {
    let input = [
        &frame(0x89, &[b'p'; 125])[..],
        &frame(0x01, b"a"),
        &frame(0x89, &[b'q'; 125]),
        &frame(0x80, b"b"),
        &frame(0x82, &[1; 300]),
        &frame(0x88, &[b"\x03\xe8" as &[u8], &[b'r'; 123]].concat()),
    ]
    .concat();
    let mut opened = 0;
    for rx in 0..300 {
        for tx in [0, 1, 13, 14, 131, 255, 256, 257, 300] {
            for delivery in [Delivery::Whole, Delivery::Chunks] {
                let mut config = timeless();
                config.delivery = delivery;
                let (rx, tx) = (Fixed::new(rx), Fixed::new(tx));
                let Ok(mut conn) = Connection::new(rx, tx, Counter::default(), config) else {
                    continue;
                };
                opened += 1;
                let mut script = Script::new([&input[..]]);
                while script.input.front().is_some() || !conn.transmit().is_empty() {
                    match conn.poll_event(NOW) {
                        Ok(Some(Event::Closed(_))) | Err(_) => break,
                        Ok(Some(_)) => {
                            let _ = conn.send_binary(&[7; 200]);
                            let _ = conn.send_binary_piece(&[7; 500], false);
                            let _ = conn.ping(&[7; 125]);
                            continue;
                        }
                        Ok(None) => {}
                    }
                    let n = conn.transmit().len();
                    if n > 0 {
                        conn.transmitted(n.div_ceil(2));
                        continue;
                    }
                    let n = embedded_io::Read::read(&mut script, conn.receive_buffer()).unwrap();
                    conn.received(n);
                }
            }
        }
    }
    assert!(opened > 100, "{opened}");
}

/// The dropped futures of `transcript.rs` cover every await; this is the
/// shape of the report: a header in two reads, the future dropped between.
#[test]
fn a_future_dropped_inside_a_header_loses_nothing() {
    use std::{
        future::Future,
        pin::pin,
        task::{Context, Poll, Waker},
    };
    let mut script = Script::new([&b"\x81"[..], b"\x02ok"]);
    script.slow = true;
    let mut client = asynch::WebSocket::new(script, asynch::NoTimer, connection(256, &timeless()));
    let mut context = Context::from_waker(Waker::noop());
    let mut dropped = 0;
    loop {
        let mut receive = pin!(client.receive());
        match receive.as_mut().poll(&mut context) {
            Poll::Ready(event) => {
                assert_eq!(event.unwrap(), Event::Text("ok"));
                break;
            }
            Poll::Pending => dropped += 1,
        }
    }
    assert_eq!(dropped, 2);
}

/// `Script` asserts that no read gets an empty slice; here the buffer is as
/// full as it can be before each read.
#[test]
fn an_empty_buffer_is_never_read_into() {
    for size in 128..260 {
        for payload in 0..size {
            let input = [frame(0x82, &vec![3; payload]), b"\x88\x00".to_vec()].concat();
            let script = Script::new(input.chunks(1));
            let transcript = common::run_blocking(script, size, &timeless());
            assert!(transcript.events[0].starts_with("Binary"), "{transcript:?}");
        }
    }
}

#[test]
fn a_comma_inside_quotes_does_not_split_extension_parameters() {
    let elements: Vec<_> = list::elements(br#"a; x="1,2", b"#)
        .map(|element| element.is_ok())
        .collect();
    assert_eq!(elements, [true, true]);
}
