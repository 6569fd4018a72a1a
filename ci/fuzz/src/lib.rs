//! What the fuzz targets share.

pub mod input;
pub mod opening;
pub mod run;
