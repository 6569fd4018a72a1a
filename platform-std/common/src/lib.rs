#![doc = include_str!("../README.md")]
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`url`] | from what people write to what the core's parser takes |
//! | [`proxy`] | a proxy's URL, the environment's choice of one |
//! | [`response`], [`message`] | what the core lends, owned |
//! | [`kind`] | sorts of errors |
//! | [`journey`], [`redirect`] | what a request says, and what to do after a refusal |
//! | [`compression`] | what permessage-deflate offers |
//! | `auth` | Basic and Digest, with the feature `http` |
//! | `tls` | certificates, verified and explained, with the feature of that name |
//!
//! # Features
//! | feature | what it adds |
//! | --- | --- |
//! | `idn` | host names outside ASCII |
//! | `http` | redirects, Basic and Digest; with it `idn` |
//! | `tls` | certificates, verified with rustls |
#![forbid(unsafe_code)]
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(test)]
extern crate std;

#[cfg(feature = "http")]
pub mod auth;
pub mod compression;
pub mod journey;
pub mod kind;
pub mod message;
pub mod proxy;
pub mod redirect;
pub mod response;
#[cfg(feature = "tls")]
pub mod tls;
pub mod url;
