//! `Stream` and `Sink`.

use futures_util::{SinkExt, StreamExt, TryStreamExt, stream};
use hybi_std::{Error, Message, State, builder};

use crate::peer::serve_echo;

#[tokio::test]
async fn a_connection_is_a_stream_and_a_sink() {
    let (url, _server) = serve_echo().await;
    let mut socket = hybi_std::tokio::connect(&url).await.unwrap();
    let big = vec![9; 3 << 20];
    let messages = [
        Message::from("text"),
        Message::from(big.clone()),
        Message::Ping(b"ping".to_vec()),
        Message::from(vec![1]),
    ];
    for message in messages {
        socket.feed(message).await.unwrap();
    }
    SinkExt::<Message>::flush(&mut socket).await.unwrap();
    let mut seen = Vec::new();
    while seen.len() < 4 {
        seen.push(socket.next().await.unwrap().unwrap());
    }
    assert!(seen.contains(&Message::from("text")));
    assert!(seen.contains(&Message::from(big)));
    assert!(seen.contains(&Message::Pong(b"ping".to_vec())));
    SinkExt::<Message>::close(&mut socket).await.unwrap();
    let rest: Vec<_> = (&mut socket).try_collect().await.unwrap();
    assert!(matches!(&rest[..], [Message::Closed(closed)] if closed.clean));
    assert!(socket.next().await.is_none());
    assert_eq!(socket.state(), State::Closed);
}

#[tokio::test]
async fn halves_are_a_stream_and_sinks() {
    let (url, _server) = serve_echo().await;
    let socket = builder(url).max_send_buffer(4096).connect_async().await;
    let (sender, receiver) = socket.unwrap().split();
    let tasks: Vec<_> = (0..4u8)
        .map(|id| {
            let mut sender = sender.clone();
            tokio::spawn(async move {
                let messages = (0..50).map(move |n| Message::from(vec![id; n * 211]));
                let mut messages = stream::iter(messages.map(Ok::<_, Error>));
                sender.send_all(&mut messages).await.unwrap();
            })
        })
        .collect();
    let reading = tokio::spawn(async move { receiver.try_collect::<Vec<_>>().await.unwrap() });
    for task in tasks {
        task.await.unwrap();
    }
    let mut sender = sender;
    SinkExt::<Message>::close(&mut sender).await.unwrap();
    let seen = reading.await.unwrap();
    assert_eq!(seen.len(), 201);
    let bytes: usize = seen.iter().map(len).sum();
    assert_eq!(bytes, 4 * (0..50).map(|n| n * 211).sum::<usize>());
}

fn len(message: &Message) -> usize {
    match message {
        Message::Binary(data) => data.len(),
        _ => 0,
    }
}
