//! TI's LM3S6965 evaluation board: a Cortex-M3 with 64 KiB of RAM, 256 KiB of
//! flash and an Ethernet controller in the chip. Names are those of the data
//! sheet "LM3S6965".

use cortex_m::peripheral::SYST;
use nic::{Registers, Stellaris};

/// The board's Ethernet controller.
pub type Controller = Stellaris;

/// The clock of core, SysTick and timer as QEMU has it after a reset. A real
/// chip runs from its internal oscillator then; firmware for it sets RCC.
pub(crate) const CORE_HZ: u32 = 12_500_000;

/// The interrupt line of the Ethernet controller.
pub(crate) const ETHERNET: u16 = 42;

/// The interrupt line of timer 0, which ticks each millisecond.
pub(crate) const TICK: Option<u16> = Some(19);

/// The bits of [`cycles_left`] that count: SysTick comes round in 1.3 s.
pub(crate) const COUNTER: u32 = 0x00FF_FFFF;

// SAFETY: the chip has its system control there, and only this module uses it.
const SYSTEM: Registers = unsafe { Registers::new(0x400F_E000, 0x200) };
/// The clocks of timers, and of the Ethernet controller.
const RCGC1: usize = 0x104;
const RCGC1_TIMER0: u32 = 1 << 16;
const RCGC2: usize = 0x108;
const RCGC2_EPHY0_EMAC0: u32 = 1 << 30 | 1 << 28;
/// Three bytes of the hardware address each.
const USER_REG0: usize = 0x1E0;
const USER_REG1: usize = 0x1E4;

// SAFETY: the chip has its first timer there, and only this module uses it.
const TIMER: Registers = unsafe { Registers::new(0x4003_0000, 0x50) };
const GPTMCFG: usize = 0x00;
const GPTMTAMR: usize = 0x04;
const GPTMTAMR_PERIODIC: u32 = 2;
const GPTMCTL: usize = 0x0C;
const GPTMCTL_TAEN: u32 = 1;
const GPTMIMR: usize = 0x18;
const GPTMICR: usize = 0x24;
const GPTM_TATO: u32 = 1;
const GPTMTAILR: usize = 0x28;

/// Starts SysTick as the counter, and the timer as what ticks each
/// millisecond.
pub(crate) fn start(systick: &mut SYST) {
    systick.set_reload(COUNTER);
    SYSTEM.write(RCGC1, SYSTEM.read(RCGC1) | RCGC1_TIMER0);
    // The clock of the timer runs three cycles later.
    cortex_m::asm::delay(3);
    TIMER.write(GPTMCTL, 0);
    TIMER.write(GPTMCFG, 0);
    TIMER.write(GPTMTAMR, GPTMTAMR_PERIODIC);
    TIMER.write(GPTMTAILR, CORE_HZ / 1000 - 1);
    TIMER.write(GPTMIMR, GPTM_TATO);
    TIMER.write(GPTMCTL, GPTMCTL_TAEN);
}

/// Counts the core's cycles, downwards.
pub(crate) fn cycles_left() -> u32 {
    SYST::get_current()
}

/// The tick was seen.
pub(crate) fn acknowledge_tick() {
    TIMER.write(GPTMICR, GPTM_TATO);
}

/// Starts the Ethernet controller.
///
/// # Safety
/// Once only.
pub(crate) unsafe fn ethernet() -> Controller {
    SYSTEM.write(RCGC2, SYSTEM.read(RCGC2) | RCGC2_EPHY0_EMAC0);
    cortex_m::asm::delay(3);
    let [a, b, c, _] = SYSTEM.read(USER_REG0).to_le_bytes();
    let [d, e, f, _] = SYSTEM.read(USER_REG1).to_le_bytes();
    // SAFETY: the chip has its controller there, its clock is on, and the
    // caller promises that nobody else has it.
    unsafe { Stellaris::new(0x4004_8000, [a, b, c, d, e, f]) }
}
