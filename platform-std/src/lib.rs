//! Under construction.

#[cfg(not(any(unix, windows)))]
compile_error!("hybi-std is for Unix and Windows; see hybi-wasi and hybi-embedded for the rest");

pub mod dial;
pub mod entropy;
mod socket;
pub mod sockopt;
pub mod stream;
pub mod tls;
mod wait;

pub use socket::Prepared;
pub use wait::Waker;
