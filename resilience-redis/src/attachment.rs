//! A connected store: the connection, the queue of updates, and a task for each.

use std::sync::Arc;

use resilience::store::Engine;
use tokio::task::AbortHandle;

use crate::endpoint::{Endpoint, Session};
use crate::leases::Leases;
use crate::link::Link;
use crate::queue::{Queue, Updates};

pub struct Attachment {
    pub link: Arc<Link>,
    pub queue: Queue,
    tasks: [AbortHandle; 3],
}

impl Attachment {
    /// Keeps the connection from now on. Without a session, it is opened in the background.
    pub fn start(
        engine: &'static Engine,
        leases: &'static Leases,
        endpoint: Endpoint,
        session: Option<Session>,
        (queue, updates): (Queue, Updates),
    ) -> Self {
        let link = Arc::new(Link::new(engine, endpoint, queue.epochs()));
        let notices = session.map(|session| link.adopt(session));
        let keep = tokio::spawn(Arc::clone(&link).keep(notices));
        let send = tokio::spawn(updates.send(Arc::clone(&link)));
        let renew = tokio::spawn(leases.renew(Arc::clone(&link)));
        Self { link, queue, tasks: [keep.abort_handle(), send.abort_handle(), renew.abort_handle()] }
    }

    pub fn end(&self) {
        self.tasks.iter().for_each(AbortHandle::abort);
        self.link.disconnect();
    }
}
