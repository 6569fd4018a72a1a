//! Who waits for a connection that several tasks use.
//!
//! A stream keeps one waker a direction, that of the last poll. So it is
//! given one that stands for all who wait:
//!
//! ```text
//!   stream, timer ─► Wakers ─► the receiver's task, all senders' tasks
//! ```

use core::{mem, task::Waker};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Wake,
};

/// The two sides of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Receiver,
    Sender,
}

#[derive(Debug, Default)]
pub(super) struct Wakers(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    receiver: Option<Waker>,
    senders: Vec<Waker>,
    /// Counts the wakes.
    wakes: u64,
}

impl Wakers {
    /// How many wakes there were. To be asked before polling.
    pub(super) fn count(&self) -> u64 {
        self.waiting().wakes
    }

    /// A poll that began at the given count has come back pending.
    pub(super) fn register(&self, side: Side, waker: &Waker, count: u64) {
        let mut waiting = self.waiting();
        if waiting.wakes != count {
            // One that came meanwhile has found nobody here.
            drop(waiting);
            waker.wake_by_ref();
        } else if side == Side::Receiver {
            match &mut waiting.receiver {
                Some(known) => known.clone_from(waker),
                none => *none = Some(waker.clone()),
            }
        } else if !waiting.senders.iter().any(|other| other.will_wake(waker)) {
            waiting.senders.push(waker.clone());
        }
    }

    pub(super) fn wake_receiver(&self) {
        let mut waiting = self.waiting();
        waiting.wakes += 1;
        let receiver = waiting.receiver.take();
        drop(waiting);
        if let Some(receiver) = receiver {
            receiver.wake();
        }
    }

    pub(super) fn wake_senders(&self) {
        let mut waiting = self.waiting();
        waiting.wakes += 1;
        let senders = mem::take(&mut waiting.senders);
        drop(waiting);
        for sender in senders {
            sender.wake();
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_receiver();
        self.wake_senders();
    }
}
