//! One connection, from the opening handshake to its end.

use core::time::Duration;

use board::{HostSeeded, uptime};
use hybi_core::{
    close_code::CloseCode,
    connection::{Config, Connection, Event, Keepalive, MessageKind, State},
    driver::{
        Error,
        blocking::{Transport, WebSocket, open},
    },
    entropy::RandCore,
    extension::{
        Extension, NoCompressor,
        deflate::{Inflate, PerMessageDeflate},
    },
    handshake::{Handshake, HandshakeConfig, HandshakeError, Request},
    uri::Uri,
};

use crate::{
    client::{Buffers, Memory},
    end::End,
    event::Line,
    failure::Failure,
    input::Lines,
    options::{Options, Order},
};

/// What is to be said and heard, on one connection after another.
pub(crate) struct Talk<'a> {
    pub(crate) options: &'a Options<'a>,
    /// What is sent once was sent.
    begun: bool,
    input: Option<Lines>,
    /// When to close, the input being at its end.
    close_at: Option<Duration>,
    received: u32,
    /// This side wants to end.
    pub(crate) closing: bool,
    /// How many attempts it took to open this connection.
    pub(crate) attempt: u32,
}

impl<'a> Talk<'a> {
    pub(crate) const fn new(options: &'a Options<'a>) -> Self {
        Self {
            options,
            begun: false,
            input: None,
            close_at: None,
            received: 0,
            closing: false,
            attempt: 0,
        }
    }
}

/// Runs a connection over `stream`; `opened` is told once it is open. After
/// the closing handshake, `end` ends the stream.
pub(crate) fn run<T: Transport>(
    mut stream: T,
    uri: &Uri<'_>,
    talk: &mut Talk<'_>,
    rng: &mut HostSeeded,
    memory: &mut Memory,
    opened: impl FnOnce(&mut Talk<'_>),
    end: impl FnOnce(&mut T),
) -> Result<End, Failure>
where
    Failure: From<Error<T::Error>>,
{
    let options = talk.options;
    let mut request = Request::new(uri)
        .subprotocols(&options.subprotocols)
        .headers(&options.headers)
        .deflate(options.offer.as_slice());
    if let Some(origin) = options.origin {
        request = request.origin(origin);
    }
    let mut config = HandshakeConfig::default();
    config.timeout = Some(options.handshake_timeout);
    let Buffers {
        rx,
        tx,
        message,
        echo,
    } = &mut *memory.buffers;
    let mut handshake = Handshake::new(
        &request,
        &mut rx[..],
        &mut tx[..],
        RandCore(rng),
        config,
        uptime(),
    )?;
    open(&mut stream, &mut handshake)?;
    opened(talk);
    let response = handshake.response();
    let header = |name| response.as_ref().and_then(|response| response.header(name));
    Line::new("connected")
        .text("url", uri)
        .number("status", Some(101))
        .optional_text("subprotocol", header("Sec-WebSocket-Protocol"))
        .optional_text("extensions", header("Sec-WebSocket-Extensions"))
        .number("attempt", Some(talk.attempt))
        .print();

    let extension = match handshake.deflate() {
        Some(params) => {
            let new = Inflate::new(params.server_max_window_bits, [0; _]);
            let inflate = memory.inflate.insert(new.map_err(HandshakeError::from)?);
            let message = &mut message[..];
            Some(PerMessageDeflate::new(
                params,
                inflate,
                message,
                NoCompressor,
            ))
        }
        None => None,
    };
    let connection = Connection::from_handshake_with(handshake, configuration(options), extension)?;
    let mut client = WebSocket::new(stream, connection);
    let ended = talk.go_on(&mut client, echo)?;
    end(client.transport_mut());
    Ok(ended)
}

type Client<'a, T, X> = WebSocket<T, &'a mut [u8], &'a mut [u8], RandCore<&'a mut HostSeeded>, X>;

impl Talk<'_> {
    /// Sends and receives until the connection has ended.
    fn go_on<T: Transport, X: Extension>(
        &mut self,
        client: &mut Client<'_, T, X>,
        echo: &mut [u8],
    ) -> Result<End, Failure>
    where
        Failure: From<Error<T::Error>>,
    {
        if !core::mem::replace(&mut self.begun, true) {
            for order in &self.options.orders {
                match order {
                    Order::Text(text) => client.send_text(text)?,
                    Order::Binary(hex) => client.send_binary(hex.decode(echo))?,
                    Order::Ping(payload) => client.ping(payload.as_bytes())?,
                }
            }
            if self.options.stdin {
                self.input = Some(Lines::open()?);
            }
        }
        loop {
            let until = self.send_line(client)?;
            let enough = self
                .options
                .count
                .is_some_and(|count| self.received >= count);
            let (kind, message) = match client.receive_until(until)? {
                Some(Event::Closed(closed)) => return Ok(End::closed(closed)),
                // The rest is not for the user.
                Some(_) if enough => continue,
                Some(Event::Text(text)) => {
                    Line::new("text").text("data", text).print();
                    (MessageKind::Text, keep(echo, text.as_bytes()))
                }
                Some(Event::Binary(data)) => {
                    Line::new("binary").base64(data).print();
                    (MessageKind::Binary, keep(echo, data))
                }
                Some(Event::Ping(payload)) => {
                    Line::new("ping").base64(payload).print();
                    continue;
                }
                Some(Event::Pong(payload)) => {
                    Line::new("pong").base64(payload).print();
                    continue;
                }
                _ => continue,
            };
            self.received += 1;
            if client.connection().state() != State::Open {
                continue;
            }
            if self.options.echo {
                match kind {
                    MessageKind::Text => client.send_text(str::from_utf8(message).unwrap_or("")),
                    MessageKind::Binary => client.send_binary(message),
                }?;
            }
            if self.options.count == Some(self.received) {
                self.close(client)?;
            }
        }
    }

    /// Sends the next line of the input, if there is input; closes when its
    /// time has come. Returns how long to listen before the next turn.
    fn send_line<T: Transport, X: Extension>(
        &mut self,
        client: &mut Client<'_, T, X>,
    ) -> Result<Option<Duration>, Failure>
    where
        Failure: From<Error<T::Error>>,
    {
        if client.connection().state() != State::Open {
            return Ok(None);
        }
        if let Some(input) = &mut self.input {
            match input.next() {
                Ok(Some(line)) => client.send_text(line)?,
                Ok(None) => {
                    self.input = None;
                    self.close_at = Some(uptime() + self.options.eof_wait.unwrap_or_default());
                }
                Err(failure) => {
                    client.close(CloseCode::NORMAL, "")?;
                    return Err(failure);
                }
            }
            // Look what has come, without waiting for more.
            return Ok(Some(uptime()));
        }
        if self.close_at.is_some_and(|at| uptime() >= at) {
            self.close_at = None;
            self.close(client)?;
        }
        Ok(self.close_at)
    }

    fn close<T: Transport, X: Extension>(
        &mut self,
        client: &mut Client<'_, T, X>,
    ) -> Result<(), Failure>
    where
        Failure: From<Error<T::Error>>,
    {
        self.closing = true;
        Ok(client.start_close(CloseCode::NORMAL, "")?)
    }
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
