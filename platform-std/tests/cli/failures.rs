//! Why no connection is opened.

use std::{io::Write, time::Instant};

use crate::{
    program::{error, json},
    support::{assert_took, millis, nobody, read_head, read_to_end, serve},
};

fn answered(response: &'static str) -> crate::program::Run {
    let (url, server) = serve(move |mut stream| {
        read_head(&mut stream);
        stream.write_all(response.as_bytes()).unwrap();
    });
    let run = json(&[&url]);
    server.join().unwrap();
    run
}

#[test]
fn the_handshake_is_refused() {
    let run = answered("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
    let line = r#"{"event":"error","kind":"handshake","close_code":null,"status":403,"message":"the server refused the handshake with status 403 Forbidden"}"#;
    run.expect(3, &[line.to_owned()]);
}

#[test]
fn a_redirect_is_not_followed() {
    let response = "HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n";
    answered(response).expect_error(3, "redirect", Some(302));
}

#[test]
fn the_handshake_is_wrong() {
    let response = "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                    Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n";
    answered(response).expect_error(3, "handshake", Some(101));
    answered("SSH-2.0-x\r\n\r\n").expect_error(3, "handshake", None);
}

#[test]
fn the_connection_is_refused() {
    let url = format!("ws://{}/", nobody());
    let run = json(&[&url]);
    run.expect_error(1, "connect", None);
}

#[test]
fn the_connection_ends_before_it_is_open() {
    let (url, server) = serve(|mut stream| {
        read_head(&mut stream);
    });
    json(&[&url]).expect_error(1, "io", None);
    server.join().unwrap();
}

#[test]
fn the_name_does_not_exist() {
    json(&["ws://no-such-host.invalid/"]).expect_error(1, "resolve", None);
}

/// TLS counts for the deadline of connecting.
#[test]
fn connecting_takes_too_long() {
    let (url, server) = serve(|mut stream| read_to_end(&mut stream));
    let begin = Instant::now();
    let run = json(&["--connect-timeout", "0.3", &url.replace("ws:", "wss:")]);
    assert_took(begin, millis(300));
    let message = "no connection within 300ms: time ran out during TLS handshake";
    run.expect(6, &[error("timeout", None, message)]);
    server.join().unwrap();
}

#[test]
fn the_handshake_takes_too_long() {
    let (url, server) = serve(|mut stream| read_to_end(&mut stream));
    let begin = Instant::now();
    let run = json(&["--handshake-timeout", "0.3", &url]);
    assert_took(begin, millis(300));
    let message = "no connection within 300ms: time ran out during opening handshake";
    run.expect(6, &[error("timeout", None, message)]);
    server.join().unwrap();
}

#[test]
fn the_server_does_not_speak_tls() {
    let (url, server) = serve(|mut stream| {
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .unwrap();
        read_to_end(&mut stream);
    });
    let run = json(&[&url.replace("ws:", "wss:")]);
    run.expect_error(4, "tls", None);
    server.join().unwrap();
}

#[test]
fn the_root_certificate_cannot_be_read() {
    let run = json(&["--ca", "/no/such/file", "wss://127.0.0.1:1/"]);
    run.expect_error(4, "tls", None);
    assert!(run.stdout.contains("/no/such/file"), "{run:?}");
}

#[cfg(unix)]
#[test]
fn a_unix_socket() {
    use std::os::unix::net::UnixListener;
    let path = std::env::temp_dir().join(format!("hybi-cli-socket-{}", std::process::id()));
    let listener = UnixListener::bind(&path).unwrap();
    let server = std::thread::spawn(move || {
        let stream = listener.accept().unwrap().0;
        crate::support::echo(tungstenite::accept(stream).unwrap());
    });
    let path_text = path.display().to_string();
    let url = "ws://unix.test/x";
    let run = json(&["--unix", &path_text, "-t", "a", "--count", "1", url]);
    std::fs::remove_file(&path).unwrap();
    run.expect(
        0,
        &[
            crate::program::connected(url),
            crate::program::text("a"),
            crate::program::closed_here(),
        ],
    );
    server.join().unwrap();
    json(&["--unix", &path_text, url]).expect_error(1, "connect", None);
}
