//! Clients side by side: in memory and over sockets, time, instructions,
//! allocations and system calls, and what each of them refuses to take.
//!
//! ```text
//! hybi-bench SET [--quick] [--rounds N] [--row PART] [--peer PART]
//! ```

mod attempt;
mod clock;
mod count;
mod floors;
mod heap;
mod in_memory;
mod memory;
mod message;
mod net;
mod options;
mod over_sockets;
mod peer;
mod peers;
mod probes;
mod python;
mod record;
mod report;
mod rows;
mod server;
mod stats;
mod telemetry;
mod upgrade;

use std::{io, process::ExitCode};

use options::Options;

const USAGE: &str = "usage: hybi-bench SET [--quick] [--rounds N] [--row PART] [--peer PART]
sets: probes count memory sockets floors heap python report";

fn main() -> ExitCode {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    if args.is_empty() {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    }
    let set = args.remove(0);
    let options = match Options::parse(args.iter().cloned()) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("{error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&set, &args, &options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hybi-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(set: &str, args: &[String], options: &Options) -> io::Result<()> {
    attempt::watch();
    match set {
        "server" => server::run(),
        "memory" => in_memory::run(options).save_of(set, options.part()),
        "sockets" => over_sockets::run(options)?.save_of(set, options.part()),
        "probes" => probes::run(options).save_of(set, options.part()),
        "floors" => floors::run(options)?.save_of(set, options.part()),
        "heap" => heap::run(options)?.save_of(set, options.part()),
        "python" => python::run(options)?.save_of(set, options.part()),
        "report" => report::run(),
        "count" => count::run(args)?.save_of(set, options.part()),
        "count-inner" => {
            count::inner(options);
            Ok(())
        }
        _ => Err(io::Error::other(USAGE)),
    }
}
