//! Every wait ends at its deadline.

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
    time::{Duration, Instant},
};

use hybi_std::{CloseCode, ConnectError, Event, Initiator, Keepalive, Kind, builder, error::Phase};

use crate::support::{
    assert_took, millis, read_frame, read_head, read_to_end, serve, serve_raw, tls::authority,
    tls::trusting,
};

#[track_caller]
fn assert_phase(error: &ConnectError, expected: Phase) {
    assert_eq!(error.kind(), Kind::Timeout);
    match error {
        ConnectError::Timeout { phase, .. } => assert_eq!(*phase, expected),
        other => panic!("{other:?}"),
    }
}

/// Linux drops a SYN to a listener whose queue is full.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_address_that_gives_no_answer() {
    use socket2::{Domain, Socket, Type};
    let address: std::net::SocketAddr = "127.0.0.1:0".parse().unwrap();
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    listener.bind(&address.into()).unwrap();
    listener.listen(0).unwrap();
    let at = listener.local_addr().unwrap();
    let fill = (0..4).map(|_| {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_nonblocking(true).unwrap();
        let _ = socket.connect(&at);
        socket
    });
    let _fill: Vec<_> = fill.collect();
    let url = format!("ws://{}/", at.as_socket().unwrap());
    let begin = Instant::now();
    let error = builder(url)
        .connect_timeout(millis(150))
        .connect_async()
        .await
        .unwrap_err();
    assert_took(begin, millis(150));
    assert_phase(&error, Phase::Connect);
}

#[tokio::test]
async fn a_server_that_says_nothing_to_the_request() {
    let (url, server) = serve(|mut stream| {
        read_head(&mut stream);
        read_to_end(&mut stream);
    });
    let begin = Instant::now();
    let error = builder(&url)
        .handshake_timeout(millis(150))
        .connect_async()
        .await
        .unwrap_err();
    assert_took(begin, millis(150));
    assert_phase(&error, Phase::Handshake);
    server.join().unwrap();
}

#[tokio::test]
async fn a_response_that_drips_does_not_move_the_deadline() {
    let (url, server) = serve(|mut stream| {
        read_head(&mut stream);
        for byte in "HTTP/1.1 101 Switching Protocols\r\nX: ".bytes().cycle() {
            if stream.write_all(&[byte]).is_err() {
                break;
            }
            thread::sleep(millis(10));
        }
    });
    let begin = Instant::now();
    let error = builder(&url)
        .handshake_timeout(millis(200))
        .connect_async()
        .await
        .unwrap_err();
    assert_took(begin, millis(200));
    assert_phase(&error, Phase::Handshake);
    server.join().unwrap();
}

#[tokio::test]
async fn a_silent_tls_server_counts_as_connecting() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let builder = builder(format!("wss://localhost:{port}/"))
        .tls(trusting(&authority().pem()))
        .connect_timeout(millis(150));
    let begin = Instant::now();
    let error = builder.connect_async().await.unwrap_err();
    assert_took(begin, millis(150));
    assert_phase(&error, Phase::Tls);
}

#[tokio::test]
async fn close_against_a_peer_that_drips() {
    let (url, server) = serve_raw(|mut stream| {
        let close = read_frame(&mut stream);
        // A long message, one byte at a time, and never a Close.
        let _ = stream.write_all(&[0x82, 0x7e, 0x7f, 0xff]);
        while stream.write_all(&[0]).is_ok() {
            thread::sleep(millis(20));
        }
        close
    });
    let builder = builder(&url).close_timeout(millis(300));
    let mut socket = builder.connect_async().await.unwrap();
    let begin = Instant::now();
    let closed = socket.close(CloseCode(4000), "done").await.unwrap();
    assert_took(begin, millis(300));
    assert!(!closed.clean);
    assert_eq!(closed.initiator, Initiator::Local);
    drop(socket);
    assert_eq!(server.join().unwrap(), (8, b"\x0f\xa0done".to_vec()));
}

#[tokio::test]
async fn close_against_a_peer_that_keeps_tcp_open() {
    let (url, server) = serve_raw(|mut stream| {
        read_frame(&mut stream);
        stream.write_all(b"\x88\x02\x03\xe8").unwrap();
        read_to_end(&mut stream);
    });
    let builder = builder(&url).close_timeout(millis(150));
    let mut socket = builder.connect_async().await.unwrap();
    let begin = Instant::now();
    let closed = socket.close(CloseCode::NORMAL, "").await.unwrap();
    assert_took(begin, millis(150));
    assert!(closed.clean);
    server.join().unwrap();
}

