//! Everything that a good connection does.

use std::{
    io::{Read, Write},
    time::Duration,
};

use hybi_std::{CloseCode, Delivery, Event, Initiator, Message, State, builder};
use tokio::io::duplex;

use crate::{
    peer::{Slow, echo, serve_echo, serve_echo_tls},
    support::{accept, header, read_frame, read_head, read_to_end, serve, serve_raw},
};

#[tokio::test]
async fn text_binary_and_empty_come_back() {
    let (url, _server) = serve_echo().await;
    let mut socket = hybi_std::tokio::connect(&url).await.unwrap();
    assert_eq!(socket.response().status(), 101);
    assert_eq!(socket.url(), url);
    assert!(socket.peer_addr().is_some());
    assert!(!socket.stream().is_tls());
    for text in ["hello", "", "grüße, 世界 🌍"] {
        socket.send_text(text).await.unwrap();
        assert_eq!(socket.receive().await.unwrap(), Event::Text(text));
    }
    for data in [&[0, 255, 128][..], &[]] {
        socket.send_binary(data).await.unwrap();
        assert_eq!(socket.receive().await.unwrap(), Event::Binary(data));
    }
    socket.send("owned").await.unwrap();
    let message = socket.receive_message().await.unwrap();
    assert_eq!(message, Message::from("owned"));
    socket.ping(b"still there?").await.unwrap();
    let pong = socket.receive().await.unwrap();
    assert_eq!(pong, Event::Pong(b"still there?"));
    let closed = socket.close(CloseCode::NORMAL, "bye").await.unwrap();
    assert_eq!(closed.code, Some(CloseCode::NORMAL));
    assert_eq!(closed.initiator, Initiator::Local);
    assert!(closed.clean);
    assert_eq!(socket.state(), State::Closed);
}

#[test]
fn futures_and_connections_move_between_threads() {
    const fn is_send<T: Send>(_: &T) {}
    const fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<hybi_std::tokio::WebSocket>();
    is_send_and_sync::<hybi_std::tokio::Sender>();
    is_send_and_sync::<hybi_std::tokio::Receiver>();
    let builder = builder("ws://localhost/");
    is_send(&builder.connect_async());
    is_send(&builder.connect_over_async(duplex(1).0));
    is_send(&hybi_std::tokio::connect("ws://localhost/"));
}

#[tokio::test]
async fn over_tls() {
    let (url, tls) = serve_echo_tls().await;
    let builder = builder(url).tls(tls);
    let mut socket = builder.connect_async().await.unwrap();
    assert!(socket.stream().is_tls());
    socket.send_text("secret").await.unwrap();
    assert_eq!(socket.receive().await.unwrap(), Event::Text("secret"));
    let data: Vec<u8> = (0..3_000_000u32).map(|n| n.to_le_bytes()[1]).collect();
    socket.send_binary(&data).await.unwrap();
    assert_eq!(socket.receive().await.unwrap(), Event::Binary(&data));
    assert!(socket.close(CloseCode::NORMAL, "").await.unwrap().clean);
}

#[tokio::test]
async fn sixteen_mebibytes() {
    let (url, _server) = serve_echo().await;
    let data: Vec<u8> = (0..16u32 << 20).map(|n| n.to_le_bytes()[1]).collect();
    for delivery in [Delivery::Whole, Delivery::Chunks] {
        let builder = builder(&url).delivery(delivery).compression(None);
        let mut socket = builder.connect_async().await.unwrap();
        socket.send_binary(&data).await.unwrap();
        let message = socket.receive_message().await.unwrap();
        assert!(message == Message::Binary(data.clone()));
        assert!(socket.close(CloseCode::NORMAL, "").await.unwrap().clean);
    }
}

#[tokio::test]
async fn any_stream_will_do() {
    for step in [1, 7, 4096] {
        let (ours, theirs) = duplex(4096);
        let server = tokio::spawn(echo(theirs));
        let mut socket = builder("ws://example.com/")
            .compression(None)
            .max_send_buffer(1 << 12)
            .connect_over_async(Slow::new(ours, 4096))
            .await
            .unwrap();
        // The server takes a request in very small pieces for an attack.
        socket.stream().get_ref().set_step(step);
        let text = "grüße, 世界 🌍 ".repeat(1000);
        socket.send_text(&text).await.unwrap();
        assert_eq!(socket.receive().await.unwrap(), Event::Text(&text));
        assert!(socket.close(CloseCode::NORMAL, "").await.unwrap().clean);
        server.await.unwrap();
    }
}

