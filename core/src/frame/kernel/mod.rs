//! The only place in the workspace with `unsafe`, and why it is here.
//!
//! - [`Store`]: text is checked once, as it arrives, and handed out as `&str` without a second
//!   look. A second look costs as much as all the rest of receiving text.
//! - [`xor`]: masking with 256-bit registers where the processor has them, which is asked at run
//!   time. Calling what is compiled for them is unsafe elsewhere.
//!
//! Both have a safe twin that the tests and the fuzz target `kernels` hold them to.
#![allow(unsafe_code, reason = "see the module's page")]

#[cfg(all(feature = "std", target_arch = "x86_64"))]
mod mask;
mod store;

#[cfg(all(feature = "std", target_arch = "x86_64"))]
pub(super) use mask::xor;
pub(crate) use store::Store;
