//! A thread reads stdin; the session takes orders from a bounded channel, so
//! that a fast stdin waits for a slow peer.

use std::{
    collections::VecDeque,
    io::{self, BufRead},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
    },
    thread,
    time::Instant,
};

use hybi_std::{Error, Event, Waker, WebSocket};

use super::{Order, message};

/// How many orders may wait for the session.
pub(crate) const WAITING: usize = 64;

/// Where orders go: to the session, which is woken.
#[derive(Clone)]
pub(crate) struct Feed {
    orders: SyncSender<Order>,
    session: Wake,
}

impl Feed {
    pub(crate) fn new(session: Wake) -> (Self, Orders) {
        let (orders, receiver) = mpsc::sync_channel(WAITING);
        let orders = Self { orders, session };
        let receiver = Orders {
            receiver,
            ahead: VecDeque::new(),
        };
        (orders, receiver)
    }

    /// False: the session takes no more orders.
    pub(crate) fn send(&self, order: Order) -> bool {
        let taken = self.orders.send(order).is_ok();
        self.session.wake();
        taken
    }
}

/// Wakes the session, whichever connection it is on.
#[derive(Clone, Default)]
pub(crate) struct Wake(Arc<Mutex<Option<Waker>>>);

impl Wake {
    /// `None`: there is no connection now.
    pub(crate) fn set(&self, waker: Option<Waker>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = waker;
    }

    fn wake(&self) {
        if let Some(waker) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            waker.wake();
        }
    }
}

/// Where orders come from.
#[derive(Debug)]
pub(crate) struct Orders {
    receiver: Receiver<Order>,
    /// Taken out while there was no connection.
    ahead: VecDeque<Order>,
}

impl Orders {
    /// The next one that is there.
    pub(crate) fn next(&mut self) -> Option<Order> {
        self.ahead
            .pop_front()
            .or_else(|| self.receiver.try_recv().ok())
    }

    /// The next one, if it is one that does not wait for messages.
    pub(crate) fn next_control(&mut self) -> Option<Order> {
        if !self.ahead.is_empty() {
            return None;
        }
        match self.receiver.try_recv().ok()? {
            order @ (Order::Ping(_) | Order::Close(..)) => Some(order),
            order => {
                self.ahead.push_back(order);
                None
            }
        }
    }

    /// Waits until then without a connection. What is to be sent is put
    /// aside, so much of it at `most`, and `kept` hears of it; an order to
    /// close, or the end of the input with nothing left to send, is returned.
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
            let order = if self.ahead.len() < most {
                self.receiver.recv_timeout(left)
            } else {
                Err(RecvTimeoutError::Disconnected)
            };
            match order {
                Ok(order @ Order::Close(..)) => return Some(order),
                Ok(Order::End) if self.ahead.is_empty() => return Some(Order::End),
                Ok(order) => {
                    if let Order::Text(_) | Order::Send(_) = order {
                        kept();
                    }
                    self.ahead.push_back(order);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => thread::sleep(left),
            }
        }
    }
}

/// Reads stdin line by line in a thread of its own.
pub(crate) fn read_lines(feed: Feed) {
    thread::spawn(move || {
        let mut stdin = io::stdin().lock();
        let mut number = 0_u64;
        loop {
            let mut line = Vec::new();
            let order = match stdin.read_until(b'\n', &mut line) {
                Ok(0) => Order::End,
                Ok(_) => {
                    number += 1;
                    message(line, number)
                }
                Err(error) => {
                    log::warn!("stdin cannot be read any more: {error}");
                    Order::End
                }
            };
            let last = !matches!(order, Order::Text(_));
            if !feed.send(order) || last {
                return;
            }
        }
    });
}

/// Waits for the next event, an order, or until `close_at`. `at_once`: looks,
/// but does not wait.
pub(crate) fn receive<'a>(
    socket: &'a mut WebSocket,
    _: Option<&Orders>,
    close_at: Option<Instant>,
    at_once: bool,
) -> Result<Option<Event<'a>>, Error> {
    if at_once {
        socket.receive_timeout(core::time::Duration::ZERO)
    } else if let Some(at) = close_at {
        socket.receive_until(at)
    } else {
        match socket.receive() {
            Ok(event) => Ok(Some(event)),
            Err(Error::Woken) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