#[tokio::test]
async fn messages_in_pieces_and_queued_ones() {
    let (url, _server) = serve_echo().await;
    let mut socket = hybi_std::tokio::connect(&url).await.unwrap();
    socket.send_text_piece("one ", false).await.unwrap();
    // Another message cannot begin inside of it; a Ping can.
    let error = socket.send_text("other").await.unwrap_err();
    assert!(!error.is_fatal(), "{error:?}");
    socket.ping(b"").await.unwrap();
    socket.send_text_piece("two", true).await.unwrap();
    assert_eq!(socket.receive().await.unwrap(), Event::Pong(b""));
    assert_eq!(socket.receive().await.unwrap(), Event::Text("one two"));
    for n in 0..100 {
        socket.queue_text(&n.to_string()).await.unwrap();
    }
    socket.flush().await.unwrap();
    for n in 0..100 {
        let text = n.to_string();
        assert_eq!(socket.receive().await.unwrap(), Event::Text(&text));
    }
}

#[tokio::test]
async fn pings_are_answered_in_order_before_they_are_told() {
    let (url, server) = serve_raw(|mut stream| {
        stream.write_all(b"\x89\x01a\x89\x01b\x81\x02hi").unwrap();
        let pongs = [read_frame(&mut stream), read_frame(&mut stream)];
        drop(stream);
        pongs
    });
    let mut socket = hybi_std::tokio::connect(&url).await.unwrap();
    assert_eq!(socket.receive().await.unwrap(), Event::Ping(b"a"));
    assert_eq!(socket.receive().await.unwrap(), Event::Ping(b"b"));
    // The server has both by now, without another call.
    let pongs = server.join().unwrap();
    assert_eq!(pongs, [(10, b"a".to_vec()), (10, b"b".to_vec())]);
    assert_eq!(socket.receive().await.unwrap(), Event::Text("hi"));
}

/// Sends every data frame back as it came, compressed bytes included: they
/// mean the same in the other direction.
fn echo_compressed(stream: &mut (impl Read + Write), frames: usize) -> Vec<(u8, usize)> {
    let head = read_head(stream);
    assert_eq!(
        header(&head, "Sec-WebSocket-Extensions"),
        Some("permessage-deflate; client_max_window_bits")
    );
    let key = header(&head, "Sec-WebSocket-Key").unwrap();
    let accept = crate::support::derive_accept_key(key.as_bytes());
    let response = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    stream.write_all(response.as_bytes()).unwrap();
    let mut seen = Vec::new();
    for _ in 0..frames {
        let mut first = [0; 8];
        stream.read_exact(&mut first).unwrap();
        let len = match first[1] & 0x7f {
            126 => usize::from(u16::from_be_bytes([first[2], first[3]])),
            len => usize::from(len),
        };
        let extended = first[1] & 0x7f == 126;
        // The key, and what of the payload is here already.
        let (key, early) = if extended {
            ([first[4], first[5], first[6], first[7]], &[][..])
        } else {
            ([first[2], first[3], first[4], first[5]], &first[6..])
        };
        let mut payload = early.to_vec();
        payload.resize(len, 0);
        stream.read_exact(&mut payload[early.len()..]).unwrap();
        for (byte, key) in payload.iter_mut().zip(key.iter().cycle()) {
            *byte ^= key;
        }
        let mut frame = vec![first[0]];
        if extended {
            frame.push(126);
            frame.extend((len as u16).to_be_bytes());
        } else {
            frame.push(len as u8);
        }
        frame.extend(payload);
        stream.write_all(&frame).unwrap();
        seen.push((first[0], len));
    }
    seen
}

