//! The CPU time of the calling thread (what other programs do on the machine
//! hardly shows in it), and where the thread runs.

use std::time::{Duration, Instant};

use rustix::{
    thread::{CpuSet, sched_getaffinity, sched_setaffinity},
    time::{ClockId, clock_gettime},
};

pub fn cpu_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(now).unwrap_or_default()
}

/// What something took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spent {
    pub cpu: Duration,
    pub wall: Duration,
}

pub fn timed<T>(run: impl FnOnce() -> T) -> (T, Spent) {
    let (cpu, wall) = (cpu_time(), Instant::now());
    let value = run();
    let spent = Spent {
        wall: wall.elapsed(),
        cpu: cpu_time() - cpu,
    };
    (value, spent)
}

/// The cores this thread may use.
pub fn cores() -> Vec<usize> {
    let set = sched_getaffinity(None).expect("the kernel knows");
    (0..CpuSet::MAX_CPU)
        .filter(|&core| set.is_set(core))
        .collect()
}

/// Keeps this thread on these cores.
pub fn stay_on(cores: &[usize]) {
    let mut set = CpuSet::new();
    for &core in cores {
        set.set(core);
    }
    sched_setaffinity(None, &set).expect("the cores are there");
}
