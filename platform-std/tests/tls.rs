//! TLS: what it carries, and how it ends.

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
    net::TcpListener,
    process::Command,
    sync::Arc,
    thread,
    time::Instant,
};

use hybi_std::{CloseCode, ConnectError, Error, Event, Kind, Prepared, builder, tls::TlsError};
use rustls::{ServerConnection, StreamOwned};
use support::{
    accept, millis, read_frame, read_to_end,
    tls::{
        Identity, TlsStream, authority, echo, params, serve_with, server_config, trusting,
        try_connect,
    },
};

#[test]
fn a_big_message_over_tls() {
    let authority = authority();
    let identity = Identity::signed_by(&authority, params());
    let (result, server) = try_connect(&identity, "localhost", trusting(&authority.pem()));
    let mut socket = result.unwrap();
    let data: Vec<u8> = (0..3_000_000u32).map(|n| n.to_le_bytes()[1]).collect();
    socket.send_binary(&data).unwrap();
    assert_eq!(socket.receive().unwrap(), Event::Binary(&data));
    drop(socket);
    server.join().unwrap();
}

#[test]
fn a_server_without_tls() {
    let (url, server) = support::serve(|mut stream| {
        let mut sink = [0; 512];
        let _ = stream.read(&mut sink);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        read_to_end(&mut stream);
    });
    let url = url.replace("ws://", "wss://");
    let error = builder(url).connect().unwrap_err();
    assert!(
        matches!(
            error,
            ConnectError::Tls {
                error: TlsError::NotTls,
                ..
            }
        ),
        "{error:?}"
    );
    server.join().unwrap();
}

#[test]
fn a_server_that_hangs_up_during_tls() {
    let (url, server) = support::serve(drop);
    let error = builder(url.replace("ws://", "wss://"))
        .connect()
        .unwrap_err();
    assert!(matches!(error.kind(), Kind::Tls | Kind::Io), "{error:?}");
    server.join().unwrap();
}

#[test]
fn prepared_streams_get_tls_too() {
    let authority = authority();
    let identity = Identity::signed_by(&authority, params());
    for kind in ["tcp", "other"] {
        let (port, server) = serve_with(server_config(&identity), echo);
        let stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(millis(10))).unwrap();
        let prepared = match kind {
            "tcp" => Prepared::from(stream),
            _ => Prepared::other(stream),
        };
        let mut socket = builder("wss://localhost/")
            .tls(trusting(&authority.pem()))
            .connect_over(prepared)
            .unwrap();
        assert!(socket.stream().is_tls());
        socket.send_text(kind).unwrap();
        assert_eq!(socket.receive().unwrap(), Event::Text(kind));
        assert!(socket.close(CloseCode::NORMAL, "").unwrap().clean);
        server.join().unwrap();
    }
}

/// Ends TCP without `close_notify`.
fn cut(stream: TlsStream) {
    stream.sock.shutdown(std::net::Shutdown::Write).unwrap();
    read_to_end(&mut &stream.sock);
}

#[test]
fn tls_cut_short_is_a_lost_connection() {
    let authority = authority();
    let identity = Identity::signed_by(&authority, params());
    let (port, server) = serve_with(server_config(&identity), |mut stream| {
        accept(&mut stream);
        stream.write_all(b"\x81\x05he").unwrap();
        stream.flush().unwrap();
        cut(stream);
    });
    let mut socket = builder(format!("wss://localhost:{port}/"))
        .tls(trusting(&authority.pem()))
        .connect()
        .unwrap();
    let error = socket.receive().unwrap_err();
    assert!(matches!(error, Error::Lost), "{error:?}");
    drop(socket);
    server.join().unwrap();
}

#[test]
fn tls_cut_short_after_the_closing_handshake_is_fine() {
    let authority = authority();
    let identity = Identity::signed_by(&authority, params());
    let (port, server) = serve_with(server_config(&identity), |mut stream| {
        accept(&mut stream);
        let close = read_frame(&mut stream);
        stream.write_all(b"\x88\x02\x03\xe8").unwrap();
        stream.flush().unwrap();
        cut(stream);
        close
    });
    let mut socket = builder(format!("wss://localhost:{port}/"))
        .tls(trusting(&authority.pem()))
        .connect()
        .unwrap();
    assert!(socket.close(CloseCode::NORMAL, "").unwrap().clean);
    drop(socket);
    assert_eq!(server.join().unwrap(), Some((8, vec![0x03, 0xe8])));
}

#[test]
fn another_thread_wakes_a_receive_over_tls() {
    let authority = authority();
    let identity = Identity::signed_by(&authority, params());
    let (result, server) = try_connect(&identity, "localhost", trusting(&authority.pem()));
    let mut socket = result.unwrap();
    let waker = socket.waker().unwrap();
    let other = thread::spawn(move || {
        thread::sleep(millis(100));
        let at = Instant::now();
        waker.wake();
        at
    });
    assert!(matches!(socket.receive(), Err(Error::Woken)));
    let took = Instant::now() - other.join().unwrap();
    assert!(took < millis(50), "{took:?}");
    drop(socket);
    server.join().unwrap();
}

