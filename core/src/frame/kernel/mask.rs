//! Masking with 256-bit registers.

use super::super::mask;

/// `from` XOR the key, which `wide` has twice, into `to`; the shorter decides.
pub(in crate::frame) fn xor(to: &mut [u8], from: &[u8], wide: u64) {
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the function is safe but for the registers that it uses, and they are there.
        unsafe { xor_avx2(to, from, wide) }
    } else {
        mask::xor::<32>(to, from, wide);
    }
}

/// The same code, for a compiler that may use the larger registers.
#[target_feature(enable = "avx2")]
fn xor_avx2(to: &mut [u8], from: &[u8], wide: u64) {
    mask::xor::<128>(to, from, wide);
}
