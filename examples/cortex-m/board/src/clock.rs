//! The time since start. A timer of the board counts the core's cycles, so
//! that no time is lost where an interrupt is served late; SysTick wakes who
//! sleeps, every millisecond.

use core::{cell::Cell, time::Duration};

use cortex_m::peripheral::{SYST, syst::SystClkSource};
use critical_section::Mutex;
use nic::Registers;

/// The clock of core and timer.
const CORE_HZ: u32 = 25_000_000;

/// The timer: it counts down from 2^32 - 1, again and again, each time in
/// 171 s. ARM DUI 0479 ("Cortex-M System Design Kit"), section 4.2.
// SAFETY: the board has its first timer there, and only this module uses it.
const TIMER: Registers = unsafe { Registers::new(0x4000_0000, 0x10) };
const CTRL: usize = 0x0;
const VALUE: usize = 0x4;
const RELOAD: usize = 0x8;

#[derive(Debug, Clone, Copy)]
struct Count {
    /// What the timer showed when it was looked at last.
    value: u32,
    /// Cycles from the start up to then.
    cycles: u64,
}

static COUNT: Mutex<Cell<Count>> = Mutex::new(Cell::new(Count {
    value: u32::MAX,
    cycles: 0,
}));

/// Starts the clock.
pub fn start(systick: &mut SYST) {
    TIMER.write(RELOAD, u32::MAX);
    TIMER.write(VALUE, u32::MAX);
    TIMER.write(CTRL, 1);
    systick.set_clock_source(SystClkSource::Core);
    systick.set_reload(CORE_HZ / 1000 - 1);
    systick.clear_current();
    systick.enable_counter();
    systick.enable_interrupt();
}

/// The time since [`start`], to the millisecond.
pub fn uptime() -> Duration {
    Duration::from_millis(milliseconds())
}

pub(crate) fn milliseconds() -> u64 {
    let cycles = critical_section::with(|cs| {
        let count = COUNT.borrow(cs);
        let Count { value, cycles } = count.get();
        let now = TIMER.read(VALUE);
        let cycles = cycles + u64::from(value.wrapping_sub(now));
        count.set(Count { value: now, cycles });
        cycles
    });
    cycles / u64::from(CORE_HZ / 1000)
}

#[cortex_m_rt::exception]
fn SysTick() {
    // Also what keeps the timer from coming round unseen.
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

    /// Sleeps until the next interrupt: a frame, or SysTick within 1 ms.
    fn wait(&mut self, until: Option<Duration>) {
        if until.is_none_or(|until| uptime() < until) {
            crate::ethernet::sleep();
        }
    }
}
