//! No client: what the start-up code takes by itself.
#![no_std]
#![no_main]

footprint::stop_at_panic!();

#[cortex_m_rt::entry]
fn main() -> ! {
    footprint::run(|| {})
}
