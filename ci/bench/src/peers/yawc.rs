//! yawc 0.5.0, with its checks of UTF-8, which are off by default.

use futures::SinkExt;
use tokio::runtime::Runtime;
use yawc::{CompressionLevel, Options, Role, WebSocket, frame::Frame};

use crate::{
    memory::{Input, Output, Stream},
    peer::{Peer, Receiver, Sender, Setup},
};

pub struct Yawc;

impl Peer for Yawc {
    fn name(&self) -> &'static str {
        "yawc 0.5.0"
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
    socket: WebSocket<Stream>,
}

impl Client {
    fn new(setup: Setup, input: Option<Input>, output: Output) -> Self {
        let runtime = super::runtime();
        let options = Options::default()
            .with_compression_level(CompressionLevel::new(6))
            .with_utf8();
        let extensions = if setup.takeover {
            "permessage-deflate"
        } else {
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        };
        let socket = runtime.block_on(async {
            let stream = Stream { input, output };
            WebSocket::from_stream_with_extensions(stream, Role::Client, Some(extensions), options)
        });
        Self {
            runtime,
            socket: socket.expect("the extension was asked for"),
        }
    }
}

impl Receiver for Client {
    fn receive(&mut self, count: usize) -> usize {
        let Self { runtime, socket } = self;
        runtime.block_on(async {
            let mut bytes = 0;
            for _ in 0..count {
                bytes += socket
                    .next_frame()
                    .await
                    .expect("a message")
                    .payload()
                    .len();
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
                let frame = Frame::text(message.clone());
                socket.send(frame).await.expect("sent");
            }
        });
    }
}
