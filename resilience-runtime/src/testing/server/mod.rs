//! A flaky HTTP server.

use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, ready};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{fmt, future, io};

use hyper::body::{Body, Incoming};
use hyper::http::request::Parts;
use hyper::rt::ReadBufCursor;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::sync::oneshot;

pub use answer::HttpAnswer;

use answer::Ending;
use message::{Disconnected, Message, response};

mod answer;
mod message;

/// An HTTP server on a free local port that fails as configured.
///
/// Use it to test what a [`Script`](super::Script) cannot replace: the HTTP client, its connections
/// and its errors. The server speaks HTTP/1.1 without TLS. It runs on a thread of its own, for
/// synchronous and asynchronous tests.
///
/// The server uses real time, so do not pause the clock of tokio: a paused clock would run ahead of
/// it. Use [`skip_sleeps`](super::skip_sleeps) to make the delays of retries instant.
///
/// Dropping the server closes the port and all connections, and waits for its thread to end.
///
/// ```
/// use resilience::retry;
/// use resilience::testing::{self, FlakyServer, HttpAnswer};
/// # fn get(url: &str) -> std::io::Result<String> {
/// #     use std::io::{Error, Read, Write};
/// #     let (host, path) = url.strip_prefix("http://").and_then(|url| url.split_once('/')).unwrap_or_default();
/// #     let mut stream = std::net::TcpStream::connect(host)?;
/// #     write!(stream, "GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n")?;
/// #     let mut answer = String::new();
/// #     stream.read_to_string(&mut answer)?;
/// #     let body = answer.split_once("\r\n\r\n").filter(|(head, _)| head.starts_with("HTTP/1.1 200"));
/// #     body.map(|(_, body)| body.to_owned()).ok_or_else(|| Error::other("no"))
/// # }
///
/// #[retry(max = 3)]
/// fn greeting(url: &str) -> std::io::Result<String> {
///     get(url) // any HTTP client
/// }
///
/// let _sleeps = testing::skip_sleeps();
/// let server = FlakyServer::start([
///     HttpAnswer::status(503).header("retry-after", "1"),
///     HttpAnswer::reset(),
///     HttpAnswer::ok("hello"),
/// ])?;
/// assert_eq!(greeting(&server.url("/greeting"))?, "hello");
/// assert_eq!(server.requests(), 3);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct FlakyServer {
    address: SocketAddr,
    state: Arc<ServerState>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl FlakyServer {
    /// Starts a server that gives the answers in order, one for each request. The last answer
    /// repeats.
    ///
    /// # Errors
    ///
    /// Returns an error if `answers` is empty, or if the system has no port or no thread left.
    pub fn start(answers: impl IntoIterator<Item = HttpAnswer>) -> io::Result<Self> {
        let answers: Vec<HttpAnswer> = answers.into_iter().collect();
        let Some(last) = answers.last().cloned() else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the server has no answers; pass at least one"));
        };
        Self::start_with(move |request| {
            let place = usize::try_from(request.number() - 1).unwrap_or(usize::MAX);
            answers.get(place).unwrap_or(&last).clone()
        })
    }

    /// Starts a server with a closure that answers each request.
    ///
    /// If `answer` panics, the connection closes.
    ///
    /// # Errors
    ///
    /// Returns an error if the system has no port or no thread left.
    ///
    /// ```
    /// use resilience::testing::{FlakyServer, HttpAnswer};
    ///
    /// let server = FlakyServer::start_with(|request| match request.path() {
    ///     "/health" => HttpAnswer::ok("fine"),
    ///     _ if request.number() % 2 == 1 => HttpAnswer::reset(),
    ///     _ => HttpAnswer::hang(),
    /// })?;
    /// assert_eq!(server.requests(), 0);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn start_with(answer: impl Fn(&HttpRequest) -> HttpAnswer + Send + Sync + 'static) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let state = Arc::new(ServerState { answer: Box::new(answer), requests: AtomicU32::new(0) });
        let (stop, stopped) = oneshot::channel();
        let (begun, has_begun) = mpsc::channel();
        let serving = Arc::clone(&state);
        let thread = thread::Builder::new()
            .name("flaky server".to_owned())
            .spawn(move || serve(listener, serving, &begun, stopped))?;
        if has_begun.recv().is_err() {
            let ended = thread.join().unwrap_or_else(|_| Err(io::Error::other("the thread of the server panicked")));
            return Err(ended.err().unwrap_or_else(|| io::Error::other("the server ended")));
        }
        Ok(Self { address, state, stop: Some(stop), thread: Some(thread) })
    }

    /// Returns the address of the server.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the URL of a path: `http://127.0.0.1:41213/greeting` for `"/greeting"`.
    pub fn url(&self, path: &str) -> String {
        let slash = if path.starts_with('/') { "" } else { "/" };
        format!("http://{}{slash}{path}", self.address)
    }

    /// Returns the number of requests that have arrived, including those that failed.
    pub fn requests(&self) -> u32 {
        self.state.requests.load(Ordering::SeqCst)
    }
}

