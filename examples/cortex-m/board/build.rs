//! Puts the board's memory map where the linker finds it.

use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let map = match env::var_os("CARGO_FEATURE_LM3S6965EVB") {
        Some(_) => "lm3s6965evb.x",
        None => "mps2-an386.x",
    };
    fs::copy(map, out.join("memory.x"))?;
    println!("cargo:rustc-link-search={}", out.display());
    println!("cargo:rerun-if-changed={map}");
    Ok(())
}
