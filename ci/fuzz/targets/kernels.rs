//! What is `unsafe` in the core, held to what it is a faster form of: masking
//! to its definition, and text that was checked as it arrived to a second look
//! at all of it.
#![no_main]

use core::time::Duration;

use hybi_core::{
    connection::{Config, Connection, Event},
    error::{ProtocolError, ReceiveError},
    frame::{MaskingKey, mask_into},
};
use hybi_fuzz::input::{Input, Steps, Zeros};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    if input.bit() {
        mask(input);
    } else {
        text(input);
    }
});

fn mask(mut input: Input<'_>) {
    let key = [input.byte(), input.byte(), input.byte(), input.byte()];
    let (skip, spare) = (
        usize::from(input.byte() % 32),
        usize::from(input.byte() % 32),
    );
    let payload = input.0;
    let mut out = vec![0xEE; skip + payload.len() + spare];
    mask_into(&mut out[skip..], payload, MaskingKey(key));
    let masked = payload.iter().zip(key.iter().cycle()).map(|(a, b)| a ^ b);
    let expected: Vec<u8> = std::iter::repeat_n(0xEE, skip)
        .chain(masked)
        .chain(std::iter::repeat_n(0xEE, spare))
        .collect();
    assert_eq!(out, expected);
}

fn text(mut input: Input<'_>) {
    let mut steps = Steps(input.byte());
    let mut config = Config::default();
    config.close_timeout = None;
    let mut conn = Connection::new(Vec::new(), Vec::new(), Zeros, config).unwrap();
    // A few messages, so that they move in the buffer: in fragments, with Pings between them.
    let mut stream = Vec::new();
    let mut messages = Vec::new();
    for _ in 0..input.between(1, 4) {
        let fragments = input.between(1, 4);
        let mut message = Vec::new();
        for number in 1..=fragments {
            let len = 8 * usize::from(input.byte());
            let piece = input.take(len);
            message.extend(piece);
            let fin = if number == fragments { 0x80 } else { 0 };
            stream.push(fin | u8::from(number == 1));
            match u8::try_from(piece.len()) {
                Ok(len @ ..126) => stream.push(len),
                _ => {
                    stream.push(126);
                    stream.extend((piece.len() as u16).to_be_bytes());
                }
            }
            stream.extend(piece);
            if input.bit() {
                stream.extend(b"\x89\x01p");
            }
        }
        messages.push(message);
    }
    let mut rest = &stream[..];
    let mut messages = messages.iter();
    loop {
        match conn.poll_event(Duration::ZERO) {
            Ok(Some(Event::Text(text))) => {
                let expected = messages.next().expect("no more than were sent");
                assert_eq!(str::from_utf8(text.as_bytes()), Ok(text));
                assert_eq!(text.as_bytes(), expected);
                continue;
            }
            Ok(Some(Event::Ping(_))) => continue,
            Ok(Some(event)) => panic!("{event:?}"),
            Ok(None) => {}
            Err(error) => {
                assert_eq!(error, ReceiveError::Protocol(ProtocolError::InvalidUtf8));
                assert!(str::from_utf8(messages.next().expect("one is wrong")).is_err());
                return;
            }
        }
        let sent = conn.transmit().len();
        if sent > 0 {
            conn.transmitted(sent);
            continue;
        }
        if rest.is_empty() {
            break;
        }
        let room = conn.receive_buffer();
        let n = steps.next().min(room.len()).min(rest.len());
        room[..n].copy_from_slice(&rest[..n]);
        rest = &rest[n..];
        conn.received(n);
    }
    // The wrong one may have failed already, at the end of what was transmitted before it.
    assert!(messages.next().is_none());
}
