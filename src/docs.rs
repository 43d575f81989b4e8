//! Documentation that is not about one item.

/// A page links to others by labels. Their definitions in the file are paths in the repository; these come first, and
/// so take precedence.
macro_rules! pages {
    ($($name:ident: $file:literal)*) => {$(
        #[doc = "[clients]: crate::docs::clients"]
        #[doc = "[clocks]: crate::docs::clocks_and_runtimes"]
        #[doc = "[distributed]: crate::docs::distributed"]
        #[doc = "[idempotency]: crate::docs::idempotency"]
        #[doc = "[observability-events]: crate::docs::observability#events"]
        #[doc = "[observability-metrics]: crate::docs::observability#metrics"]
        #[doc = "[observability-prometheus]: crate::docs::observability#prometheus"]
        #[doc = "[operations]: crate::docs::operations"]
        #[doc = "[operations-shutdown]: crate::docs::operations#shutdown"]
        #[doc = "[settings]: crate::docs::settings"]
        #[doc = "[streams]: crate::docs::streams"]
        #[doc = "[dashboard-picture]: https://raw.githubusercontent.com/resilience-fn/resilience/main/docs/dashboard.svg"]
        #[doc = "[fleet-picture]: https://raw.githubusercontent.com/resilience-fn/resilience/main/docs/fleet.svg"]
        #[doc = ""]
        #[doc = include_str!($file)]
        pub mod $name {}
    )*};
}

pages! {
    guide: "../docs/guide.md"
    distributed: "../docs/distributed.md"
    patterns: "../docs/patterns.md"
    streams: "../docs/streams.md"
    clients: "../docs/clients.md"
    idempotency: "../docs/idempotency.md"
    settings: "../docs/settings.md"
    observability: "../docs/observability.md"
    operations: "../docs/operations.md"
    clocks_and_runtimes: "../docs/clocks-and-runtimes.md"
    lints: "../docs/lints.md"
    from_python: "../docs/from-python.md"
}
