//! The contract of the `hybi` program by tungstenite, for the cases of ci/hostile.

use std::{io::Write as _, net::TcpStream, process::exit, sync::Arc, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use serde_json::{Value, json};
use tungstenite::{
    ClientRequestBuilder, Connector, Error, Message, WebSocket, client::IntoClientRequest as _,
    client_tls_with_config, http::Uri, protocol::WebSocketConfig, stream::MaybeTlsStream,
};

/// For run.py: an option that this client has nothing for.
const UNSUPPORTED: i32 = 64;

#[derive(Default)]
struct Options {
    texts: Vec<String>,
    subprotocols: Vec<String>,
    headers: Vec<(String, String)>,
    count: Option<u64>,
    ca: Option<String>,
    config: WebSocketConfig,
    timeout: Option<f64>,
    redirects: Option<u8>,
    url: String,
}

fn main() {
    let options = parse();
    match connect(&options) {
        Ok(mut socket) => {
            event(json!({"event": "connected"}));
            match talk(&options, &mut socket) {
                Ok(code) => event(json!({"event": "closed", "code": code})),
                Err(error) => failed(&error),
            }
        }
        Err(error) => failed(&error),
    }
}

fn parse() -> Options {
    let mut options = Options::default();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if !word.starts_with('-') {
            options.url = word;
            continue;
        }
        // It has no compression to turn off.
        if word == "--json" || word == "--no-compress" {
            continue;
        }
        let value = words.next().unwrap_or_default();
        match word.as_str() {
            "-t" | "--text" => options.texts.push(value),
            "-s" | "--subprotocol" => options.subprotocols.push(value),
            "-H" | "--header" => match value.split_once(':') {
                Some((name, value)) => {
                    options
                        .headers
                        .push((name.into(), value.trim_matches(' ').into()));
                }
                None => options.headers.push((value, String::new())),
            },
            "-o" | "--origin" => options.headers.push(("Origin".into(), value)),
            "--count" => options.count = Some(number(&value)),
            "--ca" => options.ca = Some(value),
            "--max-message" => options.config.max_message_size = Some(number(&value)),
            "--max-frame" => options.config.max_frame_size = Some(number(&value)),
            "--handshake-timeout" => options.timeout = Some(number(&value)),
            "--max-redirects" => options.redirects = Some(number(&value)),
            _ => exit(UNSUPPORTED),
        }
    }
    options
}

fn number<T: std::str::FromStr>(text: &str) -> T {
    T::from_str(text).unwrap_or_else(|_| exit(UNSUPPORTED))
}

type Socket = WebSocket<MaybeTlsStream<TcpStream>>;

fn connect(options: &Options) -> Result<Socket, Box<dyn std::error::Error>> {
    if let Some(redirects) = options.redirects {
        // The one function that follows redirects, and takes a URL only.
        if !options.headers.is_empty() {
            exit(UNSUPPORTED);
        }
        let url = options.url.as_str().into_client_request()?;
        let config = Some(options.config);
        return Ok(tungstenite::client::connect_with_config(url, config, redirects)?.0);
    }
    let uri: Uri = options.url.parse()?;
    let mut request = ClientRequestBuilder::new(uri.clone());
    for subprotocol in &options.subprotocols {
        request = request.with_sub_protocol(subprotocol);
    }
    for (name, value) in &options.headers {
        request = request.with_header(name, value);
    }
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let port = uri.port_u16().unwrap_or(80);
    let stream = TcpStream::connect((host, port))?;
    stream.set_read_timeout(Some(Duration::from_secs_f64(
        options.timeout.unwrap_or(10.0),
    )))?;
    let connector = match &options.ca {
        Some(file) => Some(Connector::Rustls(Arc::new(tls(file)?))),
        None => None,
    };
    let config = Some(options.config);
    let (socket, _) = client_tls_with_config(request, stream, config, connector)?;
    let stream = match socket.get_ref() {
        MaybeTlsStream::Plain(stream) => stream,
        MaybeTlsStream::Rustls(stream) => &stream.sock,
        _ => exit(UNSUPPORTED),
    };
    stream.set_read_timeout(None)?;
    Ok(socket)
}

fn tls(file: &str) -> Result<rustls::ClientConfig, Box<dyn std::error::Error>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(file)?)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// The code of the peer's Close frame.
fn talk(options: &Options, socket: &mut Socket) -> Result<Option<u16>, Box<dyn std::error::Error>> {
    for text in &options.texts {
        socket.send(Message::text(text.as_str()))?;
    }
    let mut received = 0;
    let mut code = None;
    loop {
        match socket.read() {
            Ok(Message::Text(text)) => event(json!({"event": "text", "data": text.as_str()})),
            Ok(Message::Binary(data)) => {
                event(json!({"event": "binary", "base64": BASE64_STANDARD.encode(data)}));
            }
            Ok(Message::Close(frame)) => {
                code = Some(frame.map(|frame| u16::from(frame.code)));
                continue;
            }
            Ok(_) => continue,
            Err(Error::ConnectionClosed) => return Ok(code.flatten()),
            // The Close frame is read, and TCP ends in some way.
            Err(_) if code.is_some() => return Ok(code.flatten()),
            Err(error) => return Err(error.into()),
        }
        received += 1;
        if Some(received) == options.count {
            socket.close(None)?;
        }
    }
}

fn event(event: Value) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{event}").and_then(|()| out.flush());
}

fn failed(error: &dyn std::fmt::Display) -> ! {
    event(json!({"event": "error", "kind": "other", "message": error.to_string()}));
    exit(1)
}
