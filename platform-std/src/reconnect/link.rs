//! What a session and its handles share.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Instant,
};

use hybi_core::close_code::CloseCode;

use crate::{
    error::{ConnectError, Error},
    split::Sender,
    websocket::WebSocket,
};

#[derive(Debug, Default)]
pub(super) struct Link {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    sender: Option<Sender>,
    /// What a handle asked for, once and for all.
    stop: Option<Stop>,
    /// The session is over.
    over: bool,
    /// The number of the attempt that counts,
    attempt: u64,
    /// and what came of it.
    arrived: Option<Box<Result<WebSocket, ConnectError>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    Close,
    Abort,
}

/// How a wait ended.
#[derive(Debug)]
pub(super) enum Waited {
    Arrived(Box<Result<WebSocket, ConnectError>>),
    Stopped,
    TimedOut,
}

impl Link {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing of ours panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn stop(&self) -> Option<Stop> {
        self.lock().stop
    }

    pub(super) fn sender(&self) -> Option<Sender> {
        self.lock().sender.clone()
    }

    pub(super) fn is_over(&self) -> bool {
        self.lock().over
    }

    /// A connection is open. False: a handle has asked to stop meanwhile.
    pub(super) fn opened(&self, sender: Sender) -> bool {
        let mut state = self.lock();
        if state.stop.is_none() {
            state.sender = Some(sender);
        }
        state.stop.is_none()
    }

    /// The connection is no longer open.
    pub(super) fn gone(&self) {
        self.lock().sender = None;
    }

    /// Nothing more will happen.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.sender = None;
        state.over = true;
        let late = state.arrived.take();
        state.attempt = state.attempt.wrapping_add(1);
        drop(state);
        drop(late);
    }

    /// Asks to close.
    pub(super) fn close(&self, code: CloseCode, reason: &str) -> Result<(), Error> {
        let sender = {
            let mut state = self.lock();
            state.stop.get_or_insert(Stop::Close);
            state.sender.clone()
        };
        self.changed.notify_all();
        match sender {
            Some(sender) => sender.request_close(code, reason),
            None => Ok(()),
        }
    }

    /// Asks to stop without a word.
    pub(super) fn abort(&self) {
        let sender = {
            let mut state = self.lock();
            state.stop = Some(Stop::Abort);
            state.sender.clone()
        };
        self.changed.notify_all();
        if let Some(sender) = sender {
            sender.abort();
        }
    }

    /// Begins an attempt on a thread of its own, so that a handle can end the
    /// wait for it; one that is given up ends with its own deadlines.
    pub(super) fn attempt<F>(self: &Arc<Self>, connect: F)
    where
        F: Fn() -> Result<WebSocket, ConnectError> + Clone + Send + 'static,
    {
        let number = {
            let mut state = self.lock();
            state.attempt = state.attempt.wrapping_add(1);
            state.attempt
        };
        let (link, elsewhere) = (self.clone(), connect.clone());
        let spawned = thread::Builder::new()
            .name("hybi-connect".to_owned())
            .spawn(move || link.arrived(number, elsewhere()));
        if spawned.is_err() {
            self.arrived(number, connect());
        }
    }

    fn arrived(&self, number: u64, result: Result<WebSocket, ConnectError>) {
        let result = Box::new(result);
        let mut state = self.lock();
        if state.attempt == number {
            state.arrived = Some(result);
            self.changed.notify_all();
        } else {
            drop(state);
            drop(result);
        }
    }

    /// Waits for what comes of an attempt, at most until then, and no longer
    /// than until a handle asks to stop.
    pub(super) fn wait(&self, until: Option<Instant>) -> Waited {
        let mut state = self.lock();
        loop {
            if state.stop.is_some() {
                return Waited::Stopped;
            }
            if let Some(result) = state.arrived.take() {
                return Waited::Arrived(result);
            }
            state = match until {
                None => {
                    let waited = self.changed.wait(state);
                    waited.unwrap_or_else(PoisonError::into_inner)
                }
                Some(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Waited::TimedOut;
                    }
                    let waited = self.changed.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }
}
