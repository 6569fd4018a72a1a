#![doc = include_str!("../README.md")]
//!
//! # Layout
//! | module | what it holds |
//! | --- | --- |
//! | [`stream`] | [`WasiStream`](stream::WasiStream): connect, read, write, shut down |
//! | [`entropy`] | [`WasiEntropy`](entropy::WasiEntropy): unpredictable bytes of the host |
//! | [`error`] | [`WasiError`](error::WasiError), with the flag that grants what the host denied |
//! | `resolve`, `poll` | name lookup; the one place that waits |
//!
//! Everything here exists on `wasm32-wasip2` only. On any other target the
//! crate is empty, so that a workspace with native members still builds.
#![no_std]
#![cfg_attr(
    not(all(target_os = "wasi", target_env = "p2")),
    expect(
        rustdoc::broken_intra_doc_links,
        reason = "the modules exist on wasm32-wasip2 only"
    )
)]

#[cfg(all(target_os = "wasi", target_env = "p2"))]
extern crate alloc;

#[cfg(all(target_os = "wasi", target_env = "p2"))]
pub mod entropy;
#[cfg(all(target_os = "wasi", target_env = "p2"))]
pub mod error;
#[cfg(all(target_os = "wasi", target_env = "p2"))]
mod poll;
#[cfg(all(target_os = "wasi", target_env = "p2"))]
mod resolve;
#[cfg(all(target_os = "wasi", target_env = "p2"))]
pub mod stream;
