//! With fixed buffers nothing is allocated: not for the handshake, not for
//! messages, not for the end. With growing ones, nothing once they have
//! grown.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says so by panicking"
)]

use std::{convert::Infallible, time::Duration};

use hybi_core::{
    buffer::Buffer,
    close_code::CloseCode,
    connection::{Config, Event},
    driver::blocking::{Transport, WebSocket},
    entropy::Entropy,
    handshake::{Handshake, HandshakeConfig, Request, SecWebSocketKey},
    uri::Uri,
};

struct Fives;

impl Entropy for Fives {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(5);
    }
}

/// A server on the stack: answers the handshake, then says the same few
/// frames again and again, then closes.
struct Server {
    script: [u8; 512],
    position: usize,
    end: usize,
    rounds: usize,
}

const ROUND: &[u8] = b"\x81\x05Hello\x01\x01a\x89\x02hi\x80\x01b\x82\x03\x01\x02\x03";

impl Server {
    fn new(rounds: usize) -> Self {
        let accept = SecWebSocketKey::from_nonce([5; 16]).accept();
        let mut script = [0; 512];
        let mut end = 0;
        for part in [
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
              Sec-WebSocket-Accept: ",
            &accept[..],
            b"\r\n\r\n",
            ROUND,
        ] {
            script[end..end + part.len()].copy_from_slice(part);
            end += part.len();
        }
        Self {
            script,
            position: 0,
            end,
            rounds,
        }
    }
}

impl embedded_io::ErrorType for Server {
    type Error = Infallible;
}

impl embedded_io::Read for Server {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        if self.position == self.end {
            let next = match self.rounds {
                0 => return Ok(0),
                1 => b"\x88\x02\x03\xe8",
                _ => ROUND,
            };
            self.rounds -= 1;
            self.script[..next.len()].copy_from_slice(next);
            (self.position, self.end) = (0, next.len());
        }
        let rest = &self.script[self.position..self.end];
        let n = rest.len().min(buf.len());
        buf[..n].copy_from_slice(&rest[..n]);
        self.position += n;
        Ok(n)
    }
}

impl embedded_io::Write for Server {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl Transport for Server {}

fn open<Rx: Buffer, Tx: Buffer>(rx: Rx, tx: Tx, rounds: usize) -> WebSocket<Server, Rx, Tx, Fives> {
    let uri = Uri::parse("ws://example.com/chat").unwrap();
    let request = Request::new(&uri);
    let handshake = Handshake::new(
        &request,
        rx,
        tx,
        Fives,
        HandshakeConfig::default(),
        Duration::ZERO,
    )
    .unwrap();
    WebSocket::connect(Server::new(rounds), handshake, Config::default()).unwrap()
}

/// Receives until the peer closes and echoes what comes. Returns the number
/// of messages.
fn run<Rx: Buffer, Tx: Buffer>(client: &mut WebSocket<Server, Rx, Tx, Fives>) -> usize {
    let mut messages = 0;
    loop {
        match client.receive().unwrap() {
            Event::Text(_) | Event::Binary(_) => messages += 1,
            Event::Closed(closed) => {
                assert_eq!(closed.code, Some(CloseCode::NORMAL));
                return messages;
            }
            _ => {}
        }
        client.send_text("echo").unwrap();
        client.ping(b"ping").unwrap();
        client.send_binary(&[7; 100]).unwrap();
    }
}

#[test]
fn fixed_buffers_allocate_nothing_at_all() {
    let mut messages = 0;
    let counted = allocation_counter::measure(|| {
        let (mut rx, tx) = ([0u8; 512], [0u8; 512]);
        let mut client = open(&mut rx[..], tx, 1000);
        messages = run(&mut client);
    });
    assert_eq!(messages, 3 * 999 + 3);
    assert_eq!(counted.count_total, 0);
}

#[test]
fn growing_buffers_allocate_nothing_after_connect() {
    let mut client = open(Vec::new(), Vec::new(), 1000);
    client.send_binary(&[7; 100]).unwrap();
    client.receive().unwrap();
    let counted = allocation_counter::measure(|| {
        run(&mut client);
    });
    assert_eq!(counted.count_total, 0);
}

/// At most 8 KiB of heap while idle.
#[test]
fn growing_buffers_are_small_while_idle() {
    let counted = allocation_counter::measure(|| {
        let mut client = open(Vec::new(), Vec::new(), 10);
        client.send_binary(&[7; 100]).unwrap();
        client.receive().unwrap();
    });
    assert!(counted.bytes_max <= 8192, "{counted:?}");
}
