//! Under construction.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::std_instead_of_core, clippy::alloc_instead_of_core)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(test, feature = "std"))]
extern crate std;

/// A line on the `log` facade, where that feature is on.
macro_rules! trace {
    ($($arg:tt)*) => {{
        #[cfg(feature = "log")]
        log::trace!(target: "hybi", $($arg)*);
        #[cfg(not(feature = "log"))]
        if false {
            let _ = core::format_args!($($arg)*);
        }
    }};
}

pub mod buffer;
pub mod close_code;
pub mod connection;
#[cfg(feature = "embedded-io")]
pub mod driver;
pub mod entropy;
pub mod error;
pub mod frame;
pub mod handshake;
pub mod http;
pub mod uri;
