//! The opening handshake by hand: a server's answer, and a client's request
//! for libraries that take a connection over after it.

use std::io::{self, Read, Write};

use base64::{Engine, engine::general_purpose::STANDARD};

/// The head of a server's answer to this request, if it is one.
pub fn response(request: &[u8], extensions: Option<&str>) -> Option<Vec<u8>> {
    let request = str::from_utf8(request).ok()?;
    let key = request.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("sec-websocket-key")
            .then(|| value.trim())
    })?;
    let mut sha1 = sha1_smol::Sha1::new();
    sha1.update(key.as_bytes());
    sha1.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    let accept = STANDARD.encode(sha1.digest().bytes());
    let extensions = extensions
        .map(|list| format!("Sec-WebSocket-Extensions: {list}\r\n"))
        .unwrap_or_default();
    let head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n{extensions}\r\n"
    );
    Some(head.into_bytes())
}

pub fn request(path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
}

/// Asks, and reads the answer and nothing after it.
pub fn ask(stream: &mut (impl Read + Write), path: &str) -> io::Result<()> {
    stream.write_all(request(path).as_bytes())?;
    stream.flush()?;
    let head = read_head(stream)?;
    if head.starts_with(b"HTTP/1.1 101 ") {
        Ok(())
    } else {
        Err(io::Error::other("no WebSocket"))
    }
}

/// Reads a head, and nothing after it.
pub fn read_head(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(head)
}
