//! `hybi-load serve` prints its port and echoes; `hybi-load CLIENT PORT CONNECTIONS MESSAGES` opens
//! that many connections, sends that many messages on each and checks each echo, and prints one
//! line of JSON: what the connections took of time and of memory.

use std::{
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};

use peak_alloc::PeakAlloc;
use tokio::{
    net::TcpStream,
    sync::{Barrier, Semaphore},
};

mod clients;
mod serve;
mod threads;

use clients::{Client, Hybi, TokioTungstenite, TokioWebsockets};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// Longer than anything may take.
const PATIENCE: Duration = Duration::from_secs(240);
/// So many handshakes at a time: a backlog has an end.
const OPENING: usize = 128;
/// So many connections echo at a time, all the others being open.
const SIZE: usize = 100;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["serve"] => serve::run(),
        [client, port, connections, messages] => {
            let plan = Plan {
                url: format!("ws://127.0.0.1:{}/", port.parse::<u16>()?),
                connections: connections.parse()?,
                messages: messages.parse()?,
            };
            match *client {
                "hybi-tokio" => run::<Hybi>(plan, client),
                "hybi-threads" => threads::run(&plan, client),
                "tokio-tungstenite" => run::<TokioTungstenite>(plan, client),
                "tokio-websockets" => run::<TokioWebsockets>(plan, client),
                other => Err(format!("no client is called {other}").into()),
            }
        }
        _ => Err("hybi-load serve | hybi-load CLIENT PORT CONNECTIONS MESSAGES".into()),
    }
}

/// What to do.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) url: String,
    pub(crate) connections: usize,
    pub(crate) messages: usize,
}

fn run<C: Client>(plan: Plan, name: &str) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async { tokio::time::timeout(PATIENCE, load::<C>(plan, name)).await? })
}

/// Everything of one client, each connection a task.
async fn load<C: Client>(plan: Plan, name: &str) -> Result<(), Failure> {
    let before = Memory::now()?;
    let begin = Instant::now();
    let gate = Arc::new(Semaphore::new(OPENING));
    // All are open; all have echoed; all may close.
    let barriers: Arc<[Barrier; 3]> =
        Arc::new(std::array::from_fn(|_| Barrier::new(plan.connections + 1)));
    let mut tasks = Vec::with_capacity(plan.connections);
    for at in 0..plan.connections {
        let (plan, gate, barriers) = (plan.clone(), Arc::clone(&gate), Arc::clone(&barriers));
        tasks.push(tokio::spawn(async move {
            let permit = gate.acquire().await?;
            let mut client = C::open(&plan.url).await?;
            drop(permit);
            barriers[0].wait().await;
            for n in 0..plan.messages {
                let message = text(at, n);
                if client.echo(&message).await? != message {
                    return Err(format!("connection {at} got another message back").into());
                }
            }
            barriers[1].wait().await;
            barriers[2].wait().await;
            client.close().await
        }));
    }
    let opened = settled(&barriers[0], &mut tasks).await?;
    let (opening, idle) = (opened.duration_since(begin), Memory::now()?);
    let echoed = settled(&barriers[1], &mut tasks).await?;
    let used = Memory::now()?;
    barriers[2].wait().await;
    for task in tasks {
        task.await??;
    }
    report(name, &plan, opening, echoed - opened, &[before, idle, used])
}

/// When all tasks have come to the barrier. One that failed never does: its error instead.
async fn settled(
    barrier: &Barrier,
    tasks: &mut Vec<tokio::task::JoinHandle<Result<(), Failure>>>,
) -> Result<Instant, Failure> {
    let mut look = tokio::time::interval(Duration::from_millis(500));
    let waiting = barrier.wait();
    tokio::pin!(waiting);
    loop {
        tokio::select! {
            _ = &mut waiting => return Ok(Instant::now()),
            _ = look.tick() => {
                if let Some(at) = tasks.iter().position(tokio::task::JoinHandle::is_finished) {
                    tasks.swap_remove(at).await??;
                    return Err("a connection ended early".into());
                }
            }
        }
    }
}

/// The `n`th message of a connection.
pub(crate) fn text(at: usize, n: usize) -> String {
    format!("{at} {n} {:x<SIZE$}", "")
}

/// Bytes on the heap, and resident in all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    heap: usize,
    resident: usize,
}

impl Memory {
    pub(crate) fn now() -> Result<Self, Failure> {
        let status = std::fs::read_to_string("/proc/self/status")?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kibibytes = line.and_then(|line| line.split_whitespace().nth(1));
        Ok(Self {
            heap: HEAP.current_usage(),
            resident: kibibytes.ok_or("no VmRSS")?.parse::<usize>()? * 1024,
        })
    }
}

/// Prints the figures: memory before, with all connections open, and after all echoes.
pub(crate) fn report(
    name: &str,
    plan: &Plan,
    opening: Duration,
    echoing: Duration,
    [before, idle, used]: &[Memory; 3],
) -> Result<(), Failure> {
    let each = |now: usize, then: usize| now.saturating_sub(then) / plan.connections;
    let messages = plan.connections * plan.messages;
    println!(
        "{{\"client\":\"{name}\",\"connections\":{},\"messages\":{messages},\
         \"opening_s\":{:.2},\"echoing_s\":{:.2},\"heap_idle\":{},\"heap_used\":{},\
         \"resident_idle\":{},\"resident_used\":{}}}",
        plan.connections,
        opening.as_secs_f64(),
        echoing.as_secs_f64(),
        each(idle.heap, before.heap),
        each(used.heap, before.heap),
        each(idle.resident, before.resident),
        each(used.resident, before.resident),
    );
    Ok(())
}

/// A connected socket, for those who do not dial themselves.
pub(crate) async fn dial(url: &str) -> Result<TcpStream, Failure> {
    let address = url.trim_start_matches("ws://").trim_end_matches('/');
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
