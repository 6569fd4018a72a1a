//! Halves in different tasks.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use hybi_std::{CloseCode, Error, Event, Message, State, builder};
use tokio::time::timeout;

use crate::{
    peer::{serve_echo, serve_echo_tls},
    support::{assert_took, millis, read_to_end, serve_raw},
};

const SOON: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_messages_both_ways() {
    const COUNT: u32 = 100_000;
    let (url, _server) = serve_echo().await;
    let socket = builder(url).compression(None).connect_async().await;
    let (sender, mut receiver) = socket.unwrap().split();
    let begin = Instant::now();
    let sending = tokio::spawn(async move {
        for n in 0..COUNT {
            // Most wait for company, some leave at once.
            if n % 64 == 63 {
                sender.send_binary(&n.to_be_bytes()).await.unwrap();
            } else {
                sender.queue_binary(&n.to_be_bytes()).await.unwrap();
            }
        }
        sender.flush().await.unwrap();
        sender
    });
    for n in 0..COUNT {
        let message = timeout(SOON, receiver.receive_message()).await;
        let expected = Message::Binary(n.to_be_bytes().to_vec());
        assert_eq!(message.expect("a stall").unwrap(), expected);
    }
    let sender = sending.await.unwrap();
    eprintln!("{COUNT} messages in {:?}", begin.elapsed());
    sender.start_close(CloseCode::NORMAL, "").await.unwrap();
    let end = receiver.receive_message().await.unwrap();
    assert!(matches!(end, Message::Closed(closed) if closed.clean));
}

