//! What is to be said and done, whichever connection it is on.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::{input::Orders, outgoing::Outgoing};

/// What the command line says about open connections.
#[derive(Debug)]
pub(crate) struct Plan {
    /// To send first, in this order.
    pub(crate) outgoing: VecDeque<Outgoing>,
    pub(crate) echo: bool,
    /// Close after so many data messages.
    pub(crate) count: Option<u64>,
    /// Close so long after the end of the input. `None`: do not.
    pub(crate) eof_wait: Option<Duration>,
    /// The same, where the command line says so.
    #[cfg(target_os = "wasi")]
    pub(crate) given_wait: Option<Duration>,
    /// Show no Pong but those that the user asked for.
    pub(crate) only_own_pongs: bool,
}

/// What outlasts a connection.
#[derive(Debug)]
pub(crate) struct Talk {
    pub(crate) plan: Plan,
    /// `None`, once the input has ended or does not matter any more.
    pub(crate) orders: Option<Orders>,
    pub(crate) received: u64,
    /// Close then.
    pub(crate) close_at: Option<Instant>,
    /// This side has begun to close: what comes then is the end.
    pub(crate) closing: bool,
    /// Why the program ends, where that is not the peer's doing.
    pub(crate) unusable: Option<String>,
}

impl Talk {
    pub(crate) const fn new(plan: Plan) -> Self {
        Self {
            plan,
            orders: None,
            received: 0,
            close_at: None,
            closing: false,
            unusable: None,
        }
    }

    /// There is no input at all: the peer ends it, or the messages that are
    /// awaited, unless `--eof-wait` says otherwise.
    #[cfg(target_os = "wasi")]
    pub(crate) fn no_input(&mut self) {
        self.plan.eof_wait = self.plan.given_wait;
        self.end_of_input();
    }

    /// The input has ended.
    pub(crate) fn end_of_input(&mut self) {
        self.orders = None;
        self.close_at = self
            .plan
            .eof_wait
            .and_then(|wait| Instant::now().checked_add(wait));
    }
}
