//! The Ethernet controller of the board.

use core::cell::Cell;

use critical_section::Mutex;

use crate::chip::{self, Controller};

/// Starts the Ethernet controller.
///
/// # Panics
/// When it is not there, and when it was taken before.
pub fn ethernet() -> Controller {
    let taken = critical_section::with(|cs| TAKEN.borrow(cs).replace(true));
    assert!(!taken, "there is one Ethernet controller");
    // SAFETY: `TAKEN` says that nobody else has it.
    unsafe { chip::ethernet() }
}

static TAKEN: Mutex<Cell<bool>> = Mutex::new(Cell::new(false));

/// [`ethernet`] as a driver for embassy-net.
///
/// # Panics
/// See [`ethernet`].
#[cfg(feature = "embassy")]
pub fn embassy_ethernet() -> nic::embassy::Device<Controller> {
    use crate::interrupts::{WAKER, arm};
    nic::embassy::Device::new(ethernet(), &WAKER, arm)
}