/// A sender that never lets up, and a receiver that takes its time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_senders_large_messages_and_back_pressure() {
    const COUNT: u32 = 60;
    let (url, _server) = serve_echo().await;
    let builder = builder(url).compression(None).max_send_buffer(1 << 16);
    let socket = builder.connect_async().await.unwrap();
    let (sender, mut receiver) = socket.split();
    let tasks: Vec<_> = (0..8u8)
        .map(|id| {
            let sender = sender.clone();
            tokio::spawn(async move {
                for n in 0..COUNT {
                    let len = 10 + (n as usize * 7919) % 200_000;
                    let mut data = vec![id; len];
                    data[1..5].copy_from_slice(&n.to_be_bytes());
                    sender.send_binary(&data).await.unwrap();
                }
            })
        })
        .collect();
    let mut next = [0u32; 8];
    for received in 0..8 * COUNT {
        if received % 50 == 0 {
            tokio::time::sleep(millis(20)).await;
        }
        let message = timeout(SOON, receiver.receive_message()).await;
        let Message::Binary(data) = message.expect("a stall").unwrap() else {
            panic!("not binary")
        };
        let (id, n) = (data[0], next[usize::from(data[0])]);
        assert_eq!(data.len(), 10 + (n as usize * 7919) % 200_000);
        assert_eq!(data[1..5], n.to_be_bytes());
        assert!(data[5..].iter().all(|byte| *byte == id));
        next[usize::from(id)] += 1;
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(next, [COUNT; 8]);
    let closing = tokio::spawn(async move { sender.close(CloseCode::NORMAL, "").await });
    let end = receiver.receive_message().await.unwrap();
    assert!(matches!(end, Message::Closed(closed) if closed.clean));
    assert!(closing.await.unwrap().unwrap().clean);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_close_ends_a_pending_receive_at_once() {
    let (plain, _server) = serve_echo().await;
    let (secure, tls) = serve_echo_tls().await;
    for builder in [builder(plain), builder(secure).tls(tls)] {
        let (sender, mut receiver) = builder.connect_async().await.unwrap().split();
        let receiving = tokio::spawn(async move {
            let message = receiver.receive_message().await;
            (message, Instant::now())
        });
        tokio::time::sleep(millis(100)).await;
        let begin = Instant::now();
        assert!(sender.close(CloseCode::NORMAL, "").await.unwrap().clean);
        let (message, at) = receiving.await.unwrap();
        assert!(matches!(message, Ok(Message::Closed(closed)) if closed.clean));
        let took = at.saturating_duration_since(begin);
        assert!(took < millis(50), "{took:?}");
        assert_eq!(sender.state(), State::Closed);
        let error = sender.send_text("late").await.unwrap_err();
        assert!(matches!(error, Error::Send(_)), "{error:?}");
    }
}

#[tokio::test]
async fn a_close_against_a_peer_that_says_nothing() {
    let (url, server) = serve_raw(|mut stream| read_to_end(&mut stream));
    let builder = builder(url).close_timeout(millis(200));
    let (sender, mut receiver) = builder.connect_async().await.unwrap().split();
    let receiving = tokio::spawn(async move {
        let message = receiver.receive_message().await;
        (message, Instant::now())
    });
    tokio::time::sleep(millis(50)).await;
    let begin = Instant::now();
    sender.start_close(CloseCode::NORMAL, "").await.unwrap();
    assert!(begin.elapsed() < millis(100));
    let (message, _) = receiving.await.unwrap();
    assert_took(begin, millis(200));
    assert!(matches!(message, Ok(Message::Closed(closed)) if !closed.clean));
    drop(sender);
    server.join().unwrap();
}

/// The receiver is there, and nobody polls it.
#[tokio::test]
async fn a_close_while_nobody_receives() {
    let (url, server) = serve_raw(|mut stream| read_to_end(&mut stream));
    let builder = builder(url).close_timeout(millis(150));
    let (sender, receiver) = builder.connect_async().await.unwrap().split();
    let begin = Instant::now();
    let closed = sender.close(CloseCode::NORMAL, "").await.unwrap();
    assert_took(begin, millis(150));
    assert!(!closed.clean);
    drop((sender, receiver));
    server.join().unwrap();
}

#[tokio::test]
async fn the_receiver_closes() {
    let (url, _server) = serve_echo().await;
    let socket = hybi_std::tokio::connect(&url).await.unwrap();
    let (sender, mut receiver) = socket.split();
    assert_eq!(receiver.url(), url);
    assert_eq!(receiver.response().status(), 101);
    sender.send_text("lent").await.unwrap();
    assert_eq!(receiver.receive().await.unwrap(), Event::Text("lent"));
    sender.send_text("dropped").await.unwrap();
    assert!(receiver.close(CloseCode::NORMAL, "").await.unwrap().clean);
    assert_eq!(sender.state(), State::Closed);
}

#[tokio::test]
async fn an_abort_ends_a_pending_receive() {
    let (url, server) = serve_raw(|mut stream| {
        stream.write_all(b"\x81\x02hi").unwrap();
        read_to_end(&mut stream);
    });
    let socket = hybi_std::tokio::connect(&url).await.unwrap();
    let (sender, mut receiver) = socket.split();
    let message = receiver.receive_message().await.unwrap();
    assert_eq!(message, Message::from("hi"));
    let receiving = tokio::spawn(async move {
        let first = receiver.receive_message().await.unwrap_err();
        let second = receiver.receive_message().await.unwrap_err();
        (first, second)
    });
    tokio::time::sleep(millis(50)).await;
    sender.abort();
    let (first, second) = receiving.await.unwrap();
    for error in [first, second] {
        let Error::Io(error) = error else {
            panic!("{error:?}")
        };
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionAborted);
    }
    assert!(sender.send_text("late").await.is_err());
    assert_eq!(sender.state(), State::Closed);
    server.join().unwrap();
}

/// A receiver whose write is blocked by the senders still receives.
#[tokio::test]
async fn two_halves_in_one_task() {
    let (url, _server) = serve_echo().await;
    let socket = builder(url).compression(None).connect_async().await;
    let (sender, mut receiver) = socket.unwrap().split();
    let data = vec![7; 4 << 20];
    let send = async {
        for _ in 0..8 {
            sender.send_binary(&data).await.unwrap();
        }
    };
    let receive = async {
        for _ in 0..8 {
            let message = receiver.receive_message().await.unwrap();
            assert!(message == Message::Binary(data.clone()));
        }
    };
    timeout(SOON, async { tokio::join!(send, receive) })
        .await
        .expect("a stall");
}

#[tokio::test]
async fn a_dropped_receiver_says_going_away() {
    let (url, server) = serve_raw(|mut stream| {
        let close = crate::support::read_frame(&mut stream);
        read_to_end(&mut stream);
        close
    });
    let socket = hybi_std::tokio::connect(&url).await.unwrap();
    let (sender, receiver) = socket.split();
    let other = sender.clone();
    drop(sender);
    assert_eq!(receiver.state(), State::Open);
    drop(receiver);
    assert_eq!(server.join().unwrap(), (8, vec![0x03, 0xe9]));
    let error = other.send_text("late").await.unwrap_err();
    assert!(matches!(error, Error::Send(_)), "{error:?}");
}
