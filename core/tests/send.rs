//! What the client sends: whole messages, pieces, control frames, and what
//! happens when the send buffer is full.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says so by panicking"
)]

mod common;

use std::time::Duration;

use common::{Counter, Fixed, Script, client_frames, connection};
use hybi_core::{
    close_code::CloseCode,
    connection::{Config, Connection, MessageKind},
    driver::blocking,
    error::{CapacityError, Limit, SendError},
};

type Client = Connection<Fixed, Fixed, Counter>;

fn open() -> Client {
    connection(256, &Config::default())
}

fn drain(conn: &mut Client) -> Vec<(u8, Vec<u8>)> {
    let frames = client_frames(conn.transmit());
    conn.transmitted(conn.transmit().len());
    frames
}

#[test]
fn several_messages_queue_and_go_out_together() {
    let mut conn = open();
    conn.send_text("Hello").unwrap();
    conn.send_binary(&[1, 2, 3]).unwrap();
    conn.ping(b"p").unwrap();
    conn.pong(b"q").unwrap();
    conn.transmitted(3); // a part of the first
    let mut rest = vec![0x81, 0x85, 0];
    rest.extend_from_slice(conn.transmit());
    assert_eq!(conn.transmit().len(), 11 + 9 + 7 + 7 - 3);
    conn.close(CloseCode::NORMAL, "", Duration::ZERO).unwrap();
    conn.transmitted(1000);
    assert!(conn.transmit().is_empty());
}

#[test]
fn frames_are_masked_with_fresh_keys() {
    let mut conn = open();
    conn.send_text("same").unwrap();
    conn.send_text("same").unwrap();
    let sent = conn.transmit().to_vec();
    assert_ne!(sent[2..6], sent[12..16], "the keys differ");
    let twice = [(0x81, b"same".to_vec()), (0x81, b"same".to_vec())];
    assert_eq!(drain(&mut conn), twice);
}

#[test]
fn lengths_at_their_boundaries() {
    for (length, header) in [(0, 6), (1, 6), (125, 6), (126, 8), (65535, 8), (65536, 14)] {
        let payload: Vec<u8> = (0..length).map(|i: u32| i.to_le_bytes()[0]).collect();
        let (rx, tx) = (Fixed::new(256), Fixed::new(70_000));
        let mut conn = Connection::new(rx, tx, Counter::default(), Config::default()).unwrap();
        conn.send_binary(&payload).unwrap();
        assert_eq!(conn.transmit().len(), header + payload.len());
        assert_eq!(drain(&mut conn), [(0x82, payload)]);
    }
}

#[test]
fn a_full_buffer_refuses_and_changes_nothing() {
    let mut conn = open();
    let mut queued = 0;
    let error = loop {
        match conn.send_binary(&[9; 100]) {
            Ok(()) => queued += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error, SendError::Full);
    assert_eq!(client_frames(conn.transmit()).len(), queued);
    // Control frames have room of their own; data keeps out of it.
    conn.ping(&[1; 125]).unwrap();
    conn.transmitted(1);
    assert_eq!(conn.send_binary(&[9; 100]), Err(SendError::Full));
    conn.close(CloseCode::NORMAL, "", Duration::ZERO).unwrap();
}

#[test]
fn a_message_that_never_fits_says_what_it_needs() {
    let mut conn = open();
    match conn.send_binary(&[0; 600]) {
        Err(SendError::TooBig(CapacityError {
            limit: Limit::Buffer,
            needed,
            allowed: 512,
        })) => assert_eq!(needed, 600 + 8 + 139),
        other => panic!("{other:?}"),
    }
    assert!(conn.transmit().is_empty());
}

#[test]
fn pieces_are_fragments_and_end_at_characters() {
    let mut conn = open();
    let text = "é".repeat(400);
    let mut rest = text.as_str();
    let mut frames = Vec::new();
    while !rest.is_empty() {
        let taken = conn.send_text_piece(rest, true).unwrap();
        rest = &rest[taken..];
        frames.extend(drain(&mut conn));
    }
    assert_eq!(frames[0].0, 0x01);
    assert!(
        frames[1..frames.len() - 1]
            .iter()
            .all(|frame| frame.0 == 0x00)
    );
    assert_eq!(frames.last().unwrap().0, 0x80);
    let joined: Vec<u8> = frames.iter().flat_map(|frame| frame.1.clone()).collect();
    assert_eq!(joined, text.as_bytes());
    for (_, payload) in &frames {
        assert!(core::str::from_utf8(payload).is_ok());
    }
    assert_eq!(conn.message_in_progress(), None);
}

#[test]
fn an_unfinished_message_lets_only_control_frames_in() {
    let mut conn = open();
    assert_eq!(conn.send_binary_piece(b"ab", false), Ok(2));
    assert_eq!(conn.message_in_progress(), Some(MessageKind::Binary));
    assert_eq!(conn.send_text("x"), Err(SendError::MessageInProgress));
    assert_eq!(conn.send_binary(b"x"), Err(SendError::MessageInProgress));
    assert_eq!(
        conn.send_text_piece("x", true),
        Err(SendError::MessageInProgress)
    );
    conn.ping(b"p").unwrap();
    assert_eq!(conn.send_binary_piece(b"", false), Ok(0), "no empty frames");
    assert_eq!(conn.send_binary_piece(b"", true), Ok(0));
    assert_eq!(
        drain(&mut conn),
        [
            (0x02, b"ab".to_vec()),
            (0x89, b"p".to_vec()),
            (0x80, vec![])
        ]
    );
    conn.send_text("x").unwrap();
}

#[test]
fn control_payloads_are_limited() {
    let mut conn = open();
    assert_eq!(conn.ping(&[0; 126]), Err(SendError::ControlTooLong));
    assert_eq!(conn.pong(&[0; 126]), Err(SendError::ControlTooLong));
    assert!(conn.transmit().is_empty());
}

#[test]
fn the_driver_sends_large_messages_in_frames_that_fit() {
    let data: Vec<u8> = (0..10_000u32).map(|i| i.to_le_bytes()[0]).collect();
    let mut client = blocking::WebSocket::new(Script::default(), open());
    client.send_binary(&data).unwrap();
    client.send_text("after").unwrap();
    let frames = client_frames(&client.transport().output);
    assert!(frames.len() > 20);
    let joined: Vec<u8> = frames[..frames.len() - 1]
        .iter()
        .flat_map(|frame| frame.1.clone())
        .collect();
    assert_eq!(joined, data);
    assert_eq!(frames.last().unwrap(), &(0x81, b"after".to_vec()));
}

#[test]
fn queued_messages_are_one_write() {
    let mut client = blocking::WebSocket::new(Script::default(), open());
    client.queue_text("a").unwrap();
    client.queue_binary(b"b").unwrap();
    assert!(client.transport().output.is_empty());
    client.flush().unwrap();
    assert_eq!(client_frames(&client.transport().output).len(), 2);
}
