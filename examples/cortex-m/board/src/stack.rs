//! How deep the stack has been, by painting: cortex-m-rt fills it with one
//! word before `main`, and what still holds it was never used.

use core::ptr;

use cortex_m_rt::STACK_PAINT_VALUE;

unsafe extern "C" {
    // Of cortex-m-rt's linker script: the stack grows down, from one to the
    // other, where the statics end.
    static _stack_start: u32;
    static _stack_end: u32;
}

/// Distance that is kept below the stack pointer while painting.
const MARGIN: usize = 64;

fn bounds() -> (*mut u32, usize) {
    let end = ptr::addr_of!(_stack_end).cast_mut();
    let words = (ptr::addr_of!(_stack_start).addr() - end.addr()) / size_of::<u32>();
    (end, words)
}

/// The room for the stack: the RAM that statics leave; in bytes.
pub fn stack_size() -> usize {
    bounds().1 * size_of::<u32>()
}

/// The most that the stack has taken, in bytes, since the start or
/// [`forget_stack_peak`].
pub fn stack_peak() -> usize {
    let (end, words) = bounds();
    let untouched = (0..words)
        // SAFETY: these words are RAM; what is on the stack above is only read.
        .take_while(|n| unsafe { end.add(*n).read_volatile() } == STACK_PAINT_VALUE)
        .count();
    (words - untouched) * size_of::<u32>()
}

/// How much the stack takes now, in bytes.
pub fn stack_now() -> usize {
    ptr::addr_of!(_stack_start).addr() - cortex_m::register::msp::read() as usize
}

/// Paints what is free now: the next [`stack_peak`] is that of what follows.
#[inline(never)]
pub fn forget_stack_peak() {
    let (end, words) = bounds();
    let free = words.saturating_sub((stack_now() + MARGIN) / size_of::<u32>());
    for n in 0..free {
        // SAFETY: below the stack pointer nobody keeps anything. An interrupt
        // may come meanwhile; it finds its place above `MARGIN` or returns
        // before the next word is painted.
        unsafe { end.add(n).write_volatile(STACK_PAINT_VALUE) }
    }
}
