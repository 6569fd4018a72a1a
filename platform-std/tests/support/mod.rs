//! Servers for the tests: raw ones over `std::net`, and tungstenite's.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "shared by test files, none of which uses all of it"
)]

pub mod origin;
pub mod tls;

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

pub use tungstenite::handshake::derive_accept_key;

pub type Server<T> = (String, JoinHandle<T>);

/// Runs `serve` for one connection in a thread.
pub fn serve<T: Send + 'static>(serve: impl FnOnce(TcpStream) -> T + Send + 'static) -> Server<T> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let server = thread::spawn(move || serve(listener.accept().unwrap().0));
    (url, server)
}

/// Accepts the opening handshake by hand, then runs `serve`.
pub fn serve_raw<T: Send + 'static>(
    serve_open: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> Server<T> {
    serve(|mut stream| {
        accept(&mut stream);
        serve_open(stream)
    })
}

/// A tungstenite server that echoes until the connection closes.
pub fn serve_echo() -> Server<()> {
    serve(|stream| echo(tungstenite::accept(stream).unwrap()))
}

pub fn echo<S: Read + Write>(mut socket: tungstenite::WebSocket<S>) {
    while let Ok(message) = socket.read() {
        if message.is_text() || message.is_binary() {
            socket.send(message).unwrap();
        }
    }
}

/// Reads a request head.
pub fn read_head(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(": ")?;
        key.eq_ignore_ascii_case(name).then_some(value)
    })
}

pub fn accept(stream: &mut (impl Read + Write)) -> String {
    accept_with(stream, "")
}

/// With these header lines in the response.
pub fn accept_with(stream: &mut (impl Read + Write), lines: &str) -> String {
    let head = read_head(stream);
    let key = header(&head, "Sec-WebSocket-Key").unwrap();
    let accept = derive_accept_key(key.as_bytes());
    let response = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n{lines}\r\n"
    );
    stream.write_all(response.as_bytes()).unwrap();
    head
}

/// Reads one short masked frame: opcode and payload.
pub fn read_frame(stream: &mut impl Read) -> (u8, Vec<u8>) {
    let mut head = [0; 2];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(head[1] & 0x80, 0x80, "a client masks");
    let len = usize::from(head[1] & 0x7f);
    assert!(len < 126, "a short frame");
    let mut key = [0; 4];
    stream.read_exact(&mut key).unwrap();
    let mut payload = vec![0; len];
    stream.read_exact(&mut payload).unwrap();
    for (byte, key) in payload.iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
    (head[0] & 0x0f, payload)
}

/// Reads until the client ends the connection.
pub fn read_to_end(stream: &mut impl Read) {
    let mut sink = [0; 4096];
    while matches!(stream.read(&mut sink), Ok(1..)) {}
}

/// An address where nobody listens.
pub fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
}

pub const fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Asserts that `begin` is at least `least` ago, and not much more.
#[track_caller]
pub fn assert_took(begin: Instant, least: Duration) {
    let elapsed = begin.elapsed();
    assert!(elapsed + millis(2) >= least, "too early: {elapsed:?}");
    assert!(elapsed < least + millis(400), "too late: {elapsed:?}");
}
