//! Who waits for a connection that several tasks use.
//!
//! A stream keeps one waker a direction, that of the last poll. So it is
//! given one that stands for all who wait:
//!
//! ```text
//!   stream, timer ─► Wakers ─► the receiver's task, all senders' tasks
//! ```

use core::{
    mem,
    sync::atomic::{AtomicU32, Ordering},
    task::Waker,
};
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
pub(super) struct Wakers {
    waiting: Mutex<Waiting>,
    /// Counts the wakes. Changes only with the lock held.
    wakes: AtomicU32,
}

#[derive(Debug, Default)]
struct Waiting {
    receiver: Option<Waker>,
    senders: Vec<Waker>,
}

impl Wakers {
    /// How many wakes there were. To be asked before polling.
    pub(super) fn count(&self) -> u32 {
        self.wakes.load(Ordering::Acquire)
    }

    /// A poll that began at the given count has come back pending.
    pub(super) fn register(&self, side: Side, waker: &Waker, count: u32) {
        let mut waiting = self.waiting();
        if self.count() != count {
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
        self.wakes.fetch_add(1, Ordering::Release);
        let receiver = waiting.receiver.take();
        drop(waiting);
        if let Some(receiver) = receiver {
            receiver.wake();
        }
    }

    pub(super) fn wake_senders(&self) {
        let mut waiting = self.waiting();
        self.wakes.fetch_add(1, Ordering::Release);
        let senders = mem::take(&mut waiting.senders);
        drop(waiting);
        for sender in senders {
            sender.wake();
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Counter(AtomicU32);

    impl Wake for Counter {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn task() -> (Arc<Counter>, Waker) {
        let counter = Arc::new(Counter::default());
        (counter.clone(), Waker::from(counter))
    }

    fn woken(task: &Arc<Counter>) -> u32 {
        task.0.load(Ordering::Relaxed)
    }

    #[test]
    fn each_side_is_woken_once_and_both_by_the_stream() {
        let wakers = Arc::new(Wakers::default());
        let ((a, wake_a), (b, wake_b), (c, wake_c)) = (task(), task(), task());
        let wait = || {
            let count = wakers.count();
            wakers.register(Side::Receiver, &wake_a, count);
            for waker in [&wake_b, &wake_c, &wake_b] {
                wakers.register(Side::Sender, waker, count);
            }
        };
        wait();
        wakers.wake_receiver();
        wakers.wake_receiver();
        assert_eq!([woken(&a), woken(&b), woken(&c)], [1, 0, 0]);
        wakers.wake_senders();
        assert_eq!([woken(&a), woken(&b), woken(&c)], [1, 1, 1]);
        wait();
        Waker::from(Arc::clone(&wakers)).wake();
        assert_eq!([woken(&a), woken(&b), woken(&c)], [2, 2, 2]);
    }

    #[test]
    fn a_wake_between_a_poll_and_its_registration_is_not_lost() {
        let wakers = Arc::new(Wakers::default());
        let (task, waker) = task();
        let count = wakers.count();
        wakers.wake_senders();
        wakers.register(Side::Receiver, &waker, count);
        assert_eq!(woken(&task), 1);
    }
}
