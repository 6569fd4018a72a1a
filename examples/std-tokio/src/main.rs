//! Two tasks on one connection: one sends, one receives.
//!
//! The server is tokio-tungstenite on a loopback port, started here as a task.
//! The exit status is 0 only if everything came back as it was sent.

use std::error::Error;

use futures_util::{SinkExt, StreamExt};
use hybi_std::{CloseCode, Message};
use tokio::net::TcpListener;

const COUNT: usize = 1000;

/// The client.
async fn talk(url: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
    let socket = hybi_std::tokio::connect(url).await?;
    println!("open    {}", socket.response().status());
    let (sender, mut receiver) = socket.split();

    let sending = tokio::spawn(async move {
        for n in 0..COUNT {
            sender.queue_text(&format!("message {n}")).await?;
        }
        sender.flush().await?;
        sender.ping(b"the last one").await?;
        Ok::<_, hybi_std::Error>(sender)
    });

    let mut next = 0;
    loop {
        match receiver.receive_message().await? {
            Message::Text(text) if text == format!("message {next}") => next += 1,
            // Answers come in order, so everything is back.
            Message::Pong(payload) if payload == b"the last one" && next == COUNT => break,
            other => return Err(format!("unexpected: {other:?}").into()),
        }
    }
    println!("back    {next} messages");

    let sender = sending.await??;
    sender.start_close(CloseCode::NORMAL, "bye").await?;
    match receiver.receive_message().await? {
        Message::Closed(closed) if closed.clean => println!("closed  cleanly"),
        other => return Err(format!("unexpected: {other:?}").into()),
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("ws://{}/", listener.local_addr()?);
    println!("server  {url}");
    let server = tokio::spawn(echo(listener));
    talk(&url).await?;
    server.await?
}

/// Serves one connection: sends every message back until it is closed.
async fn echo(listener: TcpListener) -> Result<(), Box<dyn Error + Send + Sync>> {
    let (stream, _) = listener.accept().await?;
    let mut socket = tokio_tungstenite::accept_async(stream).await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        // tokio-tungstenite answers Ping and Close itself.
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}
