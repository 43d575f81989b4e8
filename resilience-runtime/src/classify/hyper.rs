use std::error::Error;

use super::{Category, Classify, classify_chain};

#[diagnostic::do_not_recommend]
impl Classify for hyper::Error {
    fn category(&self) -> Category {
        if self.is_timeout() {
            return Category::Transient;
        }
        // hyper only passes this error on; its source knows the kind better.
        if let Some(known) = self.source().and_then(|source| classify_chain(source)) {
            return known.category();
        }
        if self.is_parse() || self.is_user() {
            Category::Permanent
        } else if self.is_canceled() {
            Category::Transient
        } else {
            Category::Network
        }
    }
}
