//! Ethernet controllers, polled or by interrupt, without DMA and without an
//! allocator.
//!
//! ```text
//!   smoltcp::phy::Device     embassy_net_driver::Driver
//!           ▲                          ▲
//!       smoltcp.rs                embassy.rs        adapters, for any Nic
//!           └────────────┬─────────────┘
//!                       Nic
//!                        ▲
//!               Lan9118, Stellaris                  drivers
//!                        ▲
//!                      mmio                         the only unsafe code
//! ```
#![no_std]

#[cfg(feature = "embassy")]
pub mod embassy;
mod lan9118;
mod mmio;
#[cfg(feature = "smoltcp")]
pub mod smoltcp;
mod stellaris;

pub use lan9118::{Lan9118, NotFound};
pub use mmio::Registers;
pub use stellaris::Stellaris;

/// The longest frame, without its check sequence.
pub const MAX_FRAME: usize = 1514;

/// A buffer for one frame, a whole number of words.
pub type Frame = [u8; MAX_FRAME.next_multiple_of(4)];

/// An Ethernet controller.
pub trait Nic {
    /// The hardware address.
    fn address(&self) -> [u8; 6];

    /// Takes the next good frame out of the controller; its length. `None`:
    /// there is none.
    fn receive(&mut self, frame: &mut Frame) -> Option<usize>;

    /// Whether the controller has room for a frame of [`MAX_FRAME`] bytes.
    fn has_room(&self) -> bool;

    /// Sends a frame. Without room for it, or when it is longer than
    /// [`MAX_FRAME`], it is dropped, as a network does.
    fn transmit(&mut self, frame: &[u8]);

    /// Raises the interrupt line when the next frame arrives, and not for
    /// those that wait already: look for one afterwards, then sleep.
    fn enable_interrupt(&mut self);
}
