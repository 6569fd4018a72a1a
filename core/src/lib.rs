//! Under construction.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(test, feature = "std"))]
extern crate std;

pub mod buffer;
pub mod close_code;
#[cfg(feature = "embedded-io")]
pub mod driver;
pub mod entropy;
pub mod error;
pub mod frame;
pub mod handshake;
pub mod http;
pub mod uri;
