//! The servers: tungstenite, and raw ones.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, OnceLock},
    thread,
    time::Duration,
};

use hybi_std::{Builder, Tls, builder, tls::Roots};
use rustls::{ServerConfig, ServerConnection, StreamOwned, crypto::ring, pki_types::PrivateKeyDer};
use tungstenite::{
    WebSocket, accept,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use crate::Result;

/// Serves one connection on a thread; returns the address.
fn serve(serve: impl FnOnce(TcpStream) + Send + 'static) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        if let Ok((stream, _)) = listener.accept() {
            let _ = stream.set_nodelay(true);
            serve(stream);
        }
    });
    Ok(address)
}

fn echo<S: Read + Write>(mut socket: WebSocket<S>) {
    while let Ok(message) = socket.read() {
        if (message.is_text() || message.is_binary()) && socket.send(message).is_err() {
            break;
        }
    }
}

fn echo_over<S: Read + Write>(stream: S) {
    if let Ok(socket) = accept(stream) {
        echo(socket);
    }
}

/// An echo server for one connection.
pub(crate) fn plain() -> Result<Builder> {
    Ok(builder(format!("ws://{}/", serve(echo_over)?)))
}

/// The same over TLS.
pub(crate) fn tls() -> Result<Builder> {
    static IDENTITY: OnceLock<(Arc<ServerConfig>, Tls)> = OnceLock::new();
    let (config, tls) = match IDENTITY.get() {
        Some(made) => made,
        None => {
            let made = identity()?;
            IDENTITY.get_or_init(|| made)
        }
    };
    let config = config.clone();
    let address = serve(move |stream| {
        if let Ok(connection) = ServerConnection::new(config) {
            echo_over(StreamOwned::new(connection, stream));
        }
    })?;
    let url = format!("wss://localhost:{}/", address.port());
    Ok(builder(url).tls(tls.clone()))
}

fn identity() -> Result<(Arc<ServerConfig>, Tls)> {
    let names = ["localhost".to_owned()];
    let key = rcgen::KeyPair::generate()?;
    let certificate = rcgen::CertificateParams::new(names)?.self_signed(&key)?;
    let private_key = PrivateKeyDer::try_from(key.serialize_der())?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private_key)?;
    let tls = Tls::builder()
        .roots(Roots::Added)
        .add_root_pem(certificate.pem().as_bytes())?
        .build()?;
    Ok((Arc::new(config), tls))
}

/// Accepts the opening handshake, then runs `serve_open`.
pub(crate) fn raw(serve_open: impl FnOnce(TcpStream) + Send + 'static) -> Result<String> {
    let address = serve(move |stream| {
        if let Ok(copy) = stream.try_clone()
            && accept(copy).is_ok()
        {
            serve_open(stream);
        }
    })?;
    Ok(format!("ws://{address}/"))
}

/// An echo server for any number of connections, one after the other.
pub(crate) fn many() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("ws://{}/", listener.local_addr()?);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            echo_over(stream);
        }
    });
    Ok(url)
}

/// Is started `lives` times, each time for one connection, and ends it in
/// another way each time: Close with 1012, the end of TCP, a reset; at last
/// Close with 1000.
pub(crate) fn restarting(address: SocketAddr, lives: usize) -> Result<()> {
    for life in 1..=lives {
        let listener = TcpListener::bind(address)?;
        let mut socket = accept(listener.accept()?.0).map_err(|error| error.to_string())?;
        drop(listener);
        socket.send(format!("life {life}").into())?;
        match life % 3 {
            _ if life == lives => close(&mut socket, CloseCode::Normal)?,
            0 => close(&mut socket, CloseCode::Restart)?,
            1 => {}
            _ => {
                // Half a message before the end.
                socket.get_mut().write_all(b"\x81\x05he")?;
            }
        }
        drop(socket);
        thread::sleep(Duration::from_millis(15));
    }
    Ok(())
}

fn close(socket: &mut WebSocket<TcpStream>, code: CloseCode) -> Result<()> {
    let reason = "restart".into();
    socket.close(Some(CloseFrame { code, reason }))?;
    while socket.read().is_ok() {}
    Ok(())
}

/// How many descriptors this process has open, where that can be told.
pub(crate) fn descriptors() -> Option<usize> {
    Some(fs::read_dir("/proc/self/fd").ok()?.count())
}

/// The resident memory of this process in KiB, where that can be told.
pub(crate) fn memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
