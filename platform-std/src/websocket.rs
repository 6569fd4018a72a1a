//! An open connection.

use core::{net::SocketAddr, time::Duration};
use std::{io, time::Instant};

use hybi_core::{
    close_code::CloseCode,
    connection::{Event, State},
    extension::deflate::DeflateParams,
};

use crate::{
    ending::{Driver, Ending},
    error::Error,
    message::{Closed, Message, Messages},
    response::Response,
    split::{self, Receiver, Sender},
    stream::Stream,
    wait::Waker,
    writer::BinaryWriter,
};

/// An open WebSocket connection.
///
/// Pings are answered and the closing handshake is kept while one of the
/// receiving methods or [`close`](Self::close) runs.
///
/// Dropping an open connection sends Close with 1001 if that goes without
/// waiting, and ends TCP; it never blocks.
#[derive(Debug)]
pub struct WebSocket {
    driver: Ending,
    about: About,
    // A message that `receive_message` puts together from chunks.
    partial: Vec<u8>,
}

/// What the opening handshake settled.
#[derive(Debug)]
pub(crate) struct About {
    pub(crate) url: String,
    pub(crate) response: Response,
    pub(crate) subprotocol: Option<String>,
}

impl WebSocket {
    pub(crate) fn new(
        driver: Driver,
        url: String,
        response: Response,
        subprotocol: Option<String>,
    ) -> Self {
        Self {
            driver: driver.into(),
            about: About {
                url,
                response,
                subprotocol,
            },
            partial: Vec::new(),
        }
    }

