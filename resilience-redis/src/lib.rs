#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod attachment;
mod call;
mod connect_error;
mod endpoint;
mod epochs;
#[cfg(test)]
mod exactness;
mod key;
mod leases;
mod link;
mod notice;
mod queue;
mod rate;
mod rehearsal;
mod request;
mod script;
mod sync;
mod update;

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use resilience::store::{
    Charge, Charged, Engine, Fetched, LeaseRequest, Leased, OpenSignal, Postponed, Probe, Reply, SharedStore, StateKey,
    StoreError, Update,
};

use attachment::Attachment;
pub use connect_error::ConnectError;
use endpoint::Endpoint;
use leases::Leases;
use queue::{PostponedUpdates, Updates};
use sync::lock;

/// A store in Redis 6.2 or newer, or in Valkey, for state that several processes share.
///
/// Declare it as a `static`, for attributes to name with `store = ..`:
///
/// ```no_run
/// use resilience_redis::Redis;
///
/// static SHARED: Redis = Redis::new("shop");
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// SHARED.connect("redis://127.0.0.1/").await?;
/// # Ok(())
/// # }
/// ```
///
/// Before it is connected, and while the engine is away, all calls use the state of this process. Its
/// `Debug` output shows no credentials.
pub struct Redis {
    engine: Engine,
    connect_timeout: Duration,
    queue_bytes: usize,
    attachment: Mutex<Option<Arc<Attachment>>>,
    leases: Leases,
    /// Stays when the connection is replaced.
    postponed: PostponedUpdates,
}

impl Redis {
    /// Creates a store that is not connected.
    ///
    /// Programs share their state if they use the same engine and namespace. The namespace begins
    /// all keys.
    #[must_use]
    pub const fn new(namespace: &'static str) -> Self {
        Self {
            engine: Engine::new(namespace),
            connect_timeout: Duration::from_secs(1),
            queue_bytes: 16 << 20,
            attachment: Mutex::new(None),
            leases: Leases::new(),
            postponed: PostponedUpdates::new(),
        }
    }

    /// Sets the longest time that a call waits for one request to the engine. Default: 20 ms.
    ///
    /// After that time, the call continues without the engine.
    #[must_use]
    pub const fn limit(mut self, limit: Duration) -> Self {
        self.engine.set_limit(limit);
        self
    }

    /// Sets the longest time to open and check a connection. Default: 1 s. No call waits for a
    /// connection.
    #[must_use]
    pub const fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Sets the size of the largest value of a cache, in bytes. Default: 1 MiB.
    ///
    /// A larger one is kept by its process alone. It counts as a [dropped update](Self::dropped_updates).
    #[must_use]
    pub const fn max_value(mut self, bytes: usize) -> Self {
        self.engine.set_max_value(bytes);
        self
    }

    /// Sets how many bytes of values may wait to be sent. Default: 16 MiB.
    ///
    /// Further updates are [dropped](Self::dropped_updates), as are those beyond 4,096.
    #[must_use]
    pub const fn queue_bytes(mut self, bytes: usize) -> Self {
        self.queue_bytes = bytes;
        self
    }

    /// Connects to one engine, such as `redis://user:password@host:6379/0`.
    ///
    /// A URL that begins with `rediss://` needs the feature `tls`. `redis+unix://` is followed by
    /// the path of a socket.
    ///
    /// It opens two connections, checks the version and the role of the engine, and makes each kind
    /// of request once to check the permissions of the user. Three tasks of the current runtime
    /// then maintain the connections: they reconnect when the engine restarts, deliver messages of
    /// other processes, send updates, and renew the leases of running calls. They end with the
    /// runtime.
    ///
    /// A second call replaces the connection if it succeeds, for example with a new password or in
    /// another runtime, and changes nothing if it fails. Queued updates are lost, except those that
    /// are [`Postponed`]; call [`flush`](Self::flush) first.
    ///
    /// Dropping the future changes nothing.
    ///
    /// # Errors
    ///
    /// Returns an error if the store could not be connected. After [some
    /// errors](ConnectError::is_retried) it keeps trying in the background, unless there is an
    /// earlier connection. The program can continue in any case, with the state of its process.
    pub async fn connect(&'static self, url: &str) -> Result<(), ConnectError> {
        self.connect_to(Endpoint::single(url, self.connect_timeout)).await
    }

    /// Connects to a cluster, by the URLs of some of its nodes.
    ///
    /// Behaves like [`connect`](Self::connect) otherwise. Requests go to the node that has the key.
    /// While a key moves to another node, a request may be sent twice, which takes the units of a
    /// limit twice.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`connect`](Self::connect).
    #[cfg(feature = "cluster")]
    pub async fn connect_cluster(&'static self, urls: &[&str]) -> Result<(), ConnectError> {
        self.connect_to(Endpoint::cluster(urls, self.connect_timeout)).await
    }

