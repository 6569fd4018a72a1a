//! One scenario, so many messages: what callgrind counts. `hybi-callgrind` alone lists them.
//!
//! The core's blocking driver and both clients of `hybi-std` over a server in memory, with the
//! masking keys, limits and buffers that a program gets without asking for others. No system calls.

mod frames;
mod transport;

use std::{env, hint::black_box, process::exit};

use frames::{ASCII, BINARY, JAPANESE, TEXT, compressed, fragments, json, message, text};
use hybi_core::{
    connection::{Config, Connection, Event},
    driver::blocking::WebSocket,
};
use hybi_std::{Compression, OsEntropy, Prepared};
use transport::Server;

type Core = WebSocket<Server, Vec<u8>, Vec<u8>, OsEntropy>;

enum Scenario {
    /// Receive the script, over and over.
    Receive(Vec<u8>),
    /// Send this and flush.
    Send(Vec<u8>),
    /// Queue this, and flush after each 64.
    Queue(Vec<u8>),
    /// Send this, receive a message of the script.
    PingPong(Vec<u8>, Vec<u8>),
    StdReceive(Vec<u8>),
    StdSend(Vec<u8>),
    AsyncReceive(Vec<u8>),
    AsyncSend(Vec<u8>),
    /// Receive compressed telemetry.
    Inflate(Vec<u8>),
    /// Send telemetry compressed.
    Deflate(Vec<String>),
}

/// A name, and how many messages to count over.
const SCENARIOS: [(&str, usize); 19] = [
    ("receive-64-binary", 20_000),
    ("receive-64-text", 20_000),
    ("receive-16k-ascii", 400),
    ("receive-16k-japanese", 200),
    ("receive-1m-binary", 8),
    ("receive-1m-ascii", 8),
    ("receive-1m-japanese", 4),
    ("fragments-1m-ascii", 8),
    ("fragments-1m-japanese", 4),
    ("send-64", 20_000),
    ("queue-64", 20_032),
    ("send-1m", 16),
    ("ping-pong-64", 10_000),
    ("std-receive-64-text", 20_000),
    ("std-send-64", 20_000),
    ("async-receive-64-text", 20_000),
    ("async-send-64", 20_000),
    ("inflate-1k", 500),
    ("deflate-1k", 100),
];

fn scenario(name: &str, messages: usize) -> Option<Scenario> {
    const MIB: usize = 1 << 20;
    let small = text(ASCII, 64);
    let many = |opcode| message(opcode, &small).repeat(4096);
    Some(match name {
        "receive-64-binary" => Scenario::Receive(many(BINARY)),
        "receive-64-text" => Scenario::Receive(many(TEXT)),
        "receive-16k-ascii" => Scenario::Receive(message(TEXT, &text(ASCII, 16 << 10)).repeat(16)),
        "receive-16k-japanese" => {
            Scenario::Receive(message(TEXT, &text(JAPANESE, 16 << 10)).repeat(16))
        }
        "receive-1m-binary" => Scenario::Receive(message(BINARY, &text(ASCII, MIB))),
        "receive-1m-ascii" => Scenario::Receive(message(TEXT, &text(ASCII, MIB))),
        "receive-1m-japanese" => Scenario::Receive(message(TEXT, &text(JAPANESE, MIB))),
        "fragments-1m-ascii" => Scenario::Receive(fragments(TEXT, &text(ASCII, MIB), 4096)),
        "fragments-1m-japanese" => Scenario::Receive(fragments(TEXT, &text(JAPANESE, MIB), 4096)),
        "send-64" => Scenario::Send(small),
        "queue-64" => Scenario::Queue(small),
        "send-1m" => Scenario::Send(text(ASCII, MIB)),
        "ping-pong-64" => Scenario::PingPong(small.clone(), message(BINARY, &small)),
        "std-receive-64-text" => Scenario::StdReceive(many(TEXT)),
        "std-send-64" => Scenario::StdSend(small),
        "async-receive-64-text" => Scenario::AsyncReceive(many(TEXT)),
        "async-send-64" => Scenario::AsyncSend(small),
        "inflate-1k" => Scenario::Inflate(compressed(messages)),
        "deflate-1k" => Scenario::Deflate((0..messages).map(json).collect()),
        _ => return None,
    })
}

