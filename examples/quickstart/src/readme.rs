//! The README of the repository, so that its examples are compiled with the
//! tests.
#![cfg_attr(doctest, doc = include_str!("../../../README.md"))]
