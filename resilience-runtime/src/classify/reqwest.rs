use std::error::Error;

use super::{Category, Classify, classify_chain};

#[diagnostic::do_not_recommend]
impl Classify for reqwest::Error {
    fn category(&self) -> Category {
        if let Some(status) = self.status() {
            return Category::of_http_status(status.as_u16());
        }
        if is_connect(self) {
            return Category::Network;
        }
        if self.is_timeout() {
            return Category::Transient;
        }
        if self.is_builder() || self.is_redirect() {
            return Category::Permanent;
        }
        // reqwest reports "error decoding response body" for a cut connection too.
        if let Some(known) = self.source().and_then(|source| classify_chain(source)) {
            return known.category();
        }
        if self.is_decode() || self.is_upgrade() { Category::Permanent } else { Category::Network }
    }
}

#[cfg(not(all(target_arch = "wasm32", any(target_os = "unknown", target_os = "none"))))]
fn is_connect(error: &reqwest::Error) -> bool {
    error.is_connect()
}

/// A browser does not say whether the connection failed.
#[cfg(all(target_arch = "wasm32", any(target_os = "unknown", target_os = "none")))]
const fn is_connect(_: &reqwest::Error) -> bool {
    false
}
