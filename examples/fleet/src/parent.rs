//! Starts the engine, the upstream and four processes of the service, and injects faults into what they share.

use std::env;
use std::error::Error;
use std::ops::Range;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use services::Redis;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::block_in_place;
use tokio::time::{Instant, sleep_until};

use crate::child::Observations;
use crate::upstream::{Seen, Upstream};

pub const PROCESSES: u32 = 4;

/// The fault of a phase, and the percentage of the run at which it ends.
const SCHEDULE: [(Fault, u32); 7] = [
    (Fault::None, 20),
    (Fault::Frozen, 35),
    (Fault::Thawed, 50),
    (Fault::Killed, 60),
    (Fault::Restarted, 78),
    (Fault::UpstreamDown, 90),
    (Fault::UpstreamBack, 100),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    /// The engine does not answer, and the connections stay open.
    Frozen,
    /// The engine continues with its earlier state.
    Thawed,
    Killed,
    /// The engine starts without state.
    Restarted,
    UpstreamDown,
    UpstreamBack,
}

impl Fault {
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "no fault",
            Self::Frozen => "engine frozen",
            Self::Thawed => "thawed",
            Self::Killed => "engine killed",
            Self::Restarted => "restarted",
            Self::UpstreamDown => "upstream down",
            Self::UpstreamBack => "up again",
        }
    }

    pub fn has_engine(self) -> bool {
        !matches!(self, Self::Frozen | Self::Killed)
    }
}

/// A part of the run, in time since its start.
#[derive(Debug, Clone)]
pub struct Phase {
    pub fault: Fault,
    pub time: Range<Duration>,
}

impl Phase {
    pub fn length(&self) -> Duration {
        self.time.end.saturating_sub(self.time.start)
    }
}

/// The observations of the upstream and the processes.
pub struct Run {
    pub start: Instant,
    pub length: Duration,
    pub phases: Vec<Phase>,
    pub seen: Vec<Seen>,
    pub processes: Vec<Observations>,
}

impl Run {
    pub fn seen_in(&self, time: Range<Duration>) -> impl Iterator<Item = &Seen> {
        self.seen.iter().filter(move |seen| time.contains(&self.at(seen)))
    }

    /// Returns whether the engine was available to all processes at a time, and for this long before.
    pub fn has_engine(&self, at: Duration, before: Duration) -> bool {
        let mut away = self.processes.iter().flat_map(|process| process.away.spans());
        !away.any(|span| span.start <= at && at.saturating_sub(before) < span.end)
    }

    pub fn at(&self, seen: &Seen) -> Duration {
        seen.at.saturating_duration_since(self.start)
    }
}

pub async fn run(length: Duration, seed: u64) -> Result<Option<Run>, Box<dyn Error>> {
    let Some(mut engine) = block_in_place(|| Redis::start(&[])) else { return Ok(None) };
    let upstream = Upstream::start().await?;
    let mut children = Vec::new();
    for process in 0..PROCESSES as usize {
        children.push(start(process, seed, length, &engine, &upstream)?);
    }
    for (child, output) in &mut children {
        let mut line = String::new();
        output.read_line(&mut line).await?;
        if line.trim() != "ready" {
            return Err(format!("a process does not start: {:?}", child.wait().await?).into());
        }
    }
    let ahead = Duration::from_millis(200);
    let (start, start_for_children) = (Instant::now() + ahead, SystemTime::now() + ahead);
    let micros = start_for_children.duration_since(SystemTime::UNIX_EPOCH)?.as_micros();
    for (child, _) in &mut children {
        let mut input = child.stdin.take().ok_or("no pipe")?;
        input.write_all(format!("{micros}\n").as_bytes()).await?;
    }
    let phases = hurt(&mut engine, &upstream, start, length).await;
    let mut processes = Vec::new();
    for (mut child, mut output) in children {
        let mut observations = String::new();
        output.read_to_string(&mut observations).await?;
        if !child.wait().await?.success() {
            return Err("a process failed".into());
        }
        processes.push(serde_json::from_str(&observations)?);
    }
    Ok(Some(Run { start, length, phases, seen: upstream.calls(), processes }))
}

type Started = (Child, BufReader<tokio::process::ChildStdout>);

fn start(
    process: usize,
    seed: u64,
    length: Duration,
    engine: &Redis,
    upstream: &Upstream,
) -> Result<Started, Box<dyn Error>> {
    let mut command = Command::new(env::current_exe()?);
    command.arg("--process").arg(process.to_string()).arg("--seed").arg(seed.to_string());
    command.arg("--seconds").arg(length.as_secs().to_string());
    command.arg("--engine").arg(engine.url()).arg("--upstream").arg(upstream.address.to_string());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let output = child.stdout.take().ok_or("no pipe")?;
    Ok((child, BufReader::new(output)))
}

/// Runs the phases.
async fn hurt(engine: &mut Redis, upstream: &Upstream, start: Instant, length: Duration) -> Vec<Phase> {
    let mut phases: Vec<Phase> = Vec::new();
    for (fault, until) in SCHEDULE {
        match fault {
            Fault::None => sleep_until(start).await,
            Fault::Frozen => block_in_place(|| engine.freeze()),
            Fault::Thawed => block_in_place(|| engine.thaw()),
            Fault::Killed => block_in_place(|| engine.kill()),
            Fault::Restarted => block_in_place(|| engine.start_again(&[])),
            Fault::UpstreamDown => upstream.set_down(true),
            Fault::UpstreamBack => upstream.set_down(false),
        }
        println!("  {:4.1} s: {}", start.elapsed().as_secs_f64(), fault.name());
        let begin = phases.last().map_or(Duration::ZERO, |phase| phase.time.end);
        let end = length * until / 100;
        sleep_until(start + end).await;
        phases.push(Phase { fault, time: begin..end });
    }
    phases
}
