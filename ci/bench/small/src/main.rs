//! The clients that small machines can run, side by side, in memory. Prints
//! lines of row, client, metric and figure, with tabs between them.
//!
//! As firmware in QEMU with `-icount shift=0` an instruction takes a
//! nanosecond of the virtual clock, so that SysTick counts instructions.
#![cfg_attr(target_os = "none", no_std, no_main)]

mod clients;
mod rows;
mod stream;

#[cfg(target_os = "none")]
mod firmware {
    use cortex_m::peripheral::{SYST, syst::SystClkSource};
    use semihosting::{println, process};

    use crate::rows;

    /// The core's clock, of which SysTick counts the ticks.
    const NANOSECONDS_A_TICK: u32 = 40;
    const COUNT: u32 = 200;

    #[cortex_m_rt::entry]
    fn main() -> ! {
        let mut core = cortex_m::Peripherals::take().expect("once");
        core.SYST.set_clock_source(SystClkSource::Core);
        core.SYST.set_reload(0x00FF_FFFF);
        core.SYST.clear_current();
        core.SYST.enable_counter();
        rows::each(COUNT, |row, name, run| {
            let mut marks = [0; 2];
            let mut at = 0;
            run(&mut || {
                marks[at] = SYST::get_current();
                at += 1;
            });
            // It counts down.
            let ticks = marks[0].wrapping_sub(marks[1]) & 0x00FF_FFFF;
            let each = u64::from(ticks) * u64::from(NANOSECONDS_A_TICK) / u64::from(COUNT);
            println!("{}\t{name}\tinstructions\t{each}", row.title);
        });
        process::exit(0)
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    use std::{collections::BTreeMap, time::Instant};

    // Rounds in turn, of which the median counts.
    let mut taken: BTreeMap<(usize, String), Vec<f64>> = BTreeMap::new();
    const COUNT: u32 = 400;
    for _ in 0..41 {
        rows::each(COUNT, |row, name, run| {
            let mut marks = Vec::new();
            run(&mut || marks.push(Instant::now()));
            let spent = (marks[1] - marks[0]).as_nanos() as f64 / f64::from(COUNT);
            let index = rows::ROWS.iter().position(|known| known.title == row.title);
            let key = (index.unwrap_or_default(), name.to_owned());
            taken.entry(key).or_default().push(spent);
        });
    }
    for ((row, name), mut rounds) in taken {
        rounds.sort_by(f64::total_cmp);
        println!(
            "{}\t{name}\tns\t{:.1}",
            rows::ROWS[row].title,
            rounds[rounds.len() / 2]
        );
    }
}
