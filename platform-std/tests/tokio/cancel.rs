//! Futures that are dropped at any time.

use std::{io::Write, thread, time::Duration};

use futures_util::future::{Either, select};
use hybi_std::{CloseCode, Event, Message, builder};
use std::pin::pin;
use tokio::{
    io::{AsyncReadExt, duplex},
    task::yield_now,
    time::{sleep, timeout},
};
use tokio_tungstenite::accept_async;

use crate::{
    peer::{Dice, Slow, serve_echo, serve_echo_tls},
    support::{read_frame, serve_raw},
};
use futures_util::StreamExt;

/// Ends after so many turns of the scheduler, or after so many microseconds.
async fn a_while(dice: &mut Dice) {
    if dice.below(4) == 0 {
        sleep(Duration::from_micros(1 + dice.below(1000))).await;
    } else {
        for _ in 0..dice.below(4) {
            yield_now().await;
        }
    }
}

fn payload(n: u64) -> Vec<u8> {
    let len = Dice(n).below(3000) as usize;
    let mut data = n.to_be_bytes().to_vec();
    data.resize(8 + len, n as u8);
    data
}

#[tokio::test]
async fn a_receive_dropped_anywhere_loses_and_tears_nothing() {
    const COUNT: u64 = 3000;
    // The bytes of frames, in pieces that know nothing of frames.
    let (url, server) = serve_raw(|mut stream| {
        let mut dice = Dice(1);
        let mut bytes = Vec::new();
        for n in 0..COUNT {
            let data = payload(n);
            // Some in fragments, with a Ping in between.
            let cut = data.len() / 2;
            let frames: &[(u8, &[u8])] = if n % 3 == 0 {
                &[(0x02, &data[..cut]), (0x89, b"ping"), (0x80, &data[cut..])]
            } else {
                &[(0x82, &data)]
            };
            for (first, part) in frames {
                bytes.push(*first);
                if part.len() < 126 {
                    bytes.push(part.len() as u8);
                } else {
                    bytes.push(126);
                    bytes.extend((part.len() as u16).to_be_bytes());
                }
                bytes.extend(*part);
            }
        }
        let mut left = &bytes[..];
        while !left.is_empty() {
            let n = left.len().min(1 + dice.below(6000) as usize);
            stream.write_all(&left[..n]).unwrap();
            left = &left[n..];
            if dice.below(3) == 0 {
                thread::sleep(Duration::from_micros(dice.below(300)));
            }
        }
        let pongs = (0..COUNT).filter(|n| n % 3 == 0);
        for _ in pongs {
            assert_eq!(read_frame(&mut stream), (10, b"ping".to_vec()));
        }
    });
    let mut socket = hybi_std::tokio::connect(&url).await.unwrap();
    let mut dice = Dice(2);
    let (mut next, mut dropped) = (0, 0);
    while next < COUNT {
        let receive = pin!(socket.receive());
        let other = pin!(a_while(&mut dice));
        match select(other, receive).await {
            Either::Left(_) => dropped += 1,
            Either::Right((event, _)) => match event.unwrap() {
                Event::Binary(data) => {
                    assert!(data == payload(next), "message {next}");
                    next += 1;
                }
                event => assert_eq!(event, Event::Ping(b"ping")),
            },
        }
    }
    assert!(dropped > 100, "{dropped} dropped");
    server.join().unwrap();
}

#[tokio::test]
async fn echoes_over_tls_with_receives_dropped_anywhere() {
    const COUNT: u64 = 500;
    let (url, tls) = serve_echo_tls().await;
    let builder = builder(url).tls(tls);
    let mut socket = builder.connect_async().await.unwrap();
    let mut dice = Dice(3);
    let (mut sent, mut next) = (0, 0);
    while next < COUNT {
        if sent < COUNT && sent < next + 16 {
            socket.send_binary(&payload(sent)).await.unwrap();
            sent += 1;
        }
        let receive = pin!(socket.receive_message());
        let other = pin!(a_while(&mut dice));
        if let Either::Right((message, _)) = select(other, receive).await {
            assert!(message.unwrap() == Message::Binary(payload(next)));
            next += 1;
        }
    }
    assert!(socket.close(CloseCode::NORMAL, "").await.unwrap().clean);
}

/// Of a dropped send all goes out or nothing, in order and whole.
#[tokio::test]
async fn a_send_dropped_anywhere_tears_nothing() {
    let (ours, theirs) = duplex(1000);
    let server = tokio::spawn(async move {
        let mut socket = accept_async(Slow::new(theirs, 777)).await.unwrap();
        let mut seen = Vec::new();
        while let Some(Ok(message)) = socket.next().await {
            if message.is_binary() {
                let data = message.into_data();
                let n = u64::from_be_bytes(data[..8].try_into().unwrap());
                assert!(data == big(n), "message {n}");
                seen.push(n);
            }
        }
        seen
    });
    /// Often larger than the send buffer.
    fn big(n: u64) -> Vec<u8> {
        payload(n).repeat(1 + (n % 5) as usize)
    }
    let mut socket = builder("ws://example.com/")
        .compression(None)
        .max_send_buffer(4096)
        .connect_over_async(Slow::new(ours, 333))
        .await
        .unwrap();
    let mut dice = Dice(4);
    let (mut finished, mut dropped) = (Vec::new(), 0);
    for n in 0..500 {
        let data = big(n);
        let send = pin!(socket.send_binary(&data));
        let other = pin!(a_while(&mut dice));
        match select(other, send).await {
            Either::Left(_) => dropped += 1,
            Either::Right((result, _)) => {
                result.unwrap();
                finished.push(n);
            }
        }
    }
    assert!(socket.close(CloseCode::NORMAL, "").await.unwrap().clean);
    let seen = server.await.unwrap();
    assert!(seen.is_sorted());
    assert!(finished.iter().all(|n| seen.contains(n)));
    assert!(dropped > 50, "{dropped} dropped");
    assert!(finished.len() > 10, "{} finished", finished.len());
}

#[tokio::test]
async fn a_close_that_was_dropped_is_called_again() {
    let (url, _server) = serve_echo().await;
    let mut socket = hybi_std::tokio::connect(&url).await.unwrap();
    for _ in 0..3 {
        let close = socket.close(CloseCode::NORMAL, "");
        let _ = timeout(Duration::ZERO, close).await;
    }
    assert!(socket.close(CloseCode::NORMAL, "").await.unwrap().clean);
}

/// Dropping the attempt closes the socket.
#[tokio::test]
async fn a_connect_that_was_dropped_leaves_nothing_open() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    let builder = builder(url);
    let connect = timeout(Duration::from_millis(50), builder.connect_async());
    assert!(connect.await.is_err());
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut head = Vec::new();
    stream.read_to_end(&mut head).await.unwrap();
    assert!(head.ends_with(b"\r\n\r\n"));
}
