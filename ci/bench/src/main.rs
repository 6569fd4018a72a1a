//! Clients side by side, in one run: interleaved rounds, medians, and what
//! the slowest and the fastest round were. Prints Markdown.
//!
//! ```text
//! hybi-bench deflate [ROUNDS]
//! ```

mod clock;
#[allow(dead_code, reason = "of hybi-std, which uses the rest")]
#[path = "../../../platform-std/src/compression/mod.rs"]
mod compression;
mod deflate;
mod measure;
mod memory;
mod peer;
mod peers;
mod table;
mod telemetry;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let set = args.next();
    let rounds = args.next().map_or(Ok(15), |rounds| rounds.parse());
    match (set.as_deref(), rounds) {
        (Some("deflate"), Ok(rounds)) => print!("{}", deflate::run(rounds)),
        _ => {
            eprintln!("usage: hybi-bench deflate [ROUNDS]");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
