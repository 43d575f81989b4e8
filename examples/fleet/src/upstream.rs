//! The upstream that the service calls, in the parent process. It counts calls, and has an outage.
//! Requests and answers are lines.

use std::io::{self, Error, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

/// The time that the upstream takes for an answer, and for a page.
const ANSWER: Duration = Duration::from_millis(10);
const PAGE: Duration = Duration::from_millis(100);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Ask,
    AskAlone,
    Load,
    Render,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Ask, Self::AskAlone, Self::Load, Self::Render];
}

/// The answer to a call.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    pub units: u32,
    /// The time outside the service.
    pub took: Duration,
}

impl Answer {
    /// The usage that the model reports.
    pub fn tokens(&self) -> u64 {
        self.units.into()
    }
}

/// The upstream's record of a call.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    pub at: Instant,
    pub process: usize,
    pub kind: Kind,
    /// The article or the page.
    pub number: u32,
    /// Tokens that were used.
    pub units: u32,
    /// Pages that are drawn at once, this one included.
    pub at_once: u32,
    pub has_failed: bool,
}

/// Dropping this stops the server.
pub struct Upstream {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    is_down: AtomicBool,
    pages: AtomicU32,
    calls: Mutex<Vec<Seen>>,
}

impl Upstream {
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let server = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, server })
    }

    pub fn set_down(&self, is_down: bool) {
        self.shared.is_down.store(is_down, Ordering::Relaxed);
    }

    pub fn calls(&self) -> Vec<Seen> {
        self.shared.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            let shared = Arc::clone(&shared);
            tokio::spawn(async move { shared.answer(stream).await });
        }
    }
}

impl Shared {
    async fn answer(&self, stream: TcpStream) -> io::Result<()> {
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let words: Vec<u32> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [process, kind, number] = words[..] else { return Err(ErrorKind::InvalidInput.into()) };
        let kind = *Kind::ALL.get(kind as usize).ok_or(ErrorKind::InvalidInput)?;
        let is_down = matches!(kind, Kind::Ask | Kind::AskAlone) && self.is_down.load(Ordering::Relaxed);
        let is_page = kind == Kind::Render;
        let seen = Seen {
            at: Instant::now(),
            process: process as usize,
            kind,
            number,
            // A caller reserves more than an answer takes.
            units: if is_down { 0 } else { number - number / 4 },
            at_once: if is_page { self.pages.fetch_add(1, Ordering::Relaxed) + 1 } else { 0 },
            has_failed: is_down,
        };
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
        if is_down {
            return stream.write_all(b"down\n").await;
        }
        sleep(if is_page { PAGE } else { ANSWER }).await;
        if is_page {
            self.pages.fetch_sub(1, Ordering::Relaxed);
        }
        stream.write_all(format!("{}\n", seen.units).as_bytes()).await
    }
}

/// Asks the upstream.
pub async fn call(upstream: SocketAddr, process: usize, kind: Kind, number: u32) -> io::Result<Answer> {
    let start = Instant::now();
    let mut stream = BufReader::new(TcpStream::connect(upstream).await?);
    stream.write_all(format!("{process} {} {number}\n", kind as u32).as_bytes()).await?;
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let units = line.trim().parse().map_err(|_| Error::other("it is down"))?;
    Ok(Answer { units, took: start.elapsed() })
}
