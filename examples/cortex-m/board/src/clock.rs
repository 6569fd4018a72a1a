//! The time since start, in milliseconds, counted by SysTick.

use core::{cell::Cell, time::Duration};

use cortex_m::peripheral::{SYST, syst::SystClkSource};
use critical_section::Mutex;

/// The core's clock, which SysTick divides.
const CORE_HZ: u32 = 25_000_000;

static MILLISECONDS: Mutex<Cell<u64>> = Mutex::new(Cell::new(0));

/// Starts SysTick at 1 kHz.
pub fn start(systick: &mut SYST) {
    systick.set_clock_source(SystClkSource::Core);
    systick.set_reload(CORE_HZ / 1000 - 1);
    systick.clear_current();
    systick.enable_counter();
    systick.enable_interrupt();
}

/// The time since [`start`].
pub fn uptime() -> Duration {
    Duration::from_millis(milliseconds())
}

pub(crate) fn milliseconds() -> u64 {
    critical_section::with(|cs| MILLISECONDS.borrow(cs).get())
}

#[cortex_m_rt::exception]
fn SysTick() {
    let _now = critical_section::with(|cs| {
        let milliseconds = MILLISECONDS.borrow(cs);
        milliseconds.set(milliseconds.get() + 1);
        milliseconds.get()
    });
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
