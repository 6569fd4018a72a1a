//! A connection in two halves: one state machine behind a lock that is held
//! for one poll at a time, never while anybody waits.
//!
//! ```text
//!   Sender  Sender            Receiver
//!      └───────┼───────────────┘
//!              ▼ lock, poll, unlock
//!      [ Machine: Connection | stream ]
//!              │ pending
//!              ▼
//!           Wakers
//! ```

use core::{
    fmt,
    task::{Context, Poll, Waker, ready},
    time::Duration,
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ::tokio::io::{AsyncRead, AsyncWrite};
use hybi_core::connection::{Initiator, State};

use super::{
    machine::{Machine, passed},
    receiver::Receiver,
    sender::Sender,
    wakers::{Side, Wakers},
};
use crate::{error::Error, message::Closed, websocket::About};

pub(super) struct Shared<S: AsyncRead + AsyncWrite + Unpin> {
    machine: Mutex<Machine<S>>,
    pub(super) about: About,
    wakers: Arc<Wakers>,
    /// [`Wakers`], as the stream gets it.
    waker: Waker,
}

/// What senders, and what everybody, may wait for.
struct Changes {
    progress: bool,
    news: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Shared<S> {
    pub(super) fn machine(&self) -> MutexGuard<'_, Machine<S>> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Polls the machine for one side, and wakes the other where that has
    /// changed what it waits for.
    pub(super) fn poll<T>(
        &self,
        side: Side,
        cx: &mut Context<'_>,
        f: impl FnOnce(&mut Machine<S>, &mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let count = self.wakers.count();
        let (result, changes) =
            self.with(|machine| f(machine, &mut Context::from_waker(&self.waker)));
        if result.is_pending() {
            self.wakers.register(side, cx.waker(), count);
        }
        if changes.news && side == Side::Sender {
            self.wakers.wake_receiver();
        }
        if changes.news || changes.progress {
            self.wakers.wake_senders();
        }
        result
    }

    /// Something a sender does that waits for nothing.
    pub(super) fn order<T>(&self, f: impl FnOnce(&mut Machine<S>) -> T) -> T {
        let (result, changes) = self.with(f);
        if changes.news {
            self.wakers.wake_receiver();
        }
        result
    }

    /// Something that ends the connection for everybody.
    pub(super) fn end(&self, f: impl FnOnce(&mut Machine<S>)) {
        f(&mut self.machine());
        self.wakers.wake_receiver();
        self.wakers.wake_senders();
    }

    fn with<T>(&self, f: impl FnOnce(&mut Machine<S>) -> T) -> (T, Changes) {
        let mut machine = self.machine();
        let before = (machine.progress(), machine.news());
        let result = f(&mut machine);
        let changes = Changes {
            progress: machine.progress() != before.0,
            news: machine.news() != before.1,
        };
        (result, changes)
    }
}

pub(super) fn halves<S: AsyncRead + AsyncWrite + Unpin>(
    machine: Machine<S>,
    about: About,
) -> (Sender<S>, Receiver<S>) {
    let wakers = Arc::new(Wakers::default());
    let shared = Arc::new(Shared {
        machine: Mutex::new(machine),
        about,
        waker: Waker::from(Arc::clone(&wakers)),
        wakers,
    });
    let sender = Sender::over(Arc::clone(&shared));
    (sender, Receiver::over(shared))
}

impl<S: AsyncRead + AsyncWrite + Unpin> Machine<S> {
    /// What the receiver waits for besides the stream, and anything that
    /// changed it.
    fn news(&self) -> (State, Option<Duration>, u64) {
        (
            self.core.state(),
            self.core.poll_timeout(),
            self.reads_ahead,
        )
    }

    /// The end of the connection, as a sender sees it.
    pub(super) fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<Result<Closed, Error>> {
        loop {
            if self.unheard || self.core.state() == State::Closed {
                return self.poll_closed(cx);
            }
            let _ = self.poll_transmit(cx);
            if passed(self.core.poll_timeout(), self.clock.now()) {
                // Nobody polls the receiver.
                return Poll::Ready(match self.failure() {
                    Some(error) => Err(error),
                    None => Ok(Closed {
                        code: None,
                        reason: String::new(),
                        initiator: Initiator::Local,
                        clean: false,
                    }),
                });
            }
            ready!(self.poll_deadline(cx));
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> fmt::Debug for Shared<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("about", &self.about)
            .field("wakers", &self.wakers)
            .finish_non_exhaustive()
    }
}
