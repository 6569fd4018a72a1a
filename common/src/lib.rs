#![doc = include_str!("../README.md")]
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`url`] | from what people write to what the core's parser takes |
//! | [`proxy`] | a proxy's URL, the environment's choice of one |
//! | [`response`], [`message`] | what the core lends, owned |
//! | [`kind`] | sorts of errors |
//! | `auth`, `redirect`, `journey` | with the feature `http`: what to do after a refusal |
//!
//! # Features
//! | feature | what it adds |
//! | --- | --- |
//! | `idn` | host names outside ASCII |
//! | `http` | redirects, Basic and Digest; with it `idn` |
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

#[cfg(feature = "http")]
pub mod auth;
#[cfg(feature = "http")]
pub mod journey;
pub mod kind;
pub mod message;
pub mod proxy;
#[cfg(feature = "http")]
pub mod redirect;
pub mod response;
pub mod url;