impl Drop for FlakyServer {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

/// A request that the server has received.
#[derive(Debug)]
pub struct HttpRequest {
    number: u32,
    head: Parts,
    body: Vec<u8>,
}

impl HttpRequest {
    /// Returns the number of the request among all requests, starting at 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns the method, such as `GET`.
    pub fn method(&self) -> &str {
        self.head.method.as_str()
    }

    /// Returns the path, such as `/greeting`.
    pub fn path(&self) -> &str {
        self.head.uri.path()
    }

    /// Returns the query, which is the part after the `?`.
    pub fn query(&self) -> Option<&str> {
        self.head.uri.query()
    }

    /// Returns the first header with this name, or `None` if there is none or it is not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Returns the whole body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

struct ServerState {
    answer: Box<dyn Fn(&HttpRequest) -> HttpAnswer + Send + Sync>,
    requests: AtomicU32,
}

impl fmt::Debug for ServerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerState").field("requests", &self.requests).finish_non_exhaustive()
    }
}

/// Owns the runtime: tokio panics when asynchronous code drops one.
fn serve(
    listener: std::net::TcpListener,
    state: Arc<ServerState>,
    begun: &mpsc::Sender<()>,
    stopped: oneshot::Receiver<()>,
) -> io::Result<()> {
    let runtime = runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
    runtime.block_on(async {
        let listener = TcpListener::from_std(listener)?;
        tokio::spawn(accept(listener, state));
        let _waits = begun.send(());
        let _gone = stopped.await;
        Ok(())
    })
}

async fn accept(listener: TcpListener, state: Arc<ServerState>) {
    loop {
        let Ok((socket, _)) = listener.accept().await else {
            // Waits for file descriptors to become free.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let (socket, state) = (Arc::new(socket), Arc::clone(&state));
        tokio::spawn(async move {
            let serve = service_fn(|request| state.serve(&socket, request));
            let connection = http1::Builder::new().serve_connection(Io(Arc::clone(&socket)), serve);
            // An error is expected: the script breaks connections.
            let _broken = connection.await;
        });
    }
}

impl ServerState {
    async fn serve(&self, socket: &TcpStream, request: Request<Incoming>) -> Result<Response<Message>, Disconnected> {
        let number = self.requests.fetch_add(1, Ordering::SeqCst).saturating_add(1);
        let (head, body) = request.into_parts();
        let body = read(body).await?;
        let answer = (self.answer)(&HttpRequest { number, head, body });
        if !answer.delay.is_zero() {
            tokio::time::sleep(answer.delay).await;
        }
        match answer.ending {
            Ending::Whole | Ending::Cut(_) | Ending::Stall => Ok(response(answer)),
            Ending::Hang => future::pending().await,
            Ending::Reset => {
                // A close with zero linger resets the connection.
                let _closed_anyway = socket.set_zero_linger();
                Err(Disconnected)
            }
        }
    }
}

async fn read(mut body: Incoming) -> Result<Vec<u8>, Disconnected> {
    let mut bytes = Vec::new();
    while let Some(frame) = future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        if let Ok(data) = frame.map_err(|_| Disconnected)?.into_data() {
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}

/// A socket for hyper that leaves the way it closes to us.
#[derive(Debug)]
struct Io(Arc<TcpStream>);

impl hyper::rt::Read for Io {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, mut buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let mut chunk = [0; 4096];
        let most = chunk.len().min(buf.remaining());
        loop {
            ready!(self.0.poll_read_ready(cx))?;
            match self.0.try_read(&mut chunk[..most]) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return Poll::Ready(read.map(|bytes| buf.put_slice(&chunk[..bytes]))),
            }
        }
    }
}

impl hyper::rt::Write for Io {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.0.poll_write_ready(cx))?;
            match self.0.try_write(buf) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Dropping the socket shuts it down.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
