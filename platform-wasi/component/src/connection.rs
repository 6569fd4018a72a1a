//! An open connection.

use core::{cell::RefCell, time::Duration};

use hybi_wasi::{CloseCode, Event as Lent, WebSocket, wasi::io::poll::Pollable};

use crate::{
    bindings::exports::hybi::websocket::client::{Closed, Error, Event, GuestConnection},
    error::of_socket,
};

pub(crate) struct Connection(RefCell<WebSocket>);

impl Connection {
    pub(crate) const fn new(socket: WebSocket) -> Self {
        Self(RefCell::new(socket))
    }

    fn with<T>(
        &self,
        call: impl FnOnce(&mut WebSocket) -> Result<T, hybi_wasi::Error>,
    ) -> Result<T, Error> {
        call(&mut self.0.borrow_mut()).map_err(of_socket)
    }
}

impl GuestConnection for Connection {
    fn send_text(&self, text: String) -> Result<(), Error> {
        self.with(|socket| socket.send_text(&text))
    }

    fn send_binary(&self, data: Vec<u8>) -> Result<(), Error> {
        self.with(|socket| socket.send_binary(&data))
    }

    fn ping(&self, payload: Vec<u8>) -> Result<(), Error> {
        self.with(|socket| socket.ping(&payload))
    }

    fn receive(&self) -> Result<Event, Error> {
        self.with(|socket| {
            loop {
                if let Some(event) = owned(socket.receive()?) {
                    return Ok(event);
                }
            }
        })
    }

    fn receive_timeout(&self, timeout: u64) -> Result<Option<Event>, Error> {
        let until = hybi_wasi::now().saturating_add(Duration::from_nanos(timeout));
        self.with(|socket| {
            while let Some(event) = socket.receive_until(until)? {
                if let Some(event) = owned(event) {
                    return Ok(Some(event));
                }
            }
            Ok(None)
        })
    }

    fn try_receive(&self) -> Result<Option<Event>, Error> {
        self.with(|socket| {
            while let Some(event) = socket.try_receive()? {
                if let Some(event) = owned(event) {
                    return Ok(Some(event));
                }
            }
            Ok(None)
        })
    }

    fn subscribe(&self) -> Pollable {
        self.0.borrow().subscribe()
    }

    fn next_deadline(&self) -> Option<u64> {
        let left = self
            .0
            .borrow()
            .next_deadline()?
            .saturating_sub(hybi_wasi::now());
        Some(u64::try_from(left.as_nanos()).unwrap_or(u64::MAX))
    }

    fn close(&self, code: u16, reason: String) -> Result<Closed, Error> {
        self.with(|socket| {
            let closed = socket.close(CloseCode(code), &reason)?;
            Ok(Closed {
                code: closed.code.map(|code| code.0),
                reason: closed.reason,
                clean: closed.clean,
            })
        })
    }

    fn start_close(&self, code: u16, reason: String) -> Result<(), Error> {
        self.with(|socket| socket.start_close(CloseCode(code), &reason))
    }

    fn subprotocol(&self) -> Option<String> {
        self.0.borrow().subprotocol().map(str::to_owned)
    }

    fn url(&self) -> String {
        self.0.borrow().url().to_owned()
    }

    fn headers(&self) -> Vec<(String, String)> {
        let socket = self.0.borrow();
        let headers = socket.response().headers();
        headers
            .map(|(name, value)| (name.to_owned(), String::from_utf8_lossy(value).into_owned()))
            .collect()
    }
}

/// `None`: parts of messages, which nobody has asked for.
fn owned(event: Lent<'_>) -> Option<Event> {
    Some(match event {
        Lent::Text(text) => Event::Text(text.to_owned()),
        Lent::Binary(data) => Event::Binary(data.to_owned()),
        Lent::Ping(payload) => Event::Ping(payload.to_owned()),
        Lent::Pong(payload) => Event::Pong(payload.to_owned()),
        Lent::Closed(closed) => Event::Closed(Closed {
            code: closed.code.map(|code| code.0),
            reason: closed.reason.to_owned(),
            clean: closed.clean,
        }),
        _ => return None,
    })
}
