//! An open connection.

mod send;

use alloc::{string::String, vec::Vec};
use core::{net::SocketAddr, time::Duration};

use hybi_core::{
    close_code::CloseCode,
    connection::{Event, Found, State},
    driver::blocking,
    extension::deflate::DeflateParams,
};
use wasi::io::poll::Pollable;

use crate::{
    compression::Extension,
    entropy::WasiEntropy,
    error::{Error, Response},
    message::{Closed, Message, Messages},
    poll,
    wire::{Patience, Wire},
};

/// The core's driver over this crate's stream.
pub(crate) type Driver = blocking::WebSocket<Wire, Vec<u8>, Vec<u8>, WasiEntropy, Extension>;

/// An open WebSocket connection.
///
/// Pings are answered and the closing handshake is kept while one of the
/// receiving methods or [`close`](Self::close) runs.
///
/// Each wait is one `wasi:io/poll` of the socket, the next deadline and, with
/// [`receive_or`](Self::receive_or), the caller's own pollables.
///
/// Dropping an open connection sends Close with 1001 if that goes without
/// waiting, and ends TCP; it never blocks.
#[derive(Debug)]
pub struct WebSocket {
    driver: Driver,
    over: bool,
    url: String,
    response: Response,
    subprotocol: Option<String>,
    // A message that `receive_message` puts together from chunks.
    partial: Vec<u8>,
    /// Events since the caller's pollables were last looked at.
    since_looked: u32,
}

/// What ended a wait of [`WebSocket::receive_or`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Received<'a> {
    /// An event, lent out of the receive buffer.
    Event(Event<'a>),
    /// One of the caller's pollables is ready: its place in the list. Others
    /// may be, too.
    Ready(usize),
    /// The time is over.
    TimedOut,
}

/// So many events may come in a row before the caller's pollables get a look.
const EVENTS_IN_A_ROW: u32 = 32;

impl WebSocket {
    pub(crate) const fn new(
        driver: Driver,
        url: String,
        response: Response,
        subprotocol: Option<String>,
    ) -> Self {
        Self {
            driver,
            over: false,
            url,
            response,
            subprotocol,
            partial: Vec::new(),
            since_looked: 0,
        }
    }