fn core(server: Server) -> Core {
    let entropy = OsEntropy::new().expect("random bytes");
    let connection = Connection::new(Vec::new(), Vec::new(), entropy, Config::default());
    WebSocket::new(server, connection.expect("buffers that grow"))
}

fn std(server: Server, compression: Option<Compression>) -> hybi_std::WebSocket {
    hybi_std::builder("ws://localhost/")
        .compression(compression)
        .connect_over(Prepared::other(server))
        .expect("an open connection")
}

fn len(event: &Event<'_>) -> usize {
    match event {
        Event::Text(text) => text.len(),
        Event::Binary(data) => data.len(),
        other => panic!("unexpected: {other:?}"),
    }
}

const DEFLATE: &str = "Sec-WebSocket-Extensions: permessage-deflate\r\n";

/// What is counted: callgrind is told this name.
#[inline(never)]
fn counted(scenario: Scenario, messages: usize) -> usize {
    run(scenario, messages)
}

/// Returns how many bytes of payload went by.
fn run(scenario: Scenario, messages: usize) -> usize {
    let mut bytes = 0;
    match scenario {
        Scenario::Receive(script) => {
            let mut client = core(Server::open(script));
            for _ in 0..messages {
                bytes += len(&client.receive().expect("a message"));
            }
        }
        Scenario::Send(payload) => {
            let mut client = core(Server::open(Vec::new()));
            for _ in 0..messages {
                client.send_binary(black_box(&payload)).expect("sent");
            }
        }
        Scenario::Queue(payload) => {
            let mut client = core(Server::open(Vec::new()));
            for _ in 0..messages / 64 {
                for _ in 0..64 {
                    client.queue_binary(black_box(&payload)).expect("queued");
                }
                client.flush().expect("sent");
            }
        }
        Scenario::PingPong(payload, script) => {
            let mut client = core(Server::open(script).ping_pong());
            for _ in 0..messages {
                client.send_binary(black_box(&payload)).expect("sent");
                bytes += len(&client.receive().expect("a message"));
            }
        }
        Scenario::StdReceive(script) => {
            let mut client = std(Server::closed(script, ""), None);
            for _ in 0..messages {
                bytes += len(&client.receive().expect("a message"));
            }
        }
        Scenario::StdSend(payload) => {
            let mut client = std(Server::closed(Vec::new(), ""), None);
            for _ in 0..messages {
                client.send_binary(black_box(&payload)).expect("sent");
            }
        }
        Scenario::AsyncReceive(script) => asynchronous(async {
            let mut client = tokio(Server::closed(script, "")).await;
            for _ in 0..messages {
                bytes += len(&client.receive().await.expect("a message"));
            }
        }),
        Scenario::AsyncSend(payload) => asynchronous(async {
            let mut client = tokio(Server::closed(Vec::new(), "")).await;
            for _ in 0..messages {
                client.send_binary(black_box(&payload)).await.expect("sent");
            }
        }),
        Scenario::Inflate(script) => {
            let server = Server::closed(script, DEFLATE);
            let mut client = std(server, Some(Compression::new()));
            for _ in 0..messages {
                bytes += len(&client.receive().expect("a message"));
            }
        }
        Scenario::Deflate(texts) => {
            let server = Server::closed(Vec::new(), DEFLATE);
            let mut client = std(server, Some(Compression::new()));
            for text in &texts {
                client.send_text(text).expect("sent");
            }
        }
    }
    bytes
}

fn asynchronous(work: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    runtime.expect("a runtime").block_on(work);
}

async fn tokio(
    server: Server,
) -> hybi_std::tokio::WebSocket<hybi_std::tokio::MaybeTlsStream<Server>> {
    hybi_std::builder("ws://localhost/")
        .compression(None)
        .connect_over_async(server)
        .await
        .expect("an open connection")
}

fn main() {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match &arguments[..] {
        [] => {
            for (name, messages) in SCENARIOS {
                println!("{name} {messages}");
            }
        }
        [name, messages] => {
            let Ok(messages) = messages.parse() else {
                eprintln!("not a number: {messages}");
                exit(2);
            };
            let Some(scenario) = scenario(name, messages) else {
                eprintln!("no such scenario: {name}");
                exit(2);
            };
            println!("{} bytes", counted(scenario, messages));
        }
        _ => {
            eprintln!("usage: hybi-callgrind [SCENARIO MESSAGES]");
            exit(2);
        }
    }
}
