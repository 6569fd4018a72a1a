//! The `hybi` command line on a microcontroller: the same arguments, as far
//! as they make sense here, and the same events, as JSON lines, with the same
//! exit status.
//!
//! ```text
//! probe [OPTIONS] ws[s]://HOST[:PORT]/PATH
//! ```
//!
//! The options are in `options.rs`. A message is at most 12 KiB.
#![no_std]
#![no_main]

mod client;
mod end;
mod event;
mod failure;
mod input;
mod options;
mod session;
mod tls;

use board::eprintln;
use end::End;
use options::Options;

/// The largest message.
const MESSAGE: usize = 12 << 10;
/// 2^10 bytes: the largest window that a server may compress with.
const WINDOW_BITS: u8 = 10;

#[cortex_m_rt::entry]
fn main() -> ! {
    let arguments = board::arguments();
    let end = match Options::parse(&arguments) {
        Ok(options) => client::run(&options),
        Err(failure) => {
            eprintln!("{}", options::USAGE);
            End::Failed(failure)
        }
    };
    end.print();
    board::exit(end.status())
}