    /// Waits for the next event and lends it out of the receive buffer.
    /// Replies to Pings and to Close are on their way by then.
    ///
    /// # Errors
    /// The connection failed or was lost.
    pub fn receive(&mut self) -> Result<Event<'_>, Error> {
        Ok(self.driver.receive()?)
    }

    /// Like [`receive`](Self::receive), waiting at most for `timeout`. `None`:
    /// the time is over.
    ///
    /// # Errors
    /// The connection failed or was lost.
    pub fn receive_timeout(&mut self, timeout: Duration) -> Result<Option<Event<'_>>, Error> {
        let until = poll::now().checked_add(timeout);
        Ok(self.driver.receive_until(until)?)
    }

    /// Like [`receive_timeout`](Self::receive_timeout), with a point in time
    /// on the scale of [`now`](crate::now).
    ///
    /// # Errors
    /// See [`receive_timeout`](Self::receive_timeout).
    pub fn receive_until(&mut self, deadline: Duration) -> Result<Option<Event<'_>>, Error> {
        Ok(self.driver.receive_until(Some(deadline))?)
    }

    /// The next event, if one is there: does not wait. What has to be sent,
    /// replies and Pings of its own, goes out as far as there is room.
    ///
    /// After `None`, a component with a loop of its own waits until one of
    /// [`pollables`](Self::pollables) is ready or
    /// [`next_deadline`](Self::next_deadline) comes, and asks again. Not
    /// before `None`: events may have arrived together.
    ///
    /// # Errors
    /// See [`receive`](Self::receive).
    pub fn try_receive(&mut self) -> Result<Option<Event<'_>>, Error> {
        match self.find()? {
            Some(found) => Ok(Some(self.driver.connection().found(found))),
            None => Ok(None),
        }
    }

    /// Waits for the next event or for one of the caller's pollables, for
    /// ever if need be.
    ///
    /// ```no_run
    /// use hybi_wasi::{Received, wasi::cli::stdin::get_stdin};
    ///
    /// # fn main() -> Result<(), Box<dyn core::error::Error>> {
    /// let mut socket = hybi_wasi::connect("ws://localhost:7000/")?;
    /// let stdin = get_stdin();
    /// let typed = stdin.subscribe();
    /// loop {
    ///     match socket.receive_or(&[&typed])? {
    ///         Received::Event(event) => println!("{event:?}"),
    ///         Received::Ready(0) => socket.send_binary(&stdin.read(4096)?)?,
    ///         _ => {}
    ///     }
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    /// See [`receive`](Self::receive).
    pub fn receive_or(&mut self, others: &[&Pollable]) -> Result<Received<'_>, Error> {
        self.receive_or_until(others, None)
    }

    /// Like [`receive_or`](Self::receive_or), waiting at most until then, on
    /// the scale of [`now`](crate::now). `None`: for ever.
    ///
    /// # Errors
    /// See [`receive`](Self::receive).
    pub fn receive_or_until(
        &mut self,
        others: &[&Pollable],
        deadline: Option<Duration>,
    ) -> Result<Received<'_>, Error> {
        let mut due = self.since_looked >= EVENTS_IN_A_ROW;
        loop {
            if core::mem::take(&mut due)
                && let Some(&at) = poll::wait_any(others, Some(Duration::ZERO)).iter().min()
            {
                self.since_looked = 0;
                return Ok(Received::Ready(at));
            }
            if let Some(found) = self.find()? {
                self.since_looked = self.since_looked.saturating_add(1);
                return Ok(Received::Event(self.driver.connection().found(found)));
            }
            self.since_looked = 0;
            if poll::passed(deadline) {
                return Ok(Received::TimedOut);
            }
            let mut all = others.to_vec();
            all.extend(self.pollables());
            let until = poll::earliest(deadline, self.next_deadline());
            let ready = poll::wait_any(&all, until);
            let other = ready.iter().filter(|&&at| at < others.len()).min();
            if let Some(&at) = other {
                return Ok(Received::Ready(at));
            }
        }
    }

    /// What to wait for, besides [`next_deadline`](Self::next_deadline),
    /// before [`try_receive`](Self::try_receive) may have something: the
    /// socket that can be read and, while something waits to go out, the
    /// socket that can be written.
    pub fn pollables(&self) -> impl Iterator<Item = &Pollable> {
        let layer = self.driver.transport().layer();
        let waits = !self.driver.connection().transmit().is_empty() || layer.wants_write();
        core::iter::once(layer.readable()).chain(waits.then(|| layer.writable()))
    }

    /// A pollable of its own for the socket that can be read, to be kept
    /// elsewhere, as a WIT interface has it. Drop it before the connection: a
    /// host may trap otherwise.
    ///
    /// Events that are here already do not make it ready: see
    /// [`try_receive`](Self::try_receive).
    #[must_use]
    pub fn subscribe(&self) -> Pollable {
        self.driver.transport().layer().tcp().subscribe()
    }

    /// When the connection next has something to do by itself, on the scale
    /// of [`now`](crate::now): a Ping to send, or a deadline that passes.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        self.driver.connection().poll_timeout()
    }

    /// Looks for an event without waiting.
    fn find(&mut self) -> Result<Option<Found>, Error> {
        self.driver.transport_mut().be(Patience::Looks);
        let found = self.driver.find_until(Some(Duration::ZERO));
        self.driver.transport_mut().be(Patience::Waits);
        Ok(found?)
    }

    /// Waits for the next message that is whole and owns its bytes, also with
    /// [`Delivery::Chunks`](crate::Delivery::Chunks). The last one is
    /// [`Message::Closed`].
    ///
    /// # Errors
    /// See [`receive`](Self::receive).
    pub fn receive_message(&mut self) -> Result<Message, Error> {
        loop {
            let event = self.driver.receive()?;
            if let Some(message) = Message::of(event, &mut self.partial) {
                return Ok(message);
            }
        }
    }

    /// Like [`receive_message`](Self::receive_message), waiting at most for
    /// `timeout`. `None`: the time is over.
    ///
    /// # Errors
    /// See [`receive_timeout`](Self::receive_timeout).
    pub fn receive_message_timeout(&mut self, timeout: Duration) -> Result<Option<Message>, Error> {
        let until = poll::now().checked_add(timeout);
        while let Some(event) = self.driver.receive_until(until)? {
            if let Some(message) = Message::of(event, &mut self.partial) {
                return Ok(Some(message));
            }
        }
        Ok(None)
    }

    /// The text and binary messages, until the connection closes. Pings and
    /// Pongs are left out. An error is the last item.
    pub const fn messages(&mut self) -> Messages<'_> {
        Messages::of(self)
    }

    /// Begins the closing handshake and returns. The receiving methods go on
    /// with it: they still hand over what arrives, and end with
    /// [`Event::Closed`].
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn start_close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        Ok(self.driver.start_close(code, reason)?)
    }

    /// Performs the whole closing handshake and ends the connection. Takes at
    /// most the close deadline, whatever the peer does. Messages that still
    /// arrive are dropped.
    ///
    /// # Errors
    /// [`Error::Send`], where this code or reason may not be sent.
    /// [`Error::Lost`], where the connection ended without a closing
    /// handshake. A peer that lets the deadline pass is no error:
    /// [`Closed::clean`] is false then.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<Closed, Error> {
        let result = match self.driver.close(code, reason) {
            Ok(closed) => Ok(closed.into()),
            Err(error) => Err(Error::from(error)),
        };
        if result.as_ref().err().is_none_or(Error::is_fatal) {
            self.end();
        }
        result
    }

    /// Ends the connection at once, without a Close frame.
    pub fn abort(mut self) {
        self.end();
    }

    /// What the server answered to the opening handshake.
    #[must_use]
    pub const fn response(&self) -> &Response {
        &self.response
    }

    /// The subprotocol that the server chose out of those offered.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// The extensions in use, as the server named them.
    #[must_use]
    pub fn extensions(&self) -> Option<&str> {
        self.response.header("Sec-WebSocket-Extensions")
    }

    /// The parameters with which permessage-deflate is in use.
    #[must_use]
    pub fn deflate(&self) -> Option<DeflateParams> {
        let extension = self.driver.connection().extension();
        extension.as_ref().map(|deflate| deflate.params())
    }

    /// Decides about the next message that is sent, and it alone: compressed
    /// or not. Without permessage-deflate nothing is.
    pub fn override_compression(&mut self, compress: bool) {
        if let Some(deflate) = self.driver.connection_mut().extension_mut() {
            deflate.override_next(compress);
        }
    }

    /// The URL that was connected to, in ASCII; a user and password in it are
    /// replaced with `***`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Which state of RFC 6455 the connection is in.
    #[must_use]
    pub fn state(&self) -> State {
        self.driver.connection().state()
    }

    /// The server's address, or the proxy's.
    #[must_use]
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.driver.transport().layer().tcp().peer_addr()
    }

    pub(crate) fn take_partial(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.partial)
    }

    pub(crate) fn put_partial(&mut self, partial: Vec<u8>) {
        self.partial = partial;
    }

    /// Ends the stream, once.
    fn end(&mut self) {
        if !core::mem::replace(&mut self.over, true) {
            self.driver.transport_mut().end();
        }
    }
}

impl Drop for WebSocket {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        self.driver.transport_mut().be(Patience::Leaves);
        if self.driver.connection().state() == State::Open {
            let _ = self.driver.start_close(CloseCode::GOING_AWAY, "");
        }
        self.end();
    }
}
