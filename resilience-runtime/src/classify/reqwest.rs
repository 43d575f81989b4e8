use std::error::Error;

use super::{Category, Classify, classify_chain};

macro_rules! classify_reqwest {
    ($reqwest:ident) => {
        /// The error of reqwest, in the order in which it is asked.
        ///
        /// | case | category | why |
        /// |---|---|---|
        /// | `status()` | [`Category::of_http_status`] | The server has answered. A hint is in the headers of the response, which the error does not have. |
        /// | `is_connect()` | network | The request was not sent. |
        /// | `is_timeout()` | transient | The request may have been carried out. |
        /// | `is_builder()`, `is_redirect()` | permanent | The request is invalid, or is redirected without end. |
        /// | a known error inside | of that error | The connection was lost. reqwest reports an error of decoding for this as well. |
        /// | `is_decode()`, `is_upgrade()` | permanent | The body is not as the program expects it. |
        /// | all others | network | The request or its body was not sent to the end. |
        ///
        /// There is no hint.
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
