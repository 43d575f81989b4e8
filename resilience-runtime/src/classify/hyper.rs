//! Classification of hyper errors.

use std::error::Error;

use super::{Category, Classify, classify_chain};

#[diagnostic::do_not_recommend]
impl Classify for hyper::Error {
    fn category(&self) -> Category {
        if self.is_timeout() {
            return Category::Transient;
        }
        // A body of the user's, or the connection, says it better than hyper, which only hands it on.
        if let Some(known) = self.source().and_then(|source| classify_chain(source)) {
            return known.category();
        }
        if self.is_parse() || self.is_user() {
            Category::Permanent
        } else if self.is_canceled() {
            Category::Transient
        } else {
            // Closed, cut off, reset by an HTTP/2 peer.
            Category::Network
        }
    }
}
