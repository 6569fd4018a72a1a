//! What the user asks for while the connection is open: each line of stdin
//! is a message. A thread reads; the session takes orders from a bounded
//! channel, so that a fast stdin waits for a slow peer.

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

use hybi_std::{CloseCode, Message, Waker};

use crate::{outgoing::Outgoing, output::Format};

/// Something to do for the session.
#[derive(Debug)]
pub(crate) enum Order {
    Text(String),
    Send(Outgoing),
    Ping(Vec<u8>),
    Close(CloseCode, String),
    /// There is no more input.
    End,
    /// The input cannot be used; the words say why.
    Unusable(String),
}

impl Order {
    /// About how many bytes it puts on the wire.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len() + 8,
            Self::Send(Outgoing::Message(Message::Binary(data))) => data.len() + 8,
            _ => 8,
        }
    }
}

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

/// What stdin is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A person at a terminal. Elsewhere the system's console edits lines.
    #[cfg(unix)]
    Editor,
    /// Lines from a pipe or a file.
    Lines,
    /// The null device: no input at all.
    Nothing,
}

impl Source {
    pub(crate) fn find(format: Format) -> Self {
        #[cfg(unix)]
        use std::io::IsTerminal;
        #[cfg(unix)]
        if format == Format::Human && io::stdin().is_terminal() && io::stdout().is_terminal() {
            return Self::Editor;
        }
        let _ = format;
        if is_null_device() {
            Self::Nothing
        } else {
            Self::Lines
        }
    }

    /// Whether a person sits there.
    pub(crate) fn is_person(self) -> bool {
        #[cfg(unix)]
        if self == Self::Editor {
            return true;
        }
        false
    }
}

#[cfg(unix)]
fn is_null_device() -> bool {
    use std::{
        fs::{self, File},
        os::{
            fd::AsFd,
            unix::fs::{FileTypeExt, MetadataExt},
        },
    };
    let stdin = || {
        let descriptor = io::stdin().as_fd().try_clone_to_owned()?;
        File::from(descriptor).metadata()
    };
    match (stdin(), fs::metadata("/dev/null")) {
        (Ok(stdin), Ok(null)) => stdin.file_type().is_char_device() && stdin.rdev() == null.rdev(),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_null_device() -> bool {
    false
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

/// A line as a message: without its end, LF or CRLF.
fn message(mut line: Vec<u8>, number: u64) -> Order {
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
    match String::from_utf8(line) {
        Ok(text) => Order::Text(text),
        Err(error) => Order::Unusable(format!(
            "line {number} of stdin is not UTF-8 from byte {} on; it was not sent",
            error.utf8_error().valid_up_to() + 1
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_line_is_cut() {
        for (line, text) in [
            ("a\n", "a"),
            ("a\r\n", "a"),
            ("a", "a"),
            ("a\r", "a\r"),
            ("a\r\r\n", "a\r"),
            ("\n", ""),
            ("\r\n", ""),
            (" ä \n", " ä "),
        ] {
            let order = message(line.as_bytes().to_vec(), 1);
            assert!(
                matches!(order, Order::Text(line) if line == text),
                "{line:?}"
            );
        }
        let order = message(b"ab\xff\n".to_vec(), 7);
        let words = "line 7 of stdin is not UTF-8 from byte 3 on; it was not sent";
        assert!(matches!(order, Order::Unusable(said) if said == words));
    }
}
