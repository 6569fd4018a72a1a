//! What the fuzz targets share.

pub mod dropped;
pub mod input;
pub mod model;
pub mod opening;
pub mod peer;
pub mod pipe;
pub mod run;
pub mod workload;
