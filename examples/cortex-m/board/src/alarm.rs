//! The clock as the time driver of embassy-time: tasks that sleep are woken
//! by SysTick.

use core::{cell::RefCell, task::Waker};

use critical_section::Mutex;
use embassy_time_driver::Driver;
use embassy_time_queue_utils::Queue;

use crate::clock;

struct Alarm {
    sleepers: Mutex<RefCell<Sleepers>>,
}

struct Sleepers {
    queue: Queue,
    /// When the first one is due, in milliseconds.
    next: u64,
}

embassy_time_driver::time_driver_impl!(static ALARM: Alarm = Alarm {
    sleepers: Mutex::new(RefCell::new(Sleepers {
        queue: Queue::new(),
        next: u64::MAX,
    })),
});

// A tick of embassy-time is one of SysTick.
const _: () = assert!(embassy_time_driver::TICK_HZ == 1000);

impl Driver for Alarm {
    fn now(&self) -> u64 {
        clock::milliseconds()
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        critical_section::with(|cs| {
            let mut sleepers = self.sleepers.borrow_ref_mut(cs);
            if sleepers.queue.schedule_wake(at, waker) {
                sleepers.next = sleepers.next.min(at);
            }
        });
    }
}

/// Wakes who is due at `now`.
pub(crate) fn tick(now: u64) {
    critical_section::with(|cs| {
        let mut sleepers = ALARM.sleepers.borrow_ref_mut(cs);
        if now >= sleepers.next {
            sleepers.next = sleepers.queue.next_expiration(now);
        }
    });
}
