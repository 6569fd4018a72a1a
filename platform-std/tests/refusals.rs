//! Servers and callers that do it wrong: each error names the one at fault.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::std_instead_of_core,
    reason = "these are tests"
)]

mod support;

use std::{
    io::Write,
    net::{Shutdown, TcpListener},
    thread,
};

use hybi_std::{CloseCode, ConnectError, Error, Kind, builder, connect};
use support::{nobody, read_frame, read_head, read_to_end, serve, serve_raw};

/// Connects to a server that answers with `response` and ends.
fn answered_with(response: &str) -> ConnectError {
    let response = response.to_owned();
    let (url, server) = serve(move |mut stream| {
        read_head(&mut stream);
        stream.write_all(response.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        read_to_end(&mut stream);
    });
    let error = connect(&url).unwrap_err();
    server.join().unwrap();
    error
}

#[test]
fn a_refusal_keeps_status_headers_and_body() {
    let error = answered_with(
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 7\r\nX-Why: mood\r\n\
         Set-Cookie: session=secret\r\n\r\nno wayX",
    );
    assert_eq!(error.kind(), Kind::Handshake);
    assert_eq!(error.status(), Some(403));
    let response = error.response().unwrap();
    assert_eq!(response.reason(), "Forbidden");
    assert_eq!(response.header("x-why"), Some("mood"));
    assert_eq!(response.body(), b"no wayX");
    assert!(!format!("{error:?}").contains("secret"));
    assert!(error.to_string().contains("403 Forbidden"), "{error}");
}

#[test]
fn a_body_that_ends_with_the_connection() {
    let error = answered_with("HTTP/1.1 500 Oops\r\n\r\nstack trace");
    assert_eq!(error.response().unwrap().body(), b"stack trace");
}

#[test]
fn a_redirect_says_where_to() {
    let error = answered_with(
        "HTTP/1.1 302 Found\r\nLocation: wss://user:pass@b.example/x\r\n\
         Content-Length: 0\r\n\r\n",
    );
    let text = error.to_string();
    assert!(text.contains("wss://***@b.example/x"), "{text}");
    assert_eq!(error.status(), Some(302));
}

#[test]
fn a_response_that_breaks_the_rules() {
    for response in [
        "HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
        "HTTP/1.1 101 Go\r\n\r\n",
        "SSH-2.0-OpenSSH_9.6\r\n\r\n",
        "\r\n\r\n\r\n\r\n",
    ] {
        let error = answered_with(response);
        assert_eq!(error.kind(), Kind::Handshake, "{response:?}: {error:?}");
    }
}

#[test]
fn a_head_over_the_limit() {
    let head = format!("HTTP/1.1 101 Go\r\nX: {}\r\n\r\n", "x".repeat(20_000));
    let error = answered_with(&head);
    assert_eq!(error.kind(), Kind::Handshake);
    assert!(error.to_string().contains("max_head_size"), "{error}");
}

#[test]
fn a_server_that_hangs_up() {
    let error = answered_with("HTTP/1.1 101 Swi");
    assert_eq!(error.kind(), Kind::Io, "{error:?}");
    let error = answered_with("");
    assert_eq!(error.kind(), Kind::Io, "{error:?}");
}

#[test]
fn nobody_listens() {
    let address = nobody();
    let error = connect(&format!("ws://{address}")).unwrap_err();
    assert_eq!(error.kind(), Kind::Connect);
    let ConnectError::Connect { attempts, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(attempts[0].address, address);
    let error = connect("ws://no-such-host.invalid/").unwrap_err();
    assert_eq!(error.kind(), Kind::Resolve, "{error:?}");
}

#[test]
fn nothing_is_connected_for_a_bad_order() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    for bad in [
        builder(&url).header("X-A", "b\r\nEvil: yes"),
        builder(&url).header("Sec-WebSocket-Key", "mine"),
        builder(&url).header("a b", "c"),
        builder(&url).origin("a\nb"),
        builder(&url).cookie("a\0b"),
        builder(&url).host("a\r\nb"),
        builder(&url).subprotocol("a b"),
    ] {
        let error = bad.connect().unwrap_err();
        assert_eq!(error.kind(), Kind::Usage, "{bad:?}: {error:?}");
    }
    for url in ["http://a/", "ws://", "a", "ws://a/#b"] {
        assert_eq!(connect(url).unwrap_err().kind(), Kind::Url);
    }
    assert!(listener.accept().is_err());
}

#[test]
fn debug_keeps_secrets() {
    let builder = builder("wss://user:secret@a.example/")
        .header("Authorization", "Basic secret")
        .cookie("secret=1");
    let text = format!("{builder:?}");
    assert!(!text.contains("secret"), "{text}");
}

/// The peer sends `bytes`; returns our error and the Close frame it got.
fn violated_by(bytes: &'static [u8]) -> (Error, (u8, Vec<u8>)) {
    let (url, server) = serve_raw(move |mut stream| {
        stream.write_all(bytes).unwrap();
        read_frame(&mut stream)
    });
    let mut socket = builder(&url)
        .max_message_size(1000)
        .max_frame_size(500)
        .connect()
        .unwrap();
    let error = socket.receive().unwrap_err();
    drop(socket);
    (error, server.join().unwrap())
}

#[test]
fn violations_are_told_to_both_sides() {
    for (bytes, kind, code) in [
        (&b"\x81\x80\0\0\0\0"[..], Kind::Protocol, 1002u16),
        (b"\x83\x00", Kind::Protocol, 1002),
        (b"\x81\x02\xc3\x28", Kind::Utf8, 1007),
        (b"\x81\x7e\x01\xf5", Kind::TooBig, 1009),
        (b"\x88\x01\x03", Kind::Protocol, 1002),
    ] {
        let (error, close) = violated_by(bytes);
        assert_eq!(error.kind(), kind, "{error:?}");
        assert_eq!(error.close_code(), Some(CloseCode(code)));
        assert_eq!(close, (8, code.to_be_bytes().to_vec()));
    }
}

#[test]
fn a_lost_connection_is_lost() {
    let (url, server) = serve_raw(|mut stream| stream.write_all(b"\x81\x05he").unwrap());
    let mut socket = connect(&url).unwrap();
    server.join().unwrap();
    let error = socket.receive().unwrap_err();
    assert_eq!(error.kind(), Kind::Io, "{error:?}");
    assert!(socket.receive().is_err());
    assert!(socket.send_text("anyone?").is_err());
}

#[test]
fn an_order_that_cannot_be_carried_out_harms_nothing() {
    let (url, server) = support::serve_echo();
    let mut socket = connect(&url).unwrap();
    assert_eq!(socket.ping(&[0; 126]).unwrap_err().kind(), Kind::Usage);
    let error = socket.close(CloseCode(1006), "").unwrap_err();
    assert_eq!(error.kind(), Kind::Usage);
    assert!(!error.is_fatal());
    assert!(socket.close(CloseCode::NORMAL, &"x".repeat(124)).is_err());
    socket.send_text("still there").unwrap();
    let event = socket.receive().unwrap();
    assert_eq!(event, hybi_std::Event::Text("still there"));
    socket.close(CloseCode::NORMAL, &"x".repeat(123)).unwrap();
    assert!(socket.send_text("too late").is_err());
    server.join().unwrap();
}

#[test]
fn a_refused_first_address_does_not_matter() {
    // localhost is ::1 and 127.0.0.1 on most machines; the listener has only
    // the second.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://localhost:{}/", listener.local_addr().unwrap().port());
    let server = thread::spawn(move || {
        support::echo(tungstenite::accept(listener.accept().unwrap().0).unwrap());
    });
    let mut socket = connect(&url).unwrap();
    socket.close(CloseCode::NORMAL, "").unwrap();
    server.join().unwrap();
}
