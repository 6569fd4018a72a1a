//! The opening handshake against good, broken and hostile servers (RFC 6455
//! §4.1). Every row of the table runs at every split of its input and with
//! small receive buffers, and must come out the same.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "in a test a panic is a finding"
)]

use core::time::Duration;

use hybi_core::{
    buffer::Buffer,
    connection::{Config, Connection},
    entropy::Entropy,
    error::{CapacityError, Limit},
    handshake::{Handshake, HandshakeConfig, HandshakeError, Request, Response, ResponseError},
    http::HeadError,
};

/// The nonce of the sample in RFC 6455 §1.3.
struct Sample;

impl Entropy for Sample {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.copy_from_slice(b"the sample nonce");
    }
}

const ACCEPT: &str = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
const STATUS: &str = "HTTP/1.1 101 Switching Protocols\r\n";
const UPGRADE: &str = "Upgrade: websocket\r\n";
const CONNECTION: &str = "Connection: Upgrade\r\n";

fn join(parts: &[&str]) -> Vec<u8> {
    parts.concat().into_bytes()
}

/// A good response with further header lines.
fn good(more: &str) -> Vec<u8> {
    join(&[STATUS, UPGRADE, CONNECTION, ACCEPT, more, "\r\n"])
}

fn request() -> Request<'static> {
    Request::to("server.example.com", "/chat").subprotocols(&["chat", "superchat"])
}

type Begun<Rx> = Handshake<Rx, Vec<u8>, Sample>;

fn begin<Rx: Buffer>(rx: Rx, config: HandshakeConfig) -> Begun<Rx> {
    let mut handshake =
        Handshake::new(&request(), rx, Vec::new(), Sample, config, Duration::ZERO).unwrap();
    while !handshake.transmit().is_empty() {
        handshake.transmitted(100);
    }
    handshake
}

/// Feeds `bytes`, as far as they are wanted.
fn feed<Rx: Buffer>(handshake: &mut Begun<Rx>, mut bytes: &[u8]) {
    while !bytes.is_empty() && handshake.poll() == Ok(false) {
        let room = handshake.receive_buffer();
        assert!(!room.is_empty(), "an empty read looks like the end");
        let n = room.len().min(bytes.len());
        room[..n].copy_from_slice(&bytes[..n]);
        handshake.received(n);
        bytes = &bytes[n..];
    }
}

#[derive(Debug, PartialEq)]
struct Outcome {
    result: Result<bool, HandshakeError>,
    head: Option<(u16, String, usize)>,
    body: Vec<u8>,
    subprotocol: Option<String>,
}

/// Feeds the pieces and then the end of the stream.
fn run<'a, Rx: Buffer>(
    rx: Rx,
    config: HandshakeConfig,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> Outcome {
    let mut handshake = begin(rx, config);
    for piece in pieces {
        feed(&mut handshake, piece);
    }
    handshake.receive_eof();
    let response = handshake.response();
    let outcome = Outcome {
        result: handshake.poll(),
        head: response.map(|r| (r.status(), r.reason().into(), r.headers().count())),
        body: response.map_or(Vec::new(), |r| r.body().to_vec()),
        subprotocol: response.and_then(|r| r.subprotocol().map(Into::into)),
    };
    // The same answer for ever, and nothing moves any more.
    assert_ne!(outcome.result, Ok(false));
    handshake.received(9);
    handshake.handle_timeout(Duration::MAX);
    handshake.receive_eof();
    assert_eq!(handshake.poll(), outcome.result);
    assert_eq!(handshake.poll_timeout(), None);
    outcome
}

fn run_whole(bytes: &[u8]) -> Outcome {
    run(Vec::new(), HandshakeConfig::DEFAULT, [bytes].into_iter())
}

