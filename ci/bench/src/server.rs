//! The server of the rows over sockets, in a process of its own. By hand, so
//! that it is never the bottleneck: what it sends is prepared, what it
//! receives is thrown away, and only an echo reads frames.
//!
//! It prints the port for plain connections, the port for TLS, and its
//! certificate in hexadecimal; it ends with its standard input.

use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};

use crate::{
    clock::stay_on,
    message::{Content, frame, from_server},
    upgrade,
};

const CHUNK: usize = 256 << 10;

pub fn run() -> io::Result<()> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]);
    let made = made.map_err(io::Error::other)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .map_err(io::Error::other)?;
    let plain = TcpListener::bind("127.0.0.1:0")?;
    let tls = TcpListener::bind("127.0.0.1:0")?;
    let pem: String = made
        .cert
        .pem()
        .bytes()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    println!(
        "{} {} {pem}",
        plain.local_addr()?.port(),
        tls.local_addr()?.port()
    );
    serve(plain, |tcp| Ok(Box::new(tcp)));
    let config = Arc::new(config);
    serve(tls, move |tcp| {
        let tls = ServerConnection::new(Arc::clone(&config)).map_err(io::Error::other)?;
        Ok(Box::new(StreamOwned::new(tls, tcp)))
    });
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

fn serve(
    listener: TcpListener,
    wrap: impl Fn(TcpStream) -> io::Result<Box<dyn Stream>> + Send + Clone + 'static,
) {
    thread::spawn(move || {
        for tcp in listener.incoming().flatten() {
            let wrap = wrap.clone();
            thread::spawn(move || {
                tcp.set_nodelay(true)?;
                talk(&mut *wrap(tcp)?)
            });
        }
    });
}

/// `/send/CONTENT/SIZE`, `/sink`, `/echo/CORE`, `/raw/CORE`; CORE may be
/// `any`.
fn talk(stream: &mut dyn Stream) -> io::Result<()> {
    let mut stream = stream;
    let head = upgrade::read_head(&mut stream)?;
    let response = upgrade::response(&head, None);
    let path = str::from_utf8(&head).map_err(io::Error::other)?;
    let path = path.split(' ').nth(1).unwrap_or_default().to_owned();
    stream.write_all(&response.ok_or_else(|| io::Error::other("no key"))?)?;
    stream.flush()?;
    let parts: Vec<_> = path.split('/').skip(1).collect();
    match parts[..] {
        ["send", content, size] => {
            let content = match content {
                "binary" => Content::Binary,
                "ascii" => Content::Ascii,
                _ => Content::Japanese,
            };
            let size = size.parse().map_err(io::Error::other)?;
            let message = from_server(content, size, None);
            let bytes = message.repeat(CHUNK.div_ceil(message.len()));
            loop {
                stream.write_all(&bytes)?;
            }
        }
        ["echo", core] => {
            on(core);
            echo(stream)
        }
        ["raw", core] => {
            on(core);
            let mut buffer = [0; 4096];
            loop {
                match stream.read(&mut buffer)? {
                    0 => return Ok(()),
                    n => stream.write_all(&buffer[..n])?,
                }
            }
        }
        _ => {
            let mut buffer = vec![0; CHUNK];
            while stream.read(&mut buffer)? > 0 {}
            Ok(())
        }
    }
}

fn on(core: &str) {
    if let Ok(core) = core.parse() {
        stay_on(&[core]);
    }
}

/// Sends back each frame of at most 4 KiB.
fn echo(stream: &mut dyn Stream) -> io::Result<()> {
    let (mut buffer, mut len) = (vec![0; 8 << 10], 0);
    let mut out = Vec::new();
    loop {
        len += match stream.read(&mut buffer[len..])? {
            0 => return Ok(()),
            n => n,
        };
        let mut at = 0;
        while let Some((first, payload, next)) = client_frame(&buffer[at..len]) {
            if first & 0x0F == 8 {
                return Ok(());
            }
            frame(&mut out, first, &payload);
            at += next;
        }
        buffer.copy_within(at..len, 0);
        len -= at;
        stream.write_all(&out)?;
        out.clear();
    }
}

/// First byte, payload and whole length of a client's frame, if it is there.
pub fn client_frame(bytes: &[u8]) -> Option<(u8, Vec<u8>, usize)> {
    let (&[first, second], _) = bytes.split_first_chunk::<2>()?;
    let (len, header) = match second & 0x7F {
        126 => {
            let len = bytes.get(2..4)?.try_into().ok()?;
            (usize::from(u16::from_be_bytes(len)), 4)
        }
        127 => {
            let len = bytes.get(2..10)?.try_into().ok()?;
            (usize::try_from(u64::from_be_bytes(len)).ok()?, 10)
        }
        len => (usize::from(len), 2),
    };
    if second & 0x80 == 0 {
        return Some((
            first,
            bytes.get(header..header + len)?.to_vec(),
            header + len,
        ));
    }
    let key = bytes.get(header..header + 4)?;
    let end = header + 4 + len;
    let payload = bytes.get(header + 4..end)?;
    let payload = payload
        .iter()
        .zip(key.iter().cycle())
        .map(|(byte, key)| byte ^ key);
    Some((first, payload.collect(), end))
}
