//! Against tungstenite's server: everything that a good connection does.

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
    thread,
};

use hybi_std::{CloseCode, Delivery, Event, Initiator, Message, Prepared, State, builder, connect};
use support::{accept, header, read_frame, read_to_end, serve, serve_echo, serve_raw};
use tungstenite::protocol::{CloseFrame, frame::coding::CloseCode as TheirCode};

#[test]
fn text_binary_and_empty_come_back() {
    let (url, server) = serve_echo();
    let mut socket = connect(&url).unwrap();
    assert_eq!(socket.response().status(), 101);
    assert_eq!(socket.state(), State::Open);
    for text in ["hello", "", "grüße, 世界 🌍"] {
        socket.send_text(text).unwrap();
        assert_eq!(socket.receive().unwrap(), Event::Text(text));
    }
    for data in [&[0, 255, 128][..], &[]] {
        socket.send_binary(data).unwrap();
        assert_eq!(socket.receive().unwrap(), Event::Binary(data));
    }
    socket.send("owned").unwrap();
    assert_eq!(socket.receive_message().unwrap(), Message::from("owned"));
    let closed = socket.close(CloseCode::NORMAL, "bye").unwrap();
    assert_eq!(closed.code, Some(CloseCode::NORMAL));
    assert_eq!(closed.initiator, Initiator::Local);
    assert!(closed.clean);
    assert_eq!(socket.state(), State::Closed);
    server.join().unwrap();
}

#[test]
fn connections_and_errors_move_between_threads() {
    const fn is_send<T: Send>() {}
    const fn is_send_and_sync<T: Send + Sync>() {}
    is_send::<hybi_std::WebSocket>();
    is_send_and_sync::<hybi_std::Builder>();
    is_send_and_sync::<hybi_std::Waker>();
    is_send_and_sync::<hybi_std::ConnectError>();
    is_send_and_sync::<hybi_std::Error>();
}

#[test]
fn big_messages() {
    let (url, server) = serve_echo();
    let mut socket = builder(&url).max_frame_size(20 << 20).connect().unwrap();
    for size in [125, 126, 65_535, 65_536, 1 << 20, 12 << 20] {
        let data: Vec<u8> = (0..size).map(|n: u32| n.to_le_bytes()[0]).collect();
        socket.send_binary(&data).unwrap();
        assert_eq!(socket.receive().unwrap(), Event::Binary(&data));
        let text = "añb".repeat(data.len() / 4);
        socket.send_text(&text).unwrap();
        assert_eq!(socket.receive().unwrap(), Event::Text(&text));
    }
    drop(socket);
    server.join().unwrap();
}

#[test]
fn a_ping_is_answered_with_its_payload() {
    let (url, server) = serve_echo();
    let mut socket = connect(&url).unwrap();
    socket.ping(b"are you there").unwrap();
    assert_eq!(socket.receive().unwrap(), Event::Pong(b"are you there"));
    drop(socket);
    server.join().unwrap();
}

#[test]
fn messages_in_pieces() {
    let (url, server) = serve_echo();
    let mut socket = connect(&url).unwrap();
    socket.send_text_piece("one, ", false).unwrap();
    socket.send_text_piece("two, ", false).unwrap();
    socket.send_text_piece("three", true).unwrap();
    assert_eq!(socket.receive().unwrap(), Event::Text("one, two, three"));
    let mut writer = socket.binary_writer();
    std::io::copy(&mut std::io::repeat(7).take(100_000), &mut writer).unwrap();
    writer.flush().unwrap();
    writer.finish().unwrap();
    assert_eq!(socket.receive().unwrap(), Event::Binary(&[7; 100_000]));
    drop(socket);
    server.join().unwrap();
}

