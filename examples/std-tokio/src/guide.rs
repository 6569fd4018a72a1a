//! The page on async, so that its examples are run with the tests.
#![cfg_attr(doctest, doc = include_str!("../../../docs/async.md"))]
