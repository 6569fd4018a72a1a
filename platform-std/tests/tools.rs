//! What tests and tools need: random bytes that are not, text that nobody
//! checks, single frames.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::std_instead_of_core,
    reason = "these are tests"
)]

mod support;

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use embedded_io::{Read as _, Write as _};
use hybi_core::{
    driver::blocking::{Transport, open},
    frame::{FrameHeader, MaskingKey, Opcode, apply_mask},
    handshake::{Handshake, HandshakeConfig, Request},
    uri::Uri,
};
use hybi_std::{Delivery, Entropy, Event, Message, OsEntropy, Stream, builder};
use support::{accept, header, read_to_end, serve, serve_raw};

/// 0, 1, 2, …
struct Counter(u8);

impl Entropy for Counter {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.0;
            self.0 += 1;
        }
    }
}

#[test]
fn a_test_chooses_the_random_bytes() {
    let (url, server) = serve(|mut stream| {
        let head = accept(&mut stream);
        let mut frame = [0; 11];
        stream.read_exact(&mut frame).unwrap();
        (head, frame)
    });
    let builder = builder(url).entropy_for_tests(Counter(0));
    let shown = format!("{builder:?}");
    assert!(shown.contains("TestEntropy"), "{shown}");
    let mut socket = builder.connect().unwrap();
    socket.send_text("Hello").unwrap();
    let (head, frame) = server.join().unwrap();
    let key = header(&head, "Sec-WebSocket-Key");
    assert_eq!(key, Some("AAECAwQFBgcICQoLDA0ODw=="));
    assert_eq!(frame, *b"\x81\x85\x10\x11\x12\x13\x58\x74\x7e\x7f\x7f");
}

#[test]
fn text_that_nobody_checks() {
    for delivery in [Delivery::Whole, Delivery::Chunks] {
        let (url, server) = serve_raw(|mut stream| {
            stream
                .write_all(b"\x81\x02ok\x81\x02a\xff\x81\x01\xff")
                .unwrap();
            read_to_end(&mut stream);
        });
        let mut socket = builder(url)
            .delivery(delivery)
            .danger_skip_utf8_validation(true)
            .connect()
            .unwrap();
        if delivery == Delivery::Whole {
            assert_eq!(socket.receive().unwrap(), Event::RawText(b"ok"));
        } else {
            assert_eq!(socket.receive_message().unwrap(), Message::from("ok"));
        }
        let lossy = Message::from("a\u{fffd}");
        assert_eq!(socket.receive_message().unwrap(), lossy);
        match socket.receive().unwrap() {
            Event::RawText(data) => assert_eq!(data, b"\xff"),
            Event::Chunk(chunk) => assert_eq!(chunk.data, b"\xff"),
            other => panic!("{other:?}"),
        }
        drop(socket);
        server.join().unwrap();
    }
}

/// One frame out and one in, also such as no connection sends.
#[test]
fn single_frames() {
    let (url, server) = serve(|mut stream| {
        let head = support::read_head(&mut stream);
        let key = header(&head, "Sec-WebSocket-Key").unwrap();
        let accept = support::derive_accept_key(key.as_bytes());
        // The first frame comes with the response, the next one later.
        let response = format!(
            "HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n\u{1}\u{1}a"
        );
        stream.write_all(response.as_bytes()).unwrap();
        let mut frame = [0; 11];
        stream.read_exact(&mut frame).unwrap();
        stream.write_all(b"\x80\x01b").unwrap();
        frame
    });
    let uri = Uri::parse(&url).unwrap();
    let address = url.trim_start_matches("ws://").trim_end_matches('/');
    let mut stream = Stream::new(TcpStream::connect(address).unwrap()).unwrap();
    let mut handshake = Handshake::new(
        &Request::new(&uri),
        Vec::new(),
        Vec::new(),
        OsEntropy::new().unwrap(),
        HandshakeConfig::DEFAULT,
        stream.now(),
    )
    .unwrap();
    assert_eq!(handshake.rest(), b"");
    open(&mut stream, &mut handshake).unwrap();
    let mut received = handshake.rest().to_vec();

    let header = FrameHeader {
        fin: false,
        rsv1: false,
        opcode: Opcode::Ping,
        payload_len: 5,
    };
    let key = MaskingKey(*b"abcd");
    let (head, size) = header.encode_masked(key);
    let mut frame = [&head[..size], b"Hello"].concat();
    apply_mask(&mut frame[size..], key);
    stream.write_all(&frame).unwrap();
    stream.flush().unwrap();

    let mut frames = Vec::new();
    while frames.len() < 2 {
        let Some((header, size)) = FrameHeader::decode(&received, false).unwrap() else {
            let mut more = [0; 64];
            let n = stream.read(&mut more).unwrap();
            assert_ne!(n, 0);
            received.extend_from_slice(&more[..n]);
            continue;
        };
        // Both payloads are one byte, and come with their headers.
        frames.push((header.opcode, header.fin, received[size]));
        received.drain(..=size);
    }
    assert_eq!(
        frames,
        [
            (Opcode::Text, false, b'a'),
            (Opcode::Continuation, true, b'b')
        ]
    );
    assert_eq!(server.join().unwrap(), *b"\x09\x85abcd\x29\x07\x0f\x08\x0e");
}
