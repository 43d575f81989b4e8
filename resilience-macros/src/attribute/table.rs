//! The documentation of the arguments and lints of an attribute.

/// Writes `LINTS`, and the macro with which `lib.rs` shows the arguments and lints as a table.
///
/// ```text
/// lints! {
///     Retry, retry_arguments from retry_docs;
///     hot_retry => "more than 10 executions without a pause";
/// }
/// ```
///
/// The arguments are a table of `resilience-options`.
macro_rules! lints {
    ($attribute:ident, $table:ident from $docs:ident; $($($lint:ident => $finds:literal;)+)?) => {
        const LINTS: &[$crate::attribute::Lint<$attribute>] =
            &[$($($crate::attribute::Lint { name: stringify!($lint), find: $lint }),+)?];

        macro_rules! $table {
            () => {
                concat!(
                    "| argument | value | default | meaning |\n|---|---|---|---|\n",
                    resilience_options::$docs!(table),
                    $(
                        "| `allow(..)` | lints | – | silences a [lint](macro@retry#lints) where the code means what it says. ",
                        $("`", stringify!($lint), "`: ", $finds, ". ",)+
                        "|\n",
                    )?
                    "\nA duration is a string such as `\"250ms\"`, `\"30s\"` or `\"1m30s\"`, or a constant of type `Duration`. Each \
                     duration also takes a number, with `_secs` or `_ms` after its name. Every attribute also takes \
                     `crate = path`, the path of the facade if it is not `::resilience`, and \
                     `config = \"name\"`, the name under which \
                     [settings](https://docs.rs/resilience-fn/latest/resilience/docs/settings/index.html) of the running program may \
                     override the arguments of this stack.\n",
                )
            };
        }
        pub(crate) use $table as arguments;
    };
}
