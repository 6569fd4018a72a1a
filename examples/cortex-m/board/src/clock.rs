//! The time since start. A counter of the board counts the core's cycles, so
//! that no time is lost where an interrupt is served late; a tick wakes who
//! sleeps, every millisecond.

use core::{cell::Cell, time::Duration};

use cortex_m::peripheral::{SYST, syst::SystClkSource};
use critical_section::Mutex;

use crate::chip;

#[derive(Debug, Clone, Copy)]
struct Count {
    /// What the counter showed when it was looked at last.
    value: u32,
    /// Cycles from the start up to then.
    cycles: u64,
}

static COUNT: Mutex<Cell<Count>> = Mutex::new(Cell::new(Count {
    value: chip::COUNTER,
    cycles: 0,
}));

/// Starts the clock.
pub fn start(systick: &mut SYST) {
    systick.set_clock_source(SystClkSource::Core);
    chip::start(systick);
    systick.clear_current();
    systick.enable_counter();
    systick.enable_interrupt();
    crate::interrupts::start();
}

/// The time since [`start`], to the millisecond.
pub fn uptime() -> Duration {
    Duration::from_millis(milliseconds())
}

pub(crate) fn milliseconds() -> u64 {
    let cycles = critical_section::with(|cs| {
        let count = COUNT.borrow(cs);
        let Count { value, cycles } = count.get();
        let now = chip::cycles_left();
        let cycles = cycles + u64::from(value.wrapping_sub(now) & chip::COUNTER);
        count.set(Count { value: now, cycles });
        cycles
    });
    cycles / u64::from(chip::CORE_HZ / 1000)
}

/// A millisecond has passed.
pub(crate) fn tick() {
    // Also what keeps the counter from coming round unseen.
    let _now = milliseconds();
    #[cfg(feature = "embassy")]
    crate::alarm::tick(_now);
}

/// [`uptime`] as the clock of a smoltcp network: waits asleep.
#[cfg(feature = "smoltcp")]
#[derive(Debug, Clone, Copy)]
pub struct Sleep;

#[cfg(feature = "smoltcp")]
impl hybi_embedded::smoltcp::Clock for Sleep {
    fn now(&mut self) -> Duration {
        uptime()
    }

    /// Sleeps until the next interrupt: a frame, or a tick within 1 ms.
    fn wait(&mut self, until: Option<Duration>) {
        if until.is_none_or(|until| uptime() < until) {
            crate::interrupts::sleep();
        }
    }
}