#[tokio::test]
async fn compressed_both_ways() {
    let (url, server) = serve(|mut stream| echo_compressed(&mut stream, 20));
    let mut socket = hybi_std::tokio::connect(&url).await.unwrap();
    assert!(socket.deflate().is_some());
    assert_eq!(socket.extensions(), Some("permessage-deflate"));
    for n in 0..20 {
        let text = format!("{{\"number\":{n},\"name\":\"a name\"}}").repeat(50 + n);
        socket.send_text(&text).await.unwrap();
        assert_eq!(socket.receive().await.unwrap(), Event::Text(&text));
    }
    for (first, len) in server.join().unwrap() {
        assert_eq!(first, 0xC1, "compressed");
        assert!(len < 200, "{len}");
    }
}

/// Two sides that both write before they read do not wait for each other.
#[tokio::test]
async fn what_arrives_during_a_long_send_is_read_ahead() {
    const LEN: usize = 12 << 20;
    let (url, server) = serve_raw(|mut stream| {
        let mut frame = vec![0x82, 127];
        frame.extend((LEN as u64).to_be_bytes());
        frame.resize(10 + LEN, b'x');
        stream.write_all(&frame).unwrap();
        let mut read = vec![0; LEN];
        stream.read_exact(&mut read).unwrap();
        read_to_end(&mut stream);
    });
    let builder = builder(&url).compression(None);
    let mut socket = builder.connect_async().await.unwrap();
    let data = vec![b'y'; LEN];
    let sent = socket.send_binary(&data);
    tokio::time::timeout(Duration::from_secs(20), sent)
        .await
        .expect("a deadlock")
        .unwrap();
    let message = socket.receive_message().await.unwrap();
    assert!(message == Message::Binary(vec![b'x'; LEN]));
    drop(socket);
    server.join().unwrap();
}

#[tokio::test]
async fn the_server_closes() {
    let (url, server) = serve_raw(|mut stream| {
        stream
            .write_all(b"\x81\x02hi\x88\x0b\x0f\xa1come back")
            .unwrap();
        let close = read_frame(&mut stream);
        drop(stream);
        close
    });
    let mut socket = hybi_std::tokio::connect(&url).await.unwrap();
    assert_eq!(socket.receive().await.unwrap(), Event::Text("hi"));
    let Message::Closed(closed) = socket.receive_message().await.unwrap() else {
        panic!("not closed")
    };
    assert_eq!(closed.code, Some(CloseCode(4001)));
    assert_eq!(closed.reason, "come back");
    assert_eq!(closed.initiator, Initiator::Peer);
    assert!(closed.clean);
    assert_eq!(server.join().unwrap(), (8, vec![0x0f, 0xa1]));
    // To close it again does no harm.
    assert!(socket.close(CloseCode::NORMAL, "").await.unwrap().clean);
}

#[tokio::test]
async fn a_drop_says_going_away() {
    let (url, server) = serve_raw(|mut stream| {
        let close = read_frame(&mut stream);
        read_to_end(&mut stream);
        close
    });
    drop(hybi_std::tokio::connect(&url).await.unwrap());
    assert_eq!(server.join().unwrap(), (8, vec![0x03, 0xe9]));
}

/// Also where no runtime is left.
#[test]
fn a_drop_outside_of_the_runtime() {
    let (url, server) = serve(|mut stream| {
        accept(&mut stream);
        read_to_end(&mut stream);
    });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let socket = runtime.block_on(hybi_std::tokio::connect(&url)).unwrap();
    drop(runtime);
    drop(socket);
    server.join().unwrap();
}

#[tokio::test]
async fn a_thousand_connections_at_once() {
    // Two descriptors each, and some to spare.
    #[cfg(unix)]
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile)
        .current
        .map_or(usize::MAX, |limit| usize::try_from(limit).unwrap());
    #[cfg(not(unix))]
    let limit = usize::MAX;
    let count = 1000.min(limit.saturating_sub(256) / 2);
    let (url, _server) = serve_echo().await;
    let mut open = Vec::new();
    for _ in 0..count {
        open.push(hybi_std::tokio::connect(&url).await.unwrap());
    }
    let tasks: Vec<_> = open
        .into_iter()
        .enumerate()
        .map(|(n, mut socket)| {
            tokio::spawn(async move {
                let text = n.to_string();
                socket.send_text(&text).await.unwrap();
                assert_eq!(socket.receive().await.unwrap(), Event::Text(&text));
                assert!(socket.close(CloseCode::NORMAL, "").await.unwrap().clean);
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}