type Row = (&'static str, Vec<u8>, Result<bool, HandshakeError>);

const OPEN: Result<bool, HandshakeError> = Ok(true);

fn broken(error: ResponseError) -> Result<bool, HandshakeError> {
    Err(HandshakeError::Response(error))
}

fn malformed(error: HeadError) -> Result<bool, HandshakeError> {
    broken(ResponseError::Malformed(error))
}

fn refused(status: u16) -> Result<bool, HandshakeError> {
    Err(HandshakeError::Refused { status })
}

fn headers(n: usize) -> String {
    (0..n).map(|i| format!("X-{i}: {i}\r\n")).collect()
}

#[rustfmt::skip]
fn table() -> Vec<Row> {
    use HeadError::*;
    use ResponseError as E;
    let lost = Err(HandshakeError::ConnectionLost);
    vec![
        // Accepted.
        ("plain", good(""), OPEN),
        ("frames after the head", [good(""), b"\x81\x02hi\x81\x02ho".to_vec()].concat(), OPEN),
        ("no reason phrase", join(&["HTTP/1.1 101 \r\n", UPGRADE, CONNECTION, ACCEPT, "\r\n"]), OPEN),
        ("another reason", join(&["HTTP/1.1 101 Web Socket Protocol Handshake\r\n", UPGRADE, CONNECTION, ACCEPT, "\r\n"]), OPEN),
        ("tungstenite: keep-alive, Upgrade", join(&[STATUS, UPGRADE, "Connection: keep-alive, Upgrade\r\n", ACCEPT, "\r\n"]), OPEN),
        ("websocket-client: Upgrade, Keep-Alive", join(&[STATUS, UPGRADE, "Connection: Upgrade, Keep-Alive\r\n", ACCEPT, "\r\n"]), OPEN),
        ("two Connection lines", join(&[STATUS, UPGRADE, "Connection: keep-alive\r\nConnection:upgrade\r\n", ACCEPT, "\r\n"]), OPEN),
        ("Connection with empty elements", join(&[STATUS, UPGRADE, "Connection: ,, UPGRADE ,\r\n", ACCEPT, "\r\n"]), OPEN),
        ("Upgrade: WebSocket", join(&[STATUS, "Upgrade: WebSocket\r\n", CONNECTION, ACCEPT, "\r\n"]), OPEN),
        ("names in any case", join(&[STATUS, "UPGRADE: websocket\r\nconnection: upgrade\r\nsec-websocket-ACCEPT: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"]), OPEN),
        ("no space after the colon", join(&[STATUS, "Upgrade:websocket\r\nConnection:Upgrade\r\nSec-WebSocket-Accept:s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"]), OPEN),
        ("whitespace around values", join(&[STATUS, "Upgrade: \t websocket \r\nConnection:\tUpgrade\t\r\nSec-WebSocket-Accept:  s3pPLMBiTxaQ9kYGzzhZRbK+xOo= \t\r\n\r\n"]), OPEN),
        ("websocket-client: silent about the subprotocol", good("X: y\r\n"), OPEN),
        ("subprotocol", good("Sec-WebSocket-Protocol: superchat\r\n"), OPEN),
        ("empty extension list", good("Sec-WebSocket-Extensions:\r\n"), OPEN),
        ("tokio-websockets: 33 headers", good(&headers(30)), OPEN),
        ("64 headers", good(&headers(61)), OPEN),
        ("bytes outside UTF-8 in a value", [&good("")[..good("").len() - 2], b"X: \xff\xfe\r\n\r\n"].concat(), OPEN),
        ("two Set-Cookie lines", good("Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n"), OPEN),
        ("Content-Length: 0 in 101", good("Content-Length: 0\r\n"), OPEN),
        ("103 first", [&b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"[..], &good("")].concat(), OPEN),
        ("100 and 102 first", [&b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 x\r\nA: b\r\n\r\n"[..], &good("")].concat(), OPEN),
        ("103 first, frames after", [&b"HTTP/1.1 103 Early Hints\r\n\r\n"[..], &good(""), b"\x81\x00"].concat(), OPEN),
        // The status line and the framing of the head.
        ("nothing", vec![], lost),
        ("half a head", good("")[..60].to_vec(), lost),
        ("no empty line", good("")[..good("").len() - 2].to_vec(), lost),
        ("another protocol", b"SSH-2.0-OpenSSH_9.6\r\n".to_vec(), malformed(NotHttp)),
        ("a TLS alert", b"\x15\x03\x01\x00\x02\x02\x28".to_vec(), malformed(NotHttp)),
        ("an empty line first", [b"\r\n", &good("")[..]].concat(), malformed(NotHttp)),
        ("http in lower case", b"http/1.1 101 x\r\n\r\n".to_vec(), malformed(NotHttp)),
        ("HTTP/2", b"HTTP/2 101 x\r\n\r\n".to_vec(), malformed(Version)),
        ("HTTP/1.2", b"HTTP/1.2 101 x\r\n\r\n".to_vec(), malformed(Version)),
        ("HTTP/1.0 101", join(&["HTTP/1.0 101 x\r\n", UPGRADE, CONNECTION, ACCEPT, "\r\n"]), malformed(Version)),
        ("bare LF", join(&["HTTP/1.1 101 x\n", UPGRADE, CONNECTION, ACCEPT, "\r\n"]), malformed(LineEnding)),
        ("bare LF after a header", join(&[STATUS, "Upgrade: websocket\n", CONNECTION, ACCEPT, "\r\n"]), malformed(LineEnding)),
        ("bare CR", join(&[STATUS, "Upgrade: web\rsocket\r\n", CONNECTION, ACCEPT, "\r\n"]), malformed(LineEnding)),
        ("CR CR LF", join(&[STATUS, "Upgrade: websocket\r\r\n", CONNECTION, ACCEPT, "\r\n"]), malformed(LineEnding)),
        ("no status", b"HTTP/1.1\r\n\r\n".to_vec(), malformed(Version)),
        ("status of two digits", b"HTTP/1.1 10 x\r\n\r\n".to_vec(), malformed(StatusLine)),
        ("status of four digits", b"HTTP/1.1 1010 x\r\n\r\n".to_vec(), malformed(StatusLine)),
        ("two spaces before the status", b"HTTP/1.1  101 x\r\n\r\n".to_vec(), malformed(StatusLine)),
        ("control character in the reason", b"HTTP/1.1 101 a\x00b\r\n\r\n".to_vec(), malformed(StatusLine)),
        ("a line without a colon", good("nonsense\r\n"), malformed(Header)),
        ("a space before the colon", good("X : y\r\n"), malformed(Header)),
        ("an empty name", good(": y\r\n"), malformed(Header)),
        ("a folded header", good("X: a\r\n b\r\n"), malformed(Header)),
        ("NUL in a value", good("X: a\0b\r\n"), malformed(Header)),
        ("a name outside ASCII", good("\u{e9}: y\r\n"), malformed(Header)),
        // The rules about 101.
        ("tokio-websockets: no Upgrade, no Connection", join(&[STATUS, ACCEPT, "\r\n"]), broken(E::Upgrade)),
        ("no Upgrade", join(&[STATUS, CONNECTION, ACCEPT, "\r\n"]), broken(E::Upgrade)),
        ("Upgrade: h2c", join(&[STATUS, "Upgrade: h2c\r\n", CONNECTION, ACCEPT, "\r\n"]), broken(E::Upgrade)),
        ("Upgrade: websocket, h2c", join(&[STATUS, "Upgrade: websocket, h2c\r\n", CONNECTION, ACCEPT, "\r\n"]), broken(E::Upgrade)),
        ("Upgrade twice", join(&[STATUS, UPGRADE, UPGRADE, CONNECTION, ACCEPT, "\r\n"]), broken(E::Upgrade)),
        ("Upgrade: websockets", join(&[STATUS, "Upgrade: websockets\r\n", CONNECTION, ACCEPT, "\r\n"]), broken(E::Upgrade)),
        ("no Connection", join(&[STATUS, UPGRADE, ACCEPT, "\r\n"]), broken(E::Connection)),
        ("Connection: close", join(&[STATUS, UPGRADE, "Connection: close\r\n", ACCEPT, "\r\n"]), broken(E::Connection)),
        ("Connection: upgraded", join(&[STATUS, UPGRADE, "Connection: upgraded, not-upgrade\r\n", ACCEPT, "\r\n"]), broken(E::Connection)),
        ("no Accept", join(&[STATUS, UPGRADE, CONNECTION, "\r\n"]), broken(E::MissingAccept)),
        ("fastwebsockets: wrong Accept", join(&[STATUS, UPGRADE, CONNECTION, "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n"]), broken(E::WrongAccept)),
        ("websocket-client: Accept in lower case", join(&[STATUS, UPGRADE, CONNECTION, &ACCEPT.to_lowercase(), "\r\n"]), broken(E::WrongAccept)),
        ("Accept cut short", join(&[STATUS, UPGRADE, CONNECTION, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo\r\n\r\n"]), broken(E::WrongAccept)),
        ("Accept with more", join(&[STATUS, UPGRADE, CONNECTION, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo==\r\n\r\n"]), broken(E::WrongAccept)),
        ("Accept in quotes", join(&[STATUS, UPGRADE, CONNECTION, "Sec-WebSocket-Accept: \"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\"\r\n\r\n"]), broken(E::WrongAccept)),
        ("empty Accept", join(&[STATUS, UPGRADE, CONNECTION, "Sec-WebSocket-Accept:\r\n\r\n"]), broken(E::WrongAccept)),
        ("the key sent back", join(&[STATUS, UPGRADE, CONNECTION, "Sec-WebSocket-Accept: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"]), broken(E::WrongAccept)),
        ("Accept twice", good(ACCEPT), broken(E::DuplicateAccept)),
        ("tungstenite: unoffered extension", good("Sec-WebSocket-Extensions: permessage-deflate\r\n"), broken(E::UnofferedExtension)),
        ("unoffered extension on a second line", good("Sec-WebSocket-Extensions:\r\nSec-WebSocket-Extensions: x\r\n"), broken(E::UnofferedExtension)),
        ("unoffered subprotocol", good("Sec-WebSocket-Protocol: mqtt\r\n"), broken(E::UnofferedSubprotocol)),
        ("websocket-client: subprotocol in another case", good("Sec-WebSocket-Protocol: Chat\r\n"), broken(E::UnofferedSubprotocol)),
        ("a list of subprotocols", good("Sec-WebSocket-Protocol: chat, superchat\r\n"), broken(E::UnofferedSubprotocol)),
        ("empty subprotocol", good("Sec-WebSocket-Protocol:\r\n"), broken(E::UnofferedSubprotocol)),
        ("part of a subprotocol", good("Sec-WebSocket-Protocol: super\r\n"), broken(E::UnofferedSubprotocol)),
        ("two subprotocols", good("Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat\r\n"), broken(E::DuplicateSubprotocol)),
        // Refusals.
        ("200", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello".to_vec(), refused(200)),
        ("403 with less body than promised", b"HTTP/1.1 403 Forbidden\r\nContent-Length: 50\r\n\r\nhello".to_vec(), refused(403)),
        ("403 with more body than promised", b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nhello".to_vec(), refused(403)),
        ("401 until the end of the stream", b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n\r\nhello".to_vec(), refused(401)),
        ("302 chunked", b"HTTP/1.1 302 Found\r\nLocation: /x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\nmore".to_vec(), refused(302)),
        ("chunked beats Content-Length", b"HTTP/1.1 500 x\r\nContent-Length: 1\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n".to_vec(), refused(500)),
        ("204 has no body", b"HTTP/1.1 204 No Content\r\n\r\nhello".to_vec(), refused(204)),
        ("HTTP/1.0 refuses too", b"HTTP/1.0 503 x\r\n\r\nhello".to_vec(), refused(503)),
        ("the same Content-Length twice", b"HTTP/1.1 400 x\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhello".to_vec(), refused(400)),
        ("Content-Length of 2^64 - 1", b"HTTP/1.1 400 x\r\nContent-Length: 18446744073709551615\r\n\r\nhello".to_vec(), refused(400)),
        ("Content-Length of 2^64", b"HTTP/1.1 400 x\r\nContent-Length: 18446744073709551616\r\n\r\n".to_vec(), malformed(ContentLength)),
        ("Content-Length: -1", b"HTTP/1.1 400 x\r\nContent-Length: -1\r\n\r\n".to_vec(), malformed(ContentLength)),
        ("Content-Length: +5", b"HTTP/1.1 400 x\r\nContent-Length: +5\r\n\r\nhello".to_vec(), malformed(ContentLength)),
        ("empty Content-Length", b"HTTP/1.1 400 x\r\nContent-Length:\r\n\r\n".to_vec(), malformed(ContentLength)),
        ("two Content-Lengths", b"HTTP/1.1 400 x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nhello".to_vec(), malformed(ContentLength)),
        ("403 after 103", b"HTTP/1.1 103 x\r\n\r\nHTTP/1.1 403 x\r\n\r\nhello".to_vec(), refused(403)),
        // Limits.
        ("65 headers", good(&headers(62)), too_many_headers()),
        ("a head that never ends", [STATUS.as_bytes(), &b"X: ".repeat(6000)].concat(), too_long()),
    ]
}

fn too_many_headers() -> Result<bool, HandshakeError> {
    Err(HandshakeError::Capacity(CapacityError {
        limit: Limit::ResponseHeaders,
        needed: 65,
        allowed: 64,
    }))
}

fn too_long() -> Result<bool, HandshakeError> {
    Err(HandshakeError::Capacity(CapacityError {
        limit: Limit::ResponseHead,
        needed: 16385,
        allowed: 16384,
    }))
}

#[test]
fn every_row_comes_out_as_written() {
    let table = table();
    assert!(table.len() >= 50);
    for (name, bytes, expected) in table {
        assert_eq!(run_whole(&bytes).result, expected, "{name}");
    }
}

#[test]
fn every_split_of_every_row_comes_out_the_same() {
    for (name, bytes, _) in table() {
        let whole = run_whole(&bytes);
        let run = |pieces: &mut dyn Iterator<Item = &[u8]>| {
            run(Vec::new(), HandshakeConfig::DEFAULT, pieces)
        };
        // Beyond this the long rows repeat themselves.
        for at in 0..bytes.len().min(1500) {
            let (a, b) = bytes.split_at(at);
            assert_eq!(run(&mut [a, b].into_iter()), whole, "{name} at {at}");
        }
        for size in 1..8 {
            assert_eq!(run(&mut bytes.chunks(size)), whole, "{name} by {size}");
        }
    }
}

#[test]
fn every_row_with_small_buffers_comes_out_the_same_or_says_what_it_needs() {
    for (name, bytes, _) in table() {
        let whole = run_whole(&bytes);
        for size in 1..(bytes.len() + 3).min(600) {
            let mut rx = vec![0; size];
            let small = run(&mut rx[..], HandshakeConfig::DEFAULT, bytes.chunks(7));
            let too_small = Err(HandshakeError::Capacity(CapacityError {
                limit: Limit::Buffer,
                needed: size as u64 + 1,
                allowed: size as u64,
            }));
            if small.result == too_small {
                assert!(size <= bytes.len(), "{name} in {size}");
                continue;
            }
            assert_eq!(small.result, whole.result, "{name} in {size}");
            assert_eq!(small.head, whole.head, "{name} in {size}");
            assert_eq!(small.subprotocol, whole.subprotocol, "{name} in {size}");
            assert!(whole.body.starts_with(&small.body), "{name} in {size}");
            if size > bytes.len() {
                assert_eq!(small.body, whole.body, "{name} in {size}");
            }
        }
    }
}

#[test]
fn a_refusal_carries_status_reason_headers_and_body() {
    for (name, body) in [
        ("200", "hello"),
        ("403 with less body than promised", "hello"),
        ("403 with more body than promised", "he"),
        ("401 until the end of the stream", "hello"),
        ("302 chunked", "hello"),
        ("chunked beats Content-Length", "hello"),
        ("204 has no body", ""),
        ("the same Content-Length twice", "he"),
        ("403 after 103", "hello"),
    ] {
        let table = table();
        let (_, bytes, _) = table.iter().find(|row| row.0 == name).unwrap();
        assert_eq!(run_whole(bytes).body, body.as_bytes(), "{name}");
    }
    let mut handshake = begin(Vec::new(), HandshakeConfig::DEFAULT);
    feed(
        &mut handshake,
        b"HTTP/1.1 401 Not you\r\nWWW-Authenticate: Basic\r\nSet-Cookie: id=s3cret\r\n\
          www-authenticate: Digest\r\nContent-Length: 2\r\n\r\nno",
    );
    assert_eq!(handshake.poll(), refused(401));
    let response: Response<'_> = handshake.response().unwrap();
    assert_eq!((response.status(), response.reason()), (401, "Not you"));
    assert_eq!(response.header("Www-Authenticate"), Some("Basic"));
    assert_eq!(response.header("content-length"), Some("2"));
    assert_eq!(response.header("Location"), None);
    assert_eq!(response.headers().count(), 4);
    assert_eq!(response.body(), b"no");
    let shown = format!("{response:?} {handshake:?}");
    assert!(
        shown.contains("Digest") && !shown.contains("s3cret"),
        "{shown}"
    );
}

#[test]
fn what_came_after_the_head_can_be_seen() {
    let mut handshake = begin(Vec::new(), HandshakeConfig::DEFAULT);
    let bytes = [good(""), b"\x81\x02ok".to_vec()].concat();
    feed(&mut handshake, &bytes[..bytes.len() - 4]);
    assert_eq!(handshake.rest(), b"");
    let mut handshake = begin(Vec::new(), HandshakeConfig::DEFAULT);
    handshake.transmitted(usize::MAX);
    let room = handshake.receive_buffer();
    room[..bytes.len()].copy_from_slice(&bytes);
    handshake.received(bytes.len());
    assert_eq!(handshake.poll(), Ok(true));
    assert_eq!(handshake.rest(), b"\x81\x02ok");
    let mut refusal = begin(Vec::new(), HandshakeConfig::DEFAULT);
    feed(
        &mut refusal,
        b"HTTP/1.1 403 F\r\nContent-Length: 2\r\n\r\nno",
    );
    assert_eq!(refusal.rest(), b"");
}

#[test]
fn subprotocols() {
    let outcome = run_whole(&good("Sec-WebSocket-Protocol: superchat\r\n"));
    assert_eq!(outcome.subprotocol.as_deref(), Some("superchat"));
    assert_eq!(run_whole(&good("")).subprotocol, None);
    let mut handshake = begin(Vec::new(), HandshakeConfig::DEFAULT);
    feed(
        &mut handshake,
        &good("sec-websocket-protocol: superchat\r\n"),
    );
    assert_eq!(handshake.subprotocol_index(), Some(1));
    let connection = Connection::from_handshake(handshake, Config::default()).unwrap();
    assert_eq!(connection.subprotocol_index(), Some(1));
}

#[test]
fn one_wrong_byte_anywhere_comes_out_the_same_in_pieces() {
    let good = good("Sec-WebSocket-Protocol: chat\r\n");
    for at in 0..good.len() {
        for byte in *b"\0\t\n\r \",:1a\xff" {
            let mut bytes = good.clone();
            bytes[at] = byte;
            let whole = run_whole(&bytes);
            let pieces = run(Vec::new(), HandshakeConfig::DEFAULT, bytes.chunks(1));
            assert_eq!(pieces, whole, "{byte} at {at}");
        }
    }
}
