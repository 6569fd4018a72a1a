//! The program `hybi`, from outside.

use std::process::Command;

#[test]
fn a_bad_command_line_is_a_usage_error() {
    let status = Command::new(env!("CARGO_BIN_EXE_hybi")).status().unwrap();
    assert_eq!(status.code(), Some(2));
}