#[test]
fn messages_arrive_in_chunks_when_asked() {
    let (url, server) = serve_echo();
    let mut socket = builder(&url).delivery(Delivery::Chunks).connect().unwrap();
    let text = "x".repeat(300_000);
    socket.send_text(&text).unwrap();
    let (mut received, mut chunks) = (Vec::new(), 0);
    loop {
        let Event::Chunk(chunk) = socket.receive().unwrap() else {
            panic!("only chunks are due")
        };
        assert_eq!(chunk.first, chunks == 0);
        chunks += 1;
        received.extend_from_slice(chunk.data);
        if chunk.last {
            break;
        }
    }
    assert_eq!(received, text.as_bytes());
    assert!(chunks > 1);
    // Owned messages are put together again.
    socket.send_text(&text).unwrap();
    assert_eq!(socket.receive_message().unwrap(), Message::Text(text));
    drop(socket);
    server.join().unwrap();
}

#[test]
fn queued_messages_leave_with_the_flush() {
    let (url, server) = serve_echo();
    let mut socket = connect(&url).unwrap();
    for n in 0..100 {
        socket.queue_text(&n.to_string()).unwrap();
    }
    socket.flush().unwrap();
    for n in 0..100 {
        assert_eq!(socket.receive().unwrap(), Event::Text(&n.to_string()));
    }
    drop(socket);
    server.join().unwrap();
}

#[test]
fn the_server_closes() {
    let (url, server) = serve(|stream| {
        let mut socket = tungstenite::accept(stream).unwrap();
        socket.send("last words".into()).unwrap();
        let frame = CloseFrame {
            code: TheirCode::Library(4001),
            reason: "enough".into(),
        };
        socket.close(Some(frame)).unwrap();
        while socket.read().is_ok() {}
    });
    let mut socket = connect(&url).unwrap();
    let messages: Vec<_> = socket.messages().map(Result::unwrap).collect();
    assert_eq!(messages, [Message::from("last words")]);
    let Message::Closed(closed) = socket.receive_message().unwrap() else {
        panic!("it stays closed")
    };
    assert_eq!(closed.code, Some(CloseCode(4001)));
    assert_eq!(closed.reason, "enough");
    assert_eq!(closed.initiator, Initiator::Peer);
    assert!(closed.clean);
    server.join().unwrap();
}

#[test]
fn a_drop_says_going_away() {
    let (url, server) = serve_raw(|mut stream| {
        let close = read_frame(&mut stream);
        read_to_end(&mut stream);
        close
    });
    drop(connect(&url).unwrap());
    assert_eq!(server.join().unwrap(), (8, vec![0x03, 0xe9]));
}

#[test]
fn the_request_carries_what_was_asked() {
    let (url, server) = serve(|mut stream| {
        let head = accept(&mut stream);
        read_to_end(&mut stream);
        head
    });
    let socket = builder(format!("{url}päth x?q=1"))
        .header("User-Agent", "meter/1.0")
        .header("X-Twice", "a b")
        .host("virtual.example")
        .origin("https://origin.example")
        .cookie("a=1; b=2")
        .connect()
        .unwrap();
    assert_eq!(socket.subprotocol(), None);
    assert!(socket.url().ends_with("/p%C3%A4th%20x?q=1"));
    drop(socket);
    let head = server.join().unwrap();
    assert!(
        head.starts_with("GET /p%C3%A4th%20x?q=1 HTTP/1.1\r\n"),
        "{head}"
    );
    for (name, value) in [
        ("User-Agent", "meter/1.0"),
        ("X-Twice", "a b"),
        ("Host", "virtual.example"),
        ("Origin", "https://origin.example"),
        ("Cookie", "a=1; b=2"),
    ] {
        assert_eq!(header(&head, name), Some(value), "{head}");
    }
}

