//! A component has one thread: stdin is read where it is waited for, in one
//! poll with the socket and the clock. What nobody asks for stays with the
//! host, so that a fast stdin waits for a slow peer.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use hybi_std::{
    Error, Event, Received, WebSocket,
    wasi::{
        cli::stdin::get_stdin,
        clocks::monotonic_clock::subscribe_duration,
        io::{
            poll::{Pollable, poll},
            streams::{InputStream, StreamError},
        },
    },
};

use super::{Order, message};

/// How many orders may wait for a connection.
pub(crate) const WAITING: usize = 64;

/// So much is read at once.
const STEP: u64 = 64 << 10;

/// Where orders come from.
#[derive(Debug)]
pub(crate) struct Orders {
    // Dropped in this order: WASI wants children gone before their parents.
    ready: Pollable,
    stdin: InputStream,
    /// Read, but not yet taken.
    bytes: Vec<u8>,
    /// No line ends before here.
    searched: usize,
    lines: u64,
    ended: bool,
    over: bool,
    /// Taken out while there was no connection.
    ahead: VecDeque<Order>,
}

impl Orders {
    pub(crate) fn of_stdin() -> Self {
        let stdin = get_stdin();
        Self {
            ready: stdin.subscribe(),
            stdin,
            bytes: Vec::new(),
            searched: 0,
            lines: 0,
            ended: false,
            over: false,
            ahead: VecDeque::new(),
        }
    }

    /// No input at all.
    pub(crate) fn none() -> Self {
        let mut orders = Self::of_stdin();
        orders.ended = true;
        orders
    }

    /// The next one that is there.
    pub(crate) fn next(&mut self) -> Option<Order> {
        self.ahead.pop_front().or_else(|| self.read())
    }

    /// The next one, if it is one that does not wait for messages: lines are
    /// messages.
    #[expect(clippy::unused_self, reason = "elsewhere there are some")]
    pub(crate) const fn next_control(&mut self) -> Option<Order> {
        None
    }

    /// What to wait for, while anything may come.
    pub(crate) const fn pollable(&self) -> Option<&Pollable> {
        if self.ended { None } else { Some(&self.ready) }
    }

    /// Waits until then without a connection. What is to be sent is put
    /// aside, so much of it at `most`; the end of the input with nothing left
    /// to send is returned.
    pub(crate) fn wait(
        &mut self,
        until: Instant,
        most: usize,
        mut kept: impl FnMut(),
    ) -> Option<Order> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            if self.ahead.len() < most
                && let Some(order) = self.read()
            {
                match order {
                    Order::End | Order::Nothing if self.ahead.is_empty() => return Some(order),
                    Order::Text(_) => kept(),
                    _ => {}
                }
                self.ahead.push_back(order);
                continue;
            }
            let timer = subscribe_duration(nanoseconds(left));
            match self.pollable().filter(|_| self.ahead.len() < most) {
                Some(ready) => poll(&[ready, &timer]),
                None => poll(&[&timer]),
            };
        }
    }

    fn read(&mut self) -> Option<Order> {
        loop {
            if let Some(line) = self.line() {
                self.lines += 1;
                return Some(message(line, self.lines));
            }
            if self.ended {
                return self.end();
            }
            match self.stdin.read(STEP) {
                Ok(bytes) if bytes.is_empty() => return None,
                Ok(bytes) => self.bytes.extend_from_slice(&bytes),
                Err(StreamError::Closed) => self.ended = true,
                Err(error) => {
                    log::warn!("stdin cannot be read any more: {error}");
                    self.ended = true;
                }
            }
        }
    }

    /// A whole line, its end included.
    fn line(&mut self) -> Option<Vec<u8>> {
        let new = self.bytes.get(self.searched..)?;
        let Some(at) = new.iter().position(|&byte| byte == b'\n') else {
            self.searched = self.bytes.len();
            return None;
        };
        let rest = self.bytes.split_off(self.searched + at + 1);
        self.searched = 0;
        Some(core::mem::replace(&mut self.bytes, rest))
    }

    /// The last line, where it has no end; then the end, once.
    fn end(&mut self) -> Option<Order> {
        if !self.bytes.is_empty() {
            self.lines += 1;
            self.searched = 0;
            return Some(message(core::mem::take(&mut self.bytes), self.lines));
        }
        if core::mem::replace(&mut self.over, true) {
            return None;
        }
        Some(if self.lines == 0 {
            Order::Nothing
        } else {
            Order::End
        })
    }
}

/// Waits for the next event, an order, or until `close_at`. `at_once`: looks,
/// but does not wait.
pub(crate) fn receive<'a>(
    socket: &'a mut WebSocket,
    orders: Option<&Orders>,
    close_at: Option<Instant>,
    at_once: bool,
) -> Result<Option<Event<'a>>, Error> {
    if at_once {
        return socket.try_receive();
    }
    let others: Vec<_> = orders.and_then(Orders::pollable).into_iter().collect();
    let deadline = close_at.map(|at| {
        let left = at.saturating_duration_since(Instant::now());
        hybi_std::now().saturating_add(left)
    });
    match socket.receive_or_until(&others, deadline)? {
        Received::Event(event) => Ok(Some(event)),
        _ => Ok(None),
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
