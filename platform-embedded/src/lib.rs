#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "embassy-net")]
pub mod embassy;
#[cfg(any(feature = "embassy-net", feature = "smoltcp"))]
pub mod error;
#[cfg(feature = "embedded-nal-async")]
pub mod nal;
#[cfg(any(feature = "embassy-net", feature = "embedded-nal-async"))]
mod race;
#[cfg(feature = "signature")]
pub mod signature;
#[cfg(feature = "smoltcp")]
pub mod smoltcp;
#[cfg(feature = "tls")]
pub mod tls;

pub use hybi_core::entropy::{Entropy, RandCore};
