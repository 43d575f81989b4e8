use std::error::Error;

use super::{Category, Classify, classify_chain};

macro_rules! classify_reqwest {
    ($reqwest:ident) => {
        #[doc = include_str!("reqwest.md")]
        #[diagnostic::do_not_recommend]
        impl Classify for $reqwest::Error {
            fn category(&self) -> Category {
                // A browser does not say whether the connection failed.
                #[cfg(not(all(target_arch = "wasm32", any(target_os = "unknown", target_os = "none"))))]
                let is_connect = self.is_connect();
                #[cfg(all(target_arch = "wasm32", any(target_os = "unknown", target_os = "none")))]
                let is_connect = false;

                if let Some(status) = self.status() {
                    return Category::of_http_status(status.as_u16());
                }
                if is_connect {
                    return Category::Network;
                }
                if self.is_timeout() {
                    return Category::Transient;
                }
                if self.is_builder() || self.is_redirect() {
                    return Category::Permanent;
                }
                if let Some(known) = self.source().and_then(|source| classify_chain(source)) {
                    return known.category();
                }
                if self.is_decode() || self.is_upgrade() { Category::Permanent } else { Category::Network }
            }
        }
    };
}

#[cfg(feature = "reqwest-0_12")]
classify_reqwest!(reqwest_0_12);
#[cfg(feature = "reqwest-0_13")]
classify_reqwest!(reqwest);
