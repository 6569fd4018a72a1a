//! A WebSocket client over TLS: the async driver of hybi-core with
//! permessage-deflate, its futures dropped at every await, against a server of
//! its own over rustls.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpListener,
    sync::Arc,
    thread,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use embassy_futures::block_on;
use hybi_core::{
    close_code::CloseCode,
    connection::{Config, Connection, Event},
    driver::asynch::{NoTimer, WebSocket, open},
    extension::{
        NoCompressor,
        deflate::{DeflateOffer, Inflate, PerMessageDeflate},
    },
    handshake::{Handshake, HandshakeConfig, Request},
    uri::Uri,
};
use hybi_embedded::tls::{CertificateDer, RecordFilter, Roots, TlsStream, trust_anchor};
use miniz_oxide::deflate::{
    CompressionLevel,
    core::{CompressorOxide, TDEFLFlush, compress_to_output, create_comp_flags_from_zip_params},
};
use rcgen::PKCS_ECDSA_P256_SHA256;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::{
    cancel::{Drip, dropped_after},
    rustls_server::{Chain, modern},
    tcp::{Tcp, Urandom, since_1970},
};

const PING: u8 = 9;
const TEXT: u8 = 1;
const CLOSE: u8 = 8;

/// Serves one client: sends each message back compressed, after a Ping whose
/// Pong must come before the next message. Returns how many messages came.
fn serve(listener: &TcpListener, config: ServerConfig) -> io::Result<usize> {
    let (tcp, _) = listener.accept()?;
    let connection = ServerConnection::new(Arc::new(config)).map_err(io::Error::other)?;
    let mut stream = BufReader::new(StreamOwned::new(connection, tcp));
    let mut key = String::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        match line.trim_end().split_once(": ") {
            Some(("Sec-WebSocket-Key", value)) => value.clone_into(&mut key),
            None if line == "\r\n" => break,
            _ => {}
        }
    }
    let accept = sha1_smol::Sha1::from(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest();
    let accept = STANDARD.encode(accept.bytes());
    let head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\
         Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10; \
         server_no_context_takeover\r\n\r\n"
    );
    stream.get_mut().write_all(head.as_bytes())?;
    let mut messages = 0;
    loop {
        let (opcode, payload) = message(&mut stream)?;
        if opcode == CLOSE {
            send(stream.get_mut(), 0x80 | CLOSE, &payload)?;
            stream.get_mut().conn.send_close_notify();
            stream.get_mut().flush()?;
            return Ok(messages);
        }
        assert_eq!(opcode, TEXT);
        messages += 1;
        send(
            stream.get_mut(),
            0x80 | PING,
            &payload[..payload.len().min(20)],
        )?;
        send(stream.get_mut(), 0xC0 | TEXT, &deflate(&payload))?;
        let (opcode, pong) = message(&mut stream)?;
        assert_eq!((opcode, &pong[..]), (10, &payload[..payload.len().min(20)]));
    }
}

/// A message of masked frames, each of at most 65,535 bytes.
fn message(stream: &mut impl Read) -> io::Result<(u8, Vec<u8>)> {
    let (mut first, mut payload) = frame(stream)?;
    while first & 0x80 == 0 {
        let (next, more) = frame(stream)?;
        assert_eq!(next & 0x0F, 0);
        payload.extend(more);
        first |= next & 0x80;
    }
    Ok((first & 0x0F, payload))
}

fn frame(stream: &mut impl Read) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 2];
    stream.read_exact(&mut head)?;
    assert!(head[0] & 0x70 == 0 && head[1] & 0x80 != 0, "{head:?}");
    let mut length = usize::from(head[1] & 0x7F);
    if length == 126 {
        let mut extended = [0; 2];
        stream.read_exact(&mut extended)?;
        length = usize::from(u16::from_be_bytes(extended));
    }
    let mut key = [0; 4];
    stream.read_exact(&mut key)?;
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload)?;
    for (byte, mask) in payload.iter_mut().zip(key.iter().cycle()) {
        *byte ^= mask;
    }
    Ok((head[0], payload))
}

fn send(stream: &mut impl Write, first: u8, payload: &[u8]) -> io::Result<()> {
    let mut frame = vec![first];
    match u8::try_from(payload.len()) {
        Ok(length @ ..=125) => frame.push(length),
        _ => {
            frame.push(126);
            frame.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
        }
    }
    frame.extend(payload);
    stream.write_all(&frame)
}

