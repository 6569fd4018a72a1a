//! The board: QEMU's mps2-an386, a Cortex-M4F at 25 MHz with a LAN9118, or,
//! with the feature `lm3s6965evb`, that board, a Cortex-M3 with 64 KiB of RAM.
//!
//! The host is reached by semihosting: arguments come from there, output goes
//! there, and [`exit`] ends QEMU with a status. So does a panic, with 101
//! after its message on stderr, and a fault, with 102.
#![no_std]

#[cfg(feature = "embassy")]
mod alarm;
#[cfg_attr(feature = "lm3s6965evb", path = "lm3s6965evb.rs")]
#[cfg_attr(not(feature = "lm3s6965evb"), path = "mps2_an386.rs")]
mod chip;
mod clock;
mod entropy;
mod ethernet;
mod host;
mod interrupts;
#[cfg(feature = "smoltcp")]
mod network;
mod stack;

pub use chip::Controller;
#[cfg(feature = "smoltcp")]
pub use clock::Sleep;
pub use clock::{start as start_clock, uptime};
pub use entropy::{HostSeeded, seeded_by_the_host_for_tests};
#[cfg(feature = "embassy")]
pub use ethernet::embassy_ethernet;
pub use ethernet::ethernet;
pub use host::{Arguments, arguments, file, since_1970};
#[cfg(feature = "smoltcp")]
pub use network::{LocalPorts, interface};
pub use semihosting::{eprint, eprintln, print, println, process::exit};
pub use stack::{forget_stack_peak, stack_now, stack_peak, stack_size};

#[cortex_m_rt::exception]
unsafe fn HardFault(frame: &cortex_m_rt::ExceptionFrame) -> ! {
    eprintln!("hard fault: {frame:?}");
    exit(102)
}
