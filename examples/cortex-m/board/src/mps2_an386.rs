//! QEMU's mps2-an386: a Cortex-M4F at 25 MHz with a LAN9118.

use nic::{Lan9118, Registers};

/// The board's Ethernet controller.
pub type Controller = Lan9118;

/// The clock of core, SysTick and timer.
pub(crate) const CORE_HZ: u32 = 25_000_000;

/// The interrupt line of the Ethernet controller.
pub(crate) const ETHERNET: u16 = 13;

/// The board needs no interrupt of its own for the clock: SysTick is free.
pub(crate) const TICK: Option<u16> = None;

/// The timer: it counts down from 2^32 - 1, again and again, each time in
/// 171 s. ARM DUI 0479 ("Cortex-M System Design Kit"), section 4.2.
// SAFETY: the board has its first timer there, and only this module uses it.
const TIMER: Registers = unsafe { Registers::new(0x4000_0000, 0x10) };
const CTRL: usize = 0x0;
const VALUE: usize = 0x4;
const RELOAD: usize = 0x8;

/// The bits of [`cycles_left`] that count.
pub(crate) const COUNTER: u32 = u32::MAX;

/// Starts the counter, and SysTick as what ticks each millisecond.
pub(crate) fn start(systick: &mut cortex_m::peripheral::SYST) {
    TIMER.write(RELOAD, u32::MAX);
    TIMER.write(VALUE, u32::MAX);
    TIMER.write(CTRL, 1);
    systick.set_reload(CORE_HZ / 1000 - 1);
}

/// Counts the core's cycles, downwards.
pub(crate) fn cycles_left() -> u32 {
    TIMER.read(VALUE)
}

/// The tick was seen.
pub(crate) const fn acknowledge_tick() {}

/// Starts the Ethernet controller.
///
/// # Panics
/// When it is not there.
///
/// # Safety
/// Once only.
pub(crate) unsafe fn ethernet() -> Controller {
    // SAFETY: the board has a LAN9118 there, and the caller promises that
    // nobody else has it.
    match unsafe { Lan9118::new(0x4020_0000) } {
        Ok(controller) => controller,
        Err(error) => panic!("{error:?}"),
    }
}
