//! The connection, from the opening handshake to its end.

use core::time::Duration;

use board::uptime;
use hybi_core::{
    close_code::CloseCode,
    connection::{Closed, Config, Connection, Event, Initiator, Keepalive, MessageKind},
    driver::blocking::{WebSocket, open},
    entropy::RandCore,
    handshake::{Handshake, HandshakeConfig, Request},
    uri::Uri,
};

use crate::{
    Stream,
    event::Line,
    failure::Failure,
    options::{Options, Order},
};

/// Returns the exit status.
pub(crate) fn run(
    mut stream: Stream<'_>,
    uri: &Uri<'_>,
    options: &Options<'_>,
    rng: board::HostSeeded,
    rx: &mut [u8],
    tx: &mut [u8],
    echo: &mut [u8],
) -> Result<i32, Failure> {
    let mut request = Request::new(uri)
        .subprotocols(&options.subprotocols)
        .headers(&options.headers);
    if let Some(origin) = options.origin {
        request = request.origin(origin);
    }
    let mut config = HandshakeConfig::default();
    config.timeout = Some(options.handshake_timeout);
    let mut handshake = Handshake::new(&request, rx, tx, RandCore(rng), config, uptime())?;
    open(&mut stream, &mut handshake)?;
    let response = handshake.response();
    let header = |name| {
        response
            .as_ref()
            .and_then(|response| response.header_str(name))
    };
    Line::new("connected")
        .text("url", uri)
        .number("status", Some(101))
        .optional_text("subprotocol", header("Sec-WebSocket-Protocol"))
        .optional_text("extensions", header("Sec-WebSocket-Extensions"))
        .number("attempt", Some(0))
        .print();

    let connection = Connection::from_handshake(handshake, configuration(options))?;
    let mut client = WebSocket::new(stream, connection);
    for order in &options.orders {
        match order {
            Order::Text(text) => client.send_text(text)?,
            Order::Binary(hex) => client.send_binary(hex.decode(echo))?,
            Order::Ping(payload) => client.ping(payload.as_bytes())?,
        }
    }
    let mut received = 0;
    let status = loop {
        let (kind, message) = match client.receive()? {
            Event::Text(text) => {
                Line::new("text").text("data", text).print();
                (MessageKind::Text, keep(echo, text.as_bytes()))
            }
            Event::Binary(data) => {
                Line::new("binary").base64(data).print();
                (MessageKind::Binary, keep(echo, data))
            }
            Event::Ping(payload) => {
                Line::new("ping").base64(payload).print();
                continue;
            }
            Event::Pong(payload) => {
                Line::new("pong").base64(payload).print();
                continue;
            }
            Event::Closed(closed) => break print_closed(closed),
            _ => continue,
        };
        received += 1;
        if client.connection().state() != hybi_core::connection::State::Open {
            continue;
        }
        if options.echo {
            match kind {
                MessageKind::Text => client.send_text(str::from_utf8(message).unwrap_or("")),
                MessageKind::Binary => client.send_binary(message),
            }?;
        }
        if options.count == Some(received) {
            client.start_close(CloseCode::NORMAL, "")?;
        }
    };
    let deadline = Some(uptime() + Duration::from_secs(1));
    let _ = client.transport_mut().shutdown(deadline);
    Ok(status)
}

fn configuration(options: &Options<'_>) -> Config {
    let mut config = Config::default();
    config.max_message_size = options.max_message;
    config.max_frame_size = options.max_frame;
    config.idle_timeout = options.idle_timeout;
    config.close_timeout = Some(options.close_timeout);
    config.keepalive = options
        .ping_interval
        .map(|interval| Keepalive::every(interval).timeout(Some(options.ping_timeout)));
    config
}

/// An event borrows the client, so an echo needs a copy. It fits: the buffer
/// is as large as the one that the message came in.
fn keep<'a>(copy: &'a mut [u8], message: &[u8]) -> &'a [u8] {
    let Some(copy) = copy.get_mut(..message.len()) else {
        return &[];
    };
    copy.copy_from_slice(message);
    copy
}

/// Returns the exit status.
fn print_closed(closed: Closed<'_>) -> i32 {
    Line::new("closed")
        .number("code", closed.code.map(|code| code.0))
        .text("reason", closed.reason)
        .text(
            "initiator",
            match closed.initiator {
                Initiator::Local => "local",
                Initiator::Peer => "peer",
            },
        )
        .flag("clean", closed.clean)
        .print();
    match closed.code {
        _ if !closed.clean => 6,
        None | Some(CloseCode::NORMAL | CloseCode::GOING_AWAY) => 0,
        Some(_) => 7,
    }
}