    async fn connect_to(&'static self, endpoint: Result<Endpoint, ConnectError>) -> Result<(), ConnectError> {
        let endpoint = endpoint?;
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(ConnectError::NoRuntime);
        }
        let namespace = self.engine.namespace();
        let opened = match endpoint.open(&key::channel(namespace)).await {
            Ok(session) => rehearsal::rehearse(&session, namespace, self.connect_timeout).await.map(|()| session),
            Err(problem) => Err(problem),
        };
        let (session, problem) = match opened {
            Ok(session) => (Some(session), None),
            Err(problem) => (None, Some(problem)),
        };
        let mut attachment = lock(&self.attachment);
        let is_kept = match &problem {
            None => true,
            Some(problem) => problem.is_retried() && attachment.is_none(),
        };
        if is_kept {
            if let Some(old) = attachment.take() {
                old.end();
            }
            let updates = Updates::new(self.queue_bytes, &self.postponed);
            *attachment = Some(Arc::new(Attachment::start(&self.engine, &self.leases, endpoint, session, updates)));
        }
        drop(attachment);
        if problem.is_none() {
            self.engine.connected();
        }
        problem.map_or(Ok(()), Err)
    }

    /// Waits until all updates so far have been sent or dropped. Call it before a program ends, or
    /// in a test.
    ///
    /// It returns at once if the store is not connected. While the engine is away, updates are dropped,
    /// except those that are [`Postponed`], which are sent later.
    pub async fn flush(&self) {
        let attachment = lock(&self.attachment).clone();
        if let Some(attachment) = attachment {
            attachment.queue.flush().await;
        }
    }

    /// Returns the number of updates that this process has not sent, or the engine has refused.
    ///
    /// The event `store.dropped` has this number too. The consequence depends on the update: a value
    /// is loaded again, a settlement does not count, a place in a bulkhead is free only after its
    /// `lease`.
    pub fn dropped_updates(&self) -> u64 {
        self.engine.dropped_updates()
    }

    fn attachment(&self) -> Result<Arc<Attachment>, StoreError> {
        lock(&self.attachment).clone().ok_or(StoreError::NotConnected)
    }

    fn request<'a, T, F>(&'a self, request: impl FnOnce(Arc<Attachment>) -> F + Send + 'a) -> Reply<'a, T>
    where
        F: Future<Output = Result<T, StoreError>> + Send + 'a,
    {
        Box::pin(async move { request(self.attachment()?).await })
    }

    fn try_update(&self, update: Update) -> Result<(), StoreError> {
        if let Update::Put { value, .. } = &update {
            if value.len() > self.engine.max_value() {
                return Err(StoreError::Refused("a value is larger than `max_value`".to_owned()));
            }
        }
        let attachment = match self.attachment() {
            Ok(attachment) => attachment,
            Err(_) if Postponed::is_for(&update) && self.postponed.keep([update]) == 0 => return Ok(()),
            Err(problem) => return Err(problem),
        };
        // The queue keeps it until there is a connection.
        if !Postponed::is_for(&update) {
            attachment.link.connection()?;
        }
        if attachment.queue.push(update) {
            Ok(())
        } else {
            Err(StoreError::Refused("the queue of updates is full".to_owned()))
        }
    }
}

impl SharedStore for Redis {
    fn engine(&self) -> &Engine {
        &self.engine
    }

    fn charge<'a>(&'a self, charge: &'a Charge<'a>) -> Reply<'a, Charged> {
        self.request(move |attachment| async move {
            for window in charge.windows {
                attachment.queue.send_changes(window.key.state, window.key.name).await?;
            }
            let link = &attachment.link;
            match request::charge(self.engine.namespace(), charge)? {
                Some(call) => request::charged(charge, &link.ask(&call).await?),
                None => Ok(Charged::Rejected { wait: Duration::MAX }),
            }
        })
    }

    fn fetch<'a>(&'a self, key: &'a StateKey<'a>) -> Reply<'a, Fetched> {
        self.request(move |attachment| async move {
            // Read before it is known whether there are changes.
            let version = attachment.link.epochs().version();
            attachment.queue.send_changes(key.state, key.name).await?;
            attachment.link.fetch(key, version).await
        })
    }

    fn lease<'a>(&'a self, lease: &'a LeaseRequest<'a>) -> Reply<'a, Leased> {
        self.request(move |attachment| async move {
            let left = self.leases.take_left(&lease.key);
            request::leased(&attachment.link.ask(&request::lease(self.engine.namespace(), lease, &left)).await?)
        })
    }

    fn signal<'a>(&'a self, key: &'a StateKey<'a>) -> Reply<'a, OpenSignal> {
        self.request(move |attachment| async move {
            request::signalled(&attachment.link.ask(&request::signal(self.engine.namespace(), key)).await?)
        })
    }

    fn probe<'a>(&'a self, probe: &'a Probe<'a>) -> Reply<'a, bool> {
        self.request(move |attachment| async move {
            request::may_probe(&attachment.link.ask(&request::probe(self.engine.namespace(), probe)).await?)
        })
    }

    fn update(&self, update: Update) {
        self.leases.heed(&update);
        if matches!(update, Update::Keep { .. }) {
            return;
        }
        if let Err(problem) = self.try_update(update) {
            self.engine.dropped(1, &problem);
        }
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").field("engine", &self.engine).finish_non_exhaustive()
    }
}