#[tokio::test]
async fn a_flood_does_not_hold_back_the_closing_deadline() {
    let (url, server) = serve_raw(|mut stream| {
        let mut reader = stream.try_clone().unwrap();
        thread::spawn(move || reader.read_to_end(&mut Vec::new()));
        while stream.write_all(&b"\x81\x04spam".repeat(1000)).is_ok() {}
    });
    let builder = builder(&url).close_timeout(millis(200));
    let mut socket = builder.connect_async().await.unwrap();
    let begin = Instant::now();
    let closed = socket.close(CloseCode::NORMAL, "").await.unwrap();
    assert_took(begin, millis(200));
    assert!(!closed.clean);
    drop(socket);
    server.join().unwrap();
}

/// The write deadline ends a send, the closing deadline a close, and a drop
/// waits for nothing.
#[tokio::test]
async fn a_peer_that_does_not_read() {
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let (url, server) = serve_raw(move |stream| {
        let _ = stopped.recv();
        drop(stream);
    });
    let builder = builder(&url)
        .compression(None)
        .close_timeout(millis(200))
        .write_timeout(millis(200));
    let mut socket = builder.connect_async().await.unwrap();
    // Until the sockets' buffers are full.
    let begin = Instant::now();
    let error = loop {
        match socket.send_binary(&[0; 3 << 20]).await {
            Ok(()) => assert!(begin.elapsed() < Duration::from_secs(20)),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), Kind::Timeout, "{error}");
    let begin = Instant::now();
    let _ = socket.close(CloseCode::NORMAL, "").await;
    assert!(begin.elapsed() < millis(500), "{:?}", begin.elapsed());
    let begin = Instant::now();
    drop(socket);
    assert!(begin.elapsed() < millis(50), "{:?}", begin.elapsed());
    stop.send(()).unwrap();
    server.join().unwrap();
}

/// A message on its way out does not keep a close from its deadline.
#[tokio::test]
async fn close_with_a_message_that_is_stuck() {
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let (url, server) = serve_raw(move |stream| {
        let _ = stopped.recv();
        drop(stream);
    });
    let builder = builder(&url).compression(None).close_timeout(millis(200));
    let mut socket = builder.connect_async().await.unwrap();
    let data = vec![0; 32 << 20];
    let send = tokio::time::timeout(millis(300), socket.send_binary(&data));
    assert!(send.await.is_err());
    let begin = Instant::now();
    let closed = socket.close(CloseCode::NORMAL, "").await.unwrap();
    assert_took(begin, millis(200));
    assert!(!closed.clean);
    stop.send(()).unwrap();
    server.join().unwrap();
}

#[tokio::test]
async fn a_drop_does_not_wait_for_a_peer_that_does_not_read() {
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let (url, server) = serve_raw(move |stream| {
        let _ = stopped.recv();
        drop(stream);
    });
    let mut socket = hybi_std::tokio::connect(&url).await.unwrap();
    let data = vec![0; 1 << 20];
    while tokio::time::timeout(millis(100), socket.send_binary(&data))
        .await
        .is_ok()
    {}
    let begin = Instant::now();
    drop(socket);
    assert!(begin.elapsed() < millis(50), "{:?}", begin.elapsed());
    stop.send(()).unwrap();
    server.join().unwrap();
}

#[tokio::test]
async fn an_idle_peer_is_told_1001() {
    let (url, server) = serve_raw(|mut stream| {
        thread::sleep(millis(100));
        stream.write_all(b"\x81\x02hi").unwrap();
        let close = read_frame(&mut stream);
        drop(stream);
        close
    });
    let builder = builder(&url).idle_timeout(millis(200));
    let mut socket = builder.connect_async().await.unwrap();
    assert_eq!(socket.receive().await.unwrap(), Event::Text("hi"));
    let begin = Instant::now();
    let error = socket.receive().await.unwrap_err();
    assert_took(begin, millis(200));
    assert_eq!(error.kind(), Kind::Timeout);
    assert_eq!(error.close_code(), Some(CloseCode::GOING_AWAY));
    assert_eq!(server.join().unwrap(), (8, vec![0x03, 0xe9]));
}

#[tokio::test]
async fn keepalive_pings_and_a_pong_that_does_not_come() {
    let (url, server) = serve_raw(|mut stream| {
        let (opcode, payload) = read_frame(&mut stream);
        let mut pong = vec![0x8a, payload.len() as u8];
        pong.extend(payload);
        stream.write_all(&pong).unwrap();
        let second = read_frame(&mut stream);
        // No Pong for this one.
        let close = read_frame(&mut stream);
        drop(stream);
        (opcode, second.0, close.0)
    });
    let keepalive = Keepalive::every(millis(100)).timeout(Some(millis(150)));
    let builder = builder(&url).keepalive(keepalive);
    let mut socket = builder.connect_async().await.unwrap();
    let begin = Instant::now();
    assert!(matches!(socket.receive().await.unwrap(), Event::Pong(_)));
    let error = socket.receive().await.unwrap_err();
    assert_took(begin, millis(350));
    assert_eq!(error.kind(), Kind::Timeout);
    assert_eq!(server.join().unwrap(), (9, 9, 8));
}
