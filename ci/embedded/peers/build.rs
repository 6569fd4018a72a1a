//! Puts the board's memory map where the linker finds it.

use std::{env, error::Error, fs, path::PathBuf};

const MAP: &str = "../../../examples/cortex-m/board/mps2-an386.x";

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    fs::copy(MAP, out.join("memory.x"))?;
    println!("cargo:rustc-link-search={}", out.display());
    println!("cargo:rerun-if-changed={MAP}");
    Ok(())
}
