//! Limits on what a peer may send: refused early, with 1009, and everything
//! received before is handed over.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says so by panicking"
)]

mod common;

use common::{Script, frame, run_sans_io};
use hybi_core::connection::{Config, Delivery};

fn timeless() -> Config {
    let mut config = Config::default();
    config.close_timeout = None;
    config
}

/// The last line of the transcript, and the code that was sent.
fn outcome(input: &[u8], rx: usize, config: &Config) -> (String, Option<u16>) {
    let transcript = run_sans_io(Script::new(input.chunks(3)), rx, config);
    let frames = common::client_frames(&transcript.sent);
    let code = match frames.last() {
        Some((0x88, body)) => body.first_chunk().map(|code| u16::from_be_bytes(*code)),
        _ => None,
    };
    (transcript.events.last().unwrap().clone(), code)
}

fn too_big(limit: &str, needed: u64, allowed: u64) -> (String, Option<u16>) {
    let text = format!(
        "Capacity(CapacityError {{ limit: {limit}, needed: {needed}, allowed: {allowed} }})"
    );
    (text, Some(1009))
}

#[test]
fn a_frame_over_its_limit_is_refused_at_the_header() {
    let mut config = timeless();
    config.max_frame_size = 200;
    // No byte of the payload is there.
    let header = &frame(0x82, &[0; 201])[..4];
    assert_eq!(outcome(header, 1024, &config), too_big("Frame", 201, 200));
    let fits = [frame(0x82, &[0; 200]), b"\x88\x00".to_vec()].concat();
    assert!(outcome(&fits, 1024, &config).0.starts_with("Closed"));
}

#[test]
fn a_message_over_its_limit_is_refused_at_the_frame_that_goes_over() {
    let mut config = timeless();
    config.max_message_size = 200;
    for delivery in [Delivery::Whole, Delivery::Chunks] {
        config.delivery = delivery;
        let input = [&frame(0x02, &[0; 150])[..], &frame(0x80, &[0; 51])[..2]].concat();
        assert_eq!(outcome(&input, 1024, &config), too_big("Message", 201, 200));
    }
}

#[test]
fn a_message_over_the_buffer_is_refused_at_the_header() {
    let config = timeless();
    // An unfragmented message may fill the buffer.
    let fits = [frame(0x82, &[0; 300]), b"\x88\x00".to_vec()].concat();
    assert!(outcome(&fits, 300, &config).0.starts_with("Closed"));
    let header = &frame(0x82, &[0; 301])[..4];
    assert_eq!(outcome(header, 300, &config), too_big("Buffer", 301, 300));
    // A fragment leaves room for a control frame after it.
    let header = &frame(0x02, &[0; 173])[..4];
    assert_eq!(outcome(header, 300, &config), too_big("Buffer", 301, 300));
    let fits = [
        frame(0x02, &[0; 172]),
        frame(0x89, &[0; 125]),
        frame(0x80, &[0; 128]),
        b"\x88\x00".to_vec(),
    ]
    .concat();
    assert!(outcome(&fits, 300, &config).0.starts_with("Closed"));
}

#[test]
fn fragments_are_counted_also_when_they_are_empty() {
    let mut config = timeless();
    config.max_fragments = 10;
    for delivery in [Delivery::Whole, Delivery::Chunks] {
        config.delivery = delivery;
        let mut input = b"\x01\x00".to_vec();
        input.extend(b"\x00\x00".repeat(9));
        let fits = [&input[..], b"\x80\x00\x88\x00"].concat();
        assert_eq!(outcome(&fits, 256, &config), too_big("Fragments", 11, 10));
        let fits = [&input[..input.len() - 2], b"\x80\x00\x88\x00"].concat();
        assert!(outcome(&fits, 256, &config).0.starts_with("Closed"));
    }
}

/// 16 MiB through 2 KiB, byte for byte.
#[test]
fn a_message_larger_than_the_buffer_passes_in_chunks() {
    let mut config = timeless();
    config.delivery = Delivery::Chunks;
    let data: Vec<u8> = (0..1u32 << 24)
        .map(|i| (i % 251).to_le_bytes()[0])
        .collect();
    let input = [frame(0x82, &data), b"\x88\x00".to_vec()].concat();
    let transcript = run_sans_io(Script::new([&input[..]]), 2048, &config);
    let expected = format!("Binary in chunks {}", common::shorten(&data));
    assert_eq!(transcript.events[0], expected);
}

/// A growing buffer follows what arrives, not what a header promises.
#[test]
fn a_header_alone_does_not_make_the_buffer_grow() {
    use hybi_core::connection::Connection;
    let (rx, tx) = (Vec::<u8>::new(), Vec::<u8>::new());
    let mut conn = Connection::new(rx, tx, common::Counter::default(), timeless()).unwrap();
    let header = b"\x82\x7f\x00\x00\x00\x00\x01\x00\x00\x00"; // 16 MiB
    conn.receive_buffer()[..10].copy_from_slice(header);
    conn.received(10);
    assert_eq!(conn.poll_event(std::time::Duration::ZERO), Ok(None));
    assert!(conn.receive_buffer().len() <= 8192);
    // It arrives whole all the same.
    let mut left = 16 << 20;
    let event = loop {
        let n = conn.receive_buffer().len().min(left);
        conn.received(n);
        left -= n;
        match conn.poll_event(std::time::Duration::ZERO).unwrap() {
            Some(event) => break event,
            None => assert!(left > 0),
        }
    };
    assert!(matches!(event, hybi_core::connection::Event::Binary(data) if data.len() == 16 << 20));
}
