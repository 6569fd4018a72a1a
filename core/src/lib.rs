//! Under construction.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(test, feature = "std"))]
extern crate std;

pub mod buffer;
pub mod close_code;
pub mod entropy;
pub mod error;
#[cfg(feature = "embedded-io")]
pub mod driver;
