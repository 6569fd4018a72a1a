//! The clock of embassy-time.

use core::time::Duration;

use embassy_time::{Instant, TICK_HZ};
use hybi_core::driver::asynch::Timer;

/// The time since start, as embassy-time's driver knows it.
#[derive(Debug, Clone, Copy, Default)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct EmbassyTimer;

impl Timer for EmbassyTimer {
    fn now(&mut self) -> Duration {
        duration(Instant::now().as_ticks())
    }

    async fn sleep_until(&mut self, deadline: Duration) {
        embassy_time::Timer::at(Instant::from_ticks(ticks(deadline))).await;
    }
}

/// The time at a tick, rounded down.
const fn duration(ticks: u64) -> Duration {
    let nanos = ticks % TICK_HZ * NANOS / TICK_HZ;
    Duration::from_secs(ticks / TICK_HZ).saturating_add(Duration::from_nanos(nanos))
}

/// The first tick at or after `time`: at one earlier, `now` would still be
/// before the deadline that was waited for.
fn ticks(time: Duration) -> u64 {
    let part = (u64::from(time.subsec_nanos()) * TICK_HZ).div_ceil(NANOS);
    time.as_secs().saturating_mul(TICK_HZ).saturating_add(part)
}

const NANOS: u64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_is_never_before_the_time_that_is_waited_for() {
        assert_eq!(ticks(Duration::ZERO), 0);
        assert_eq!(ticks(Duration::MAX), u64::MAX);
        for nanos in [1, 999, 1_000, 1_001, 999_999_999, 1_000_000_001] {
            let time = Duration::from_nanos(nanos);
            let tick = ticks(time);
            assert!(duration(tick) >= time, "{time:?}");
            assert!(duration(tick - 1) < time, "{time:?}");
        }
    }
}
