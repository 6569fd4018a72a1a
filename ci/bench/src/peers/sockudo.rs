//! sockudo-ws 3.1.0, with its default settings.

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use sockudo_ws::{CompressedWebSocketStream, Config, DeflateConfig, Message};
use tokio::runtime::Runtime;

use crate::{
    memory::{Input, Output, Stream},
    peer::{Peer, Receiver, Sender, Setup},
};

pub struct Sockudo;

impl Peer for Sockudo {
    fn name(&self) -> &'static str {
        "sockudo-ws 3.1.0"
    }

    fn receiver(&self, setup: Setup, input: Input) -> Option<Box<dyn Receiver>> {
        Some(Box::new(Client::new(setup, Some(input), Output::default())))
    }

    fn sender(&self, setup: Setup, output: Output) -> Option<Box<dyn Sender>> {
        Some(Box::new(Client::new(setup, None, output)))
    }
}

struct Client {
    runtime: Runtime,
    socket: CompressedWebSocketStream<Stream>,
}

impl Client {
    fn new(setup: Setup, input: Option<Input>, output: Output) -> Self {
        let runtime = super::runtime();
        let deflate = DeflateConfig {
            server_no_context_takeover: !setup.takeover,
            client_no_context_takeover: !setup.takeover,
            compression_level: 6,
            ..DeflateConfig::default()
        };
        let socket = runtime.block_on(async {
            let stream = Stream { input, output };
            CompressedWebSocketStream::client(stream, Config::default(), deflate)
        });
        Self { runtime, socket }
    }
}

impl Receiver for Client {
    fn receive(&mut self, count: usize) -> usize {
        let Self { runtime, socket } = self;
        runtime.block_on(async {
            let mut bytes = 0;
            for _ in 0..count {
                match socket.next().await {
                    Some(Ok(Message::Text(text))) => bytes += text.len(),
                    other => panic!("{other:?}"),
                }
            }
            bytes
        })
    }
}

impl Sender for Client {
    fn send(&mut self, messages: &[String]) {
        let Self { runtime, socket } = self;
        runtime.block_on(async {
            for message in messages {
                // It takes what it sends as its own.
                let text = Message::Text(Bytes::from(message.clone()));
                socket.send(text).await.expect("sent");
            }
        });
    }
}
