//! What the host lends by semihosting: arguments, files and the time.

use core::{ffi::CStr, time::Duration};

use semihosting::{
    experimental::{env, time::SystemTime},
    fs::File,
    io::Read as _,
};

/// The arguments that QEMU was started with, after the firmware's name; at
/// most 1 KiB.
pub type Arguments = env::Args<1024>;

/// Asks the host for the arguments.
///
/// # Panics
/// When there is no host.
pub fn arguments() -> Arguments {
    let Ok(arguments) = env::args() else {
        panic!("the host gives no arguments, or more than fit");
    };
    let _ = (&arguments).next();
    arguments
}

/// The time since 1970, to the second, as the host knows it. A device of its
/// own asks a real-time clock, or SNTP: without the time, no certificate can
/// be verified.
pub fn since_1970() -> Duration {
    let elapsed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    elapsed.unwrap_or_default()
}

/// A file of the host's, whole. `None`: there is none, or it does not fit
/// `bytes`. A device of its own has its certificates in flash.
pub fn file<'a>(path: &str, bytes: &'a mut [u8]) -> Option<&'a [u8]> {
    let mut name = [0; 256];
    name.get_mut(..path.len())?.copy_from_slice(path.as_bytes());
    let name = CStr::from_bytes_until_nul(&name).ok()?;
    let mut file = File::open(name).ok()?;
    let mut len = 0;
    loop {
        match file.read(bytes.get_mut(len..)?).ok()? {
            0 if len < bytes.len() => return bytes.get(..len),
            0 => return None,
            n => len += n,
        }
    }
}