    /// Waits for the next event and lends it out of the receive buffer.
    /// Replies to Pings and to Close are on the wire by then.
    ///
    /// # Errors
    /// [`Error::Woken`], where a [`Waker`] ended the wait; everything else is
    /// fatal.
    pub fn receive(&mut self) -> Result<Event<'_>, Error> {
        match self.receive_by(None)? {
            Some(event) => Ok(event),
            None => Err(Error::Woken),
        }
    }

    /// Like [`receive`](Self::receive), waiting at most for `timeout`. `None`:
    /// the time is over, or a [`Waker`] ended the wait.
    ///
    /// # Errors
    /// The connection failed or was lost.
    pub fn receive_timeout(&mut self, timeout: Duration) -> Result<Option<Event<'_>>, Error> {
        let until = self.clock_now().checked_add(timeout);
        self.receive_by(until)
    }

    /// Like [`receive_timeout`](Self::receive_timeout), with a point in time.
    ///
    /// # Errors
    /// See [`receive_timeout`](Self::receive_timeout).
    pub fn receive_until(&mut self, deadline: Instant) -> Result<Option<Event<'_>>, Error> {
        let until = self.driver.transport().clock().at(deadline);
        self.receive_by(Some(until))
    }

    /// Waits for the next message that is whole and owns its bytes, also with
    /// [`Delivery::Chunks`](crate::Delivery::Chunks). The last one is
    /// [`Message::Closed`].
    ///
    /// # Errors
    /// See [`receive`](Self::receive).
    pub fn receive_message(&mut self) -> Result<Message, Error> {
        loop {
            if let Some(message) = self.next_message(None)? {
                return Ok(message);
            }
        }
    }

    /// Like [`receive_message`](Self::receive_message), waiting at most for
    /// `timeout`. `None`: the time is over, or a [`Waker`] ended the wait.
    ///
    /// # Errors
    /// See [`receive_timeout`](Self::receive_timeout).
    pub fn receive_message_timeout(&mut self, timeout: Duration) -> Result<Option<Message>, Error> {
        let until = self.clock_now().checked_add(timeout);
        loop {
            match self.next_message(until) {
                Ok(None) => {}
                Ok(message) => return Ok(message),
                Err(Error::Woken) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }

    /// The text and binary messages, until the connection closes. Pings and
    /// Pongs are left out. An error is the last item, except
    /// [`Error::Woken`].
    pub const fn messages(&mut self) -> Messages<'_> {
        Messages::of(self)
    }

    /// Sends a text message and flushes it.
    ///
    /// # Errors
    /// [`Error::Send`]: nothing was sent. Everything else is fatal.
    pub fn send_text(&mut self, text: &str) -> Result<(), Error> {
        Ok(self.driver.send_text(text)?)
    }

    /// Sends a binary message and flushes it.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn send_binary(&mut self, data: &[u8]) -> Result<(), Error> {
        Ok(self.driver.send_binary(data)?)
    }

    /// Sends a message: text from a string, binary from bytes. A
    /// [`Message::Closed`] begins the closing handshake with its code and
    /// reason and does not wait for the peer's part.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        match message.into() {
            Message::Text(text) => self.send_text(&text),
            Message::Binary(data) => self.send_binary(&data),
            Message::Ping(payload) => self.ping(&payload),
            Message::Pong(payload) => self.pong(&payload),
            Message::Closed(closed) => {
                let code = closed.code.unwrap_or(CloseCode::NO_STATUS);
                self.start_close(code, &closed.reason)
            }
        }
    }

    /// Sends the next piece of a text message, begun with the first piece and
    /// ended with the one that is `last`. Pieces before that may wait for
    /// [`flush`](Self::flush).
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn send_text_piece(&mut self, piece: &str, last: bool) -> Result<(), Error> {
        Ok(self.driver.send_text_piece(piece, last)?)
    }

    /// Sends the next piece of a binary message. Otherwise like
    /// [`send_text_piece`](Self::send_text_piece).
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn send_binary_piece(&mut self, piece: &[u8], last: bool) -> Result<(), Error> {
        Ok(self.driver.send_binary_piece(piece, last)?)
    }

    /// Begins a binary message whose bytes are written piece by piece, with
    /// [`std::io::copy`] for instance.
    ///
    /// ```no_run
    /// # let mut socket = hybi_std::connect("wss://example.com/upload")?;
    /// let mut file = std::fs::File::open("picture.png")?;
    /// let mut writer = socket.binary_writer();
    /// std::io::copy(&mut file, &mut writer)?;
    /// writer.finish()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const fn binary_writer(&mut self) -> BinaryWriter<'_> {
        BinaryWriter::of(self)
    }

    /// Queues a text message without flushing: many small ones then leave in
    /// one write, with the next [`flush`](Self::flush) or when the buffer is
    /// full.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn queue_text(&mut self, text: &str) -> Result<(), Error> {
        Ok(self.driver.queue_text(text)?)
    }

    /// Queues a binary message. Otherwise like
    /// [`queue_text`](Self::queue_text).
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn queue_binary(&mut self, data: &[u8]) -> Result<(), Error> {
        Ok(self.driver.queue_binary(data)?)
    }

    /// Writes out what is queued.
    ///
    /// # Errors
    /// The connection failed or was lost.
    pub fn flush(&mut self) -> Result<(), Error> {
        Ok(self.driver.flush()?)
    }

    /// Sends a Ping with at most 125 bytes.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        Ok(self.driver.ping(payload)?)
    }

    /// Sends a Pong that nobody asked for. Pings are answered without it.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn pong(&mut self, payload: &[u8]) -> Result<(), Error> {
        Ok(self.driver.pong(payload)?)
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
            Err(error) => Err(error.into()),
        };
        if result.as_ref().err().is_none_or(Error::is_fatal) {
            self.driver.end();
        }
        result
    }

    /// Separates receiving from sending, for two threads or more; see
    /// [`split`](crate::split) for what holds then. Finish a message that is
    /// begun in pieces first. A [`Waker`] made before keeps waking the
    /// receiver.
    ///
    /// # Errors
    /// Those of making the waker's descriptors; the connection is dropped.
    pub fn split(self) -> io::Result<(Sender, Receiver)> {
        let waker = self.waker()?;
        let driver = self.driver.into_inner();
        Ok(split::split(driver, self.about, self.partial, waker))
    }

    /// A handle that ends a wait in a receiving method from another thread.
    ///
    /// ```no_run
    /// use hybi_std::Error;
    ///
    /// let mut socket = hybi_std::connect("wss://example.com/feed")?;
    /// let waker = socket.waker()?;
    /// std::thread::spawn(move || waker.wake()); // when there is something to do
    /// match socket.receive() {
    ///     Err(Error::Woken) => println!("something else to do"),
    ///     event => println!("{:?}", event?),
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of making its descriptors, the first time.
    pub fn waker(&self) -> io::Result<Waker> {
        self.driver.transport().waker()
    }

    /// What the server answered to the opening handshake.
    #[must_use]
    pub const fn response(&self) -> &Response {
        &self.about.response
    }

    /// The subprotocol that the server chose out of those offered.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.about.subprotocol.as_deref()
    }

    /// The extensions in use, as the server named them.
    #[must_use]
    pub fn extensions(&self) -> Option<&str> {
        self.about.response.header("Sec-WebSocket-Extensions")
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
        &self.about.url
    }

    /// Which state of RFC 6455 the connection is in.
    #[must_use]
    pub fn state(&self) -> State {
        self.driver.connection().state()
    }

    /// The stream below.
    #[must_use]
    pub fn stream(&self) -> &Stream {
        self.driver.transport()
    }

    /// The server's address, where the connection runs over TCP.
    #[must_use]
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.driver.transport().peer_addr()
    }

    fn clock_now(&self) -> Duration {
        self.driver.transport().clock().now()
    }

    fn receive_by(&mut self, until: Option<Duration>) -> Result<Option<Event<'_>>, Error> {
        Ok(self.driver.receive_until(until)?)
    }

    /// `None`: a part of a message has arrived, or something of no interest.
    fn next_message(&mut self, until: Option<Duration>) -> Result<Option<Message>, Error> {
        let Some(event) = self.driver.receive_until(until)? else {
            return Err(Error::Woken);
        };
        Ok(Message::of(event, &mut self.partial))
    }
}