#[test]
fn close_and_drop_over_tls_end_in_time() {
    let authority = authority();
    let identity = Identity::signed_by(&authority, params());
    let (port, server) = serve_with(server_config(&identity), |mut stream| {
        accept(&mut stream);
        read_to_end(&mut stream);
    });
    let mut socket = builder(format!("wss://localhost:{port}/"))
        .tls(trusting(&authority.pem()))
        .close_timeout(millis(200))
        .connect()
        .unwrap();
    let begin = Instant::now();
    assert!(!socket.close(CloseCode::NORMAL, "").unwrap().clean);
    support::assert_took(begin, millis(200));
    server.join().unwrap();

    // One that does not read.
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let (port, server) = serve_with(server_config(&identity), move |mut stream| {
        accept(&mut stream);
        let _ = stopped.recv();
    });
    let mut socket = builder(format!("wss://localhost:{port}/"))
        .tls(trusting(&authority.pem()))
        .write_timeout(millis(100))
        .connect()
        .unwrap();
    while socket.send_binary(&[0; 1 << 18]).is_ok() {}
    let begin = Instant::now();
    drop(socket);
    assert!(begin.elapsed() < millis(100), "{:?}", begin.elapsed());
    stop.send(()).unwrap();
    server.join().unwrap();
}

#[test]
fn a_silent_tls_server_ends_at_the_connect_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let builder = builder(format!("wss://localhost:{port}/"))
        .tls(trusting(&authority().pem()))
        .connect_timeout(millis(150));
    let begin = Instant::now();
    let error = builder.connect().unwrap_err();
    support::assert_took(begin, millis(150));
    assert_eq!(error.kind(), Kind::Timeout);
    assert!(error.to_string().contains("TLS handshake"), "{error}");
}

#[test]
fn sessions_are_resumed_by_the_same_builder() {
    let authority = authority();
    let identity = Identity::signed_by(&authority, params());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = Arc::new(server_config(&identity));
    let server = thread::spawn(move || {
        let mut kinds = Vec::new();
        for _ in 0..2 {
            let (stream, _) = listener.accept().unwrap();
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            accept(&mut stream);
            kinds.push(stream.conn.handshake_kind());
            assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
            read_frame(&mut stream);
            stream.write_all(b"\x88\x02\x03\xe8").unwrap();
            stream.conn.send_close_notify();
            stream.flush().unwrap();
        }
        kinds
    });
    let builder = builder(format!("wss://localhost:{port}/")).tls(trusting(&authority.pem()));
    for _ in 0..2 {
        let mut socket = builder.connect().unwrap();
        socket.close(CloseCode::NORMAL, "").unwrap();
    }
    let kinds = server.join().unwrap();
    assert_eq!(kinds[0], Some(rustls::HandshakeKind::Full));
    assert_eq!(kinds[1], Some(rustls::HandshakeKind::Resumed));
}

/// The variable is read by a process of its own, which runs another test.
#[test]
fn session_keys_are_logged_where_sslkeylogfile_says() {
    let path = std::env::temp_dir().join(format!("hybi-keys-{}", std::process::id()));
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_big_message_over_tls"])
        .env("SSLKEYLOGFILE", &path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let keys = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(keys.contains("CLIENT_TRAFFIC_SECRET_0 "), "{keys}");
}

/// Likewise. Where the platform has its own verifier there are no such files.
#[cfg(not(any(windows, target_vendor = "apple")))]
#[test]
fn ssl_cert_file_and_ssl_cert_dir_name_the_platforms_roots() {
    let authority = authority();
    let folder = std::env::temp_dir().join(format!("hybi-roots-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("roots.pem");
    std::fs::write(&file, authority.pem()).unwrap();
    let other = folder.join("other.pem");
    std::fs::write(&other, support::tls::authority().pem()).unwrap();
    for (variable, value, expected) in [
        ("SSL_CERT_FILE", &file, true),
        ("SSL_CERT_DIR", &folder, true),
        ("SSL_CERT_FILE", &other, false),
    ] {
        let identity = Identity::signed_by(&authority, params());
        let (port, server) = serve_with(server_config(&identity), echo);
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "with_the_platforms_roots", "--ignored"])
            .env_remove("SSL_CERT_FILE")
            .env_remove("SSL_CERT_DIR")
            .env(variable, value)
            .env("HYBI_TEST_PORT", port.to_string())
            .output()
            .unwrap();
        assert_eq!(output.status.success(), expected, "{variable} {output:?}");
        server.join().unwrap();
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
#[ignore = "run by another test, with other variables"]
fn with_the_platforms_roots() {
    let port = std::env::var("HYBI_TEST_PORT").unwrap();
    let mut socket = hybi_std::connect(&format!("wss://localhost:{port}/")).unwrap();
    socket.close(CloseCode::NORMAL, "").unwrap();
}
