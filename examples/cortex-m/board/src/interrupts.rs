//! The interrupts: of the clock, and of the Ethernet controller.

use cortex_m::{interrupt::InterruptNumber, peripheral::NVIC};

use crate::chip;

/// A line of the interrupt controller.
#[derive(Clone, Copy)]
struct Line(u16);

// SAFETY: it is made of the numbers in `chip` only, which are those of lines.
unsafe impl InterruptNumber for Line {
    fn number(self) -> u16 {
        self.0
    }
}

#[cfg(feature = "embassy")]
pub(crate) static WAKER: embassy_sync::waitqueue::AtomicWaker =
    embassy_sync::waitqueue::AtomicWaker::new();

/// Lets the clock tick.
pub(crate) fn start() {
    if let Some(line) = chip::TICK {
        // SAFETY: no critical section depends on this line being masked.
        unsafe { NVIC::unmask(Line(line)) }
    }
}

/// Lets the Ethernet controller interrupt, once.
#[cfg(any(feature = "smoltcp", feature = "embassy"))]
pub(crate) fn arm() {
    // SAFETY: no critical section depends on this line being masked.
    unsafe { NVIC::unmask(Line(chip::ETHERNET)) }
}

/// Sleeps until an interrupt, the controller's among them.
#[cfg(feature = "smoltcp")]
pub(crate) fn sleep() {
    // With interrupts held back, one that comes between these two lines is
    // not served too early: it is pending, and ends the sleep at once.
    critical_section::with(|_| {
        arm();
        cortex_m::asm::wfi();
    });
}

#[cortex_m_rt::exception]
fn SysTick() {
    crate::clock::tick();
}

/// All interrupts but the core's own. The Ethernet controller's line stays
/// raised until the driver has looked at it, so it is masked until somebody
/// sleeps again.
#[cortex_m_rt::exception]
unsafe fn DefaultHandler(line: i16) {
    if chip::TICK.map(i16::try_from) == Some(Ok(line)) {
        chip::acknowledge_tick();
        crate::clock::tick();
        return;
    }
    NVIC::mask(Line(chip::ETHERNET));
    #[cfg(feature = "embassy")]
    WAKER.wake();
}
