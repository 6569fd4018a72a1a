//! The LAN9118 of the board and its interrupt.

use cortex_m::{interrupt::InterruptNumber, peripheral::NVIC};
use nic::Lan9118;

/// Where the board has it.
const BASE: usize = 0x4020_0000;

/// The interrupt line of the controller.
#[derive(Clone, Copy)]
struct Ethernet;

// SAFETY: 13 is an interrupt of the mps2-an386, and always the same one.
unsafe impl InterruptNumber for Ethernet {
    fn number(self) -> u16 {
        13
    }
}

/// Starts the Ethernet controller.
///
/// # Panics
/// When it is not there, and when it was taken before.
pub fn ethernet() -> Lan9118 {
    let taken = critical_section::with(|cs| TAKEN.borrow(cs).replace(true));
    assert!(!taken, "there is one Ethernet controller");
    // SAFETY: the board has a LAN9118 there, and `TAKEN` says that nobody else
    // has it.
    match unsafe { Lan9118::new(BASE) } {
        Ok(controller) => controller,
        Err(error) => panic!("{error:?}"),
    }
}

static TAKEN: critical_section::Mutex<core::cell::Cell<bool>> =
    critical_section::Mutex::new(core::cell::Cell::new(false));

/// [`ethernet`] as a driver for embassy-net.
///
/// # Panics
/// See [`ethernet`].
#[cfg(feature = "embassy")]
pub fn embassy_ethernet() -> nic::embassy::Device<Lan9118> {
    nic::embassy::Device::new(ethernet(), &WAKER, arm)
}

#[cfg(feature = "embassy")]
static WAKER: embassy_sync::waitqueue::AtomicWaker = embassy_sync::waitqueue::AtomicWaker::new();

/// Lets the controller interrupt, once.
#[cfg(any(feature = "smoltcp", feature = "embassy"))]
fn arm() {
    // SAFETY: no critical section depends on this line being masked.
    unsafe { NVIC::unmask(Ethernet) }
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

/// All interrupts but the core's own. The line stays raised until the driver
/// has looked at the controller, so it is masked until somebody sleeps again.
#[cortex_m_rt::exception]
unsafe fn DefaultHandler(_: i16) {
    NVIC::mask(Ethernet);
    #[cfg(feature = "embassy")]
    WAKER.wake();
}