#[test]
fn a_subprotocol_is_negotiated() {
    let (url, server) = serve(|mut stream| {
        let head = support::read_head(&mut stream);
        let offer = header(&head, "Sec-WebSocket-Protocol").unwrap().to_owned();
        let key = header(&head, "Sec-WebSocket-Key").unwrap();
        let accept = support::derive_accept_key(key.as_bytes());
        let response = format!(
            "HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\
             Sec-WebSocket-Protocol: v1.chat\r\nX-Server: raw\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        let first = [response.as_bytes(), b"\x81\x05first"].concat();
        stream.write_all(&first).unwrap();
        read_to_end(&mut stream);
        offer
    });
    let mut socket = builder(&url)
        .subprotocol("v2.chat")
        .subprotocol("v1.chat")
        .connect()
        .unwrap();
    assert_eq!(socket.subprotocol(), Some("v1.chat"));
    assert_eq!(socket.response().header("x-server"), Some("raw"));
    assert_eq!(socket.response().reason(), "Go");
    // Bytes that came with the head are the first frame.
    assert_eq!(socket.receive().unwrap(), Event::Text("first"));
    drop(socket);
    assert_eq!(server.join().unwrap(), "v2.chat, v1.chat");
}

#[test]
fn a_prepared_tcp_stream() {
    let (url, server) = serve_echo();
    let address = url.trim_start_matches("ws://").trim_end_matches('/');
    let stream = TcpStream::connect(address).unwrap();
    // The URL is for the request only: nobody looks the name up.
    let mut socket = builder("ws://not-resolved.invalid/")
        .connect_over(stream)
        .unwrap();
    socket.send_text("over").unwrap();
    assert_eq!(socket.receive().unwrap(), Event::Text("over"));
    socket.close(CloseCode::NORMAL, "").unwrap();
    server.join().unwrap();
}

#[test]
fn a_prepared_stream_of_any_kind() {
    let (url, server) = serve_echo();
    let address = url.trim_start_matches("ws://").trim_end_matches('/');
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(support::millis(20))).unwrap();
    let mut socket = builder("ws://a.invalid/")
        .connect_over(Prepared::other(stream))
        .unwrap();
    assert!(
        socket
            .receive_timeout(support::millis(30))
            .unwrap()
            .is_none()
    );
    socket.send_text("over").unwrap();
    assert_eq!(socket.receive().unwrap(), Event::Text("over"));
    socket.close(CloseCode::NORMAL, "").unwrap();
    server.join().unwrap();
}

#[cfg(unix)]
#[test]
fn over_a_unix_socket() {
    use std::os::unix::net::{UnixListener, UnixStream};
    let directory = std::env::temp_dir().join(format!("hybi-test-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join("socket");
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path).unwrap();
    let server = thread::spawn(move || {
        for _ in 0..2 {
            echo_unix(listener.accept().unwrap().0);
        }
    });
    let mut by_path = builder("ws://localhost/")
        .unix_socket(&path)
        .connect()
        .unwrap();
    by_path.send_text("by path").unwrap();
    assert_eq!(by_path.receive().unwrap(), Event::Text("by path"));
    assert_eq!(by_path.peer_addr(), None);
    by_path.close(CloseCode::NORMAL, "").unwrap();
    let stream = UnixStream::connect(&path).unwrap();
    let mut prepared = builder("ws://localhost/").connect_over(stream).unwrap();
    prepared.send_text("prepared").unwrap();
    assert_eq!(prepared.receive().unwrap(), Event::Text("prepared"));
    drop(prepared);
    server.join().unwrap();
    std::fs::remove_dir_all(&directory).unwrap();
    let gone = builder("ws://localhost/").unix_socket(&path).connect();
    assert_eq!(gone.unwrap_err().kind(), hybi_std::Kind::Connect);

    fn echo_unix(stream: UnixStream) {
        support::echo(tungstenite::accept(stream).unwrap());
    }
}

#[test]
fn one_builder_connects_many_times() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let builder = builder(format!("ws://{}", listener.local_addr().unwrap()));
    let server = thread::spawn(move || {
        for _ in 0..50 {
            support::echo(tungstenite::accept(listener.accept().unwrap().0).unwrap());
        }
    });
    for n in 0..50 {
        let mut socket = builder.connect().unwrap();
        socket.send_text(&n.to_string()).unwrap();
        assert_eq!(socket.receive().unwrap(), Event::Text(&n.to_string()));
        socket.close(CloseCode::NORMAL, "").unwrap();
    }
    server.join().unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn no_descriptor_is_left_behind() {
    // Other tests of this process open descriptors too, so look at growth
    // that many connections would cause.
    let count = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let (before, mut after) = (count(), 0);
    for _ in 0..200 {
        let (url, server) = serve_echo();
        let socket = connect(&url).unwrap();
        socket.waker().unwrap().wake();
        drop(socket);
        server.join().unwrap();
        after = count();
    }
    assert!(after < before + 150, "{before} before, {after} after");
}