/// RFC 7692 §7.2.1, by miniz_oxide.
fn deflate(message: &[u8]) -> Vec<u8> {
    let level = CompressionLevel::BestCompression as i32;
    let flags = create_comp_flags_from_zip_params(level, 0, 0);
    let mut compressed = Vec::new();
    compress_to_output(
        &mut CompressorOxide::new(flags),
        message,
        TDEFLFlush::Sync,
        |out| {
            compressed.extend(out);
            true
        },
    );
    assert!(compressed.ends_with(&[0, 0, 0xFF, 0xFF]));
    compressed.truncate(compressed.len() - 4);
    compressed
}

fn echo(piece: usize, polls: usize) -> usize {
    let chain = Chain::new(&[&PKCS_ECDSA_P256_SHA256, &PKCS_ECDSA_P256_SHA256]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = modern(&chain);
    let server = thread::spawn(move || serve(&listener, config));

    let root = CertificateDer::from_slice(&chain.root);
    let anchors = [trust_anchor(&root).unwrap()];
    let proof = Roots::new(&anchors).at(since_1970());
    let (mut tls_rx, mut tls_tx, mut tls_out) = ([0; 2048], [0; 400], [0; 400]);
    let (mut rx, mut tx, mut window, mut whole) = ([0; 512], [0; 300], [0; 1024], [0; 1024]);
    let filter = RecordFilter::new(Drip::new(Tcp::connect(port), piece), &mut tls_out);
    let opening = TlsStream::open(
        &filter,
        &mut tls_rx,
        &mut tls_tx,
        "localhost",
        &proof,
        Urandom,
    );
    let mut tls = block_on(opening).unwrap();

    let uri = format!("wss://localhost:{port}/");
    let uri = Uri::parse(&uri).unwrap();
    let offers = [DeflateOffer {
        server_max_window_bits: Some(10),
        ..DeflateOffer::default()
    }];
    let request = Request::new(&uri).deflate(&offers);
    let config = HandshakeConfig::default();
    let now = core::time::Duration::ZERO;
    let mut handshake =
        Handshake::new(&request, &mut rx[..], &mut tx[..], Urandom, config, now).unwrap();
    let mut dropped = 0;
    // It flushes before each read: two polls would get it nowhere.
    dropped_after(polls.max(3), &mut dropped, async || {
        open(&mut tls, &mut NoTimer, &mut handshake).await
    })
    .unwrap();
    let params = handshake.deflate().unwrap();
    let inflate = Inflate::new(params.server_max_window_bits, &mut window[..]).unwrap();
    let deflate = PerMessageDeflate::new(params, inflate, &mut whole[..], NoCompressor);
    let connection = Connection::from_handshake_with(handshake, Config::default(), deflate);
    let mut client = WebSocket::new(tls, NoTimer, connection.unwrap());

    for n in 0..20 {
        let text = format!("reading {n}: ").repeat(1 + n * 3);
        block_on(client.send_text(&text)).unwrap();
        let mut pinged = false;
        let found = |client: &mut WebSocket<_, _, _, _, _, _>, dropped: &mut usize| {
            dropped_after(polls, dropped, async || {
                match client.receive().await.unwrap() {
                    Event::Text(text) => Some(text.to_owned()),
                    Event::Ping(_) => None,
                    other => panic!("{other:?}"),
                }
            })
        };
        let echoed = loop {
            match found(&mut client, &mut dropped) {
                Some(text) => break text,
                None => pinged = true,
            }
        };
        assert_eq!(echoed, text);
        assert!(pinged);
    }
    let closed = block_on(client.close(CloseCode::NORMAL, "done")).unwrap();
    assert_eq!(closed.code, Some(CloseCode::NORMAL));
    assert_eq!(server.join().unwrap().unwrap(), 20);
    dropped
}

#[test]
fn messages_through_deflate_and_tls_with_every_future_dropped() {
    for (piece, polls) in [(1, 2), (5, 2), (13, 3), (4096, 2)] {
        let dropped = echo(piece, polls);
        assert!(dropped > 50, "{piece} {polls}: {dropped}");
    }
}
