//! The table of arguments, for the parser and the documentation of an attribute.

/// Writes `KEYS`, `LINTS`, and the macro with which `lib.rs` shows both as a table.
///
/// ```text
/// keys! {
///     Retry, retry_arguments;
///     max | max_retries: Count = "3", "The number of retries after the first call.";
///     @lints hot_retry => "more than 10 executions without a pause";
/// }
/// ```
///
/// A test compares the defaults with those of the runtime.
macro_rules! keys {
    (
        $attribute:ident, $table:ident;
        $($key:ident $(| $alias:ident)*: $kind:ident $(($value:literal))? = $default:literal, $about:literal;)*
        $(@lints $($lint:ident => $finds:literal),+;)?
    ) => {
        const KEYS: &[$crate::parse::Key] = &[$($crate::parse::Key {
            name: stringify!($key),
            aliases: &[$(stringify!($alias)),*],
            kind: $crate::parse::ValueKind::$kind,
            default: $default,
        }),*];

        const LINTS: &[$crate::attribute::Lint<$attribute>] =
            &[$($($crate::attribute::Lint { name: stringify!($lint), find: $lint }),+)?];

        macro_rules! $table {
            () => {
                concat!(
                    "| argument | value | default | meaning |\n|---|---|---|---|\n",
                    $($crate::attribute::keys!(
                        @row $kind $(($value))?, $key $(| $alias)* = $default, $about
                    ),)*
                    $(
                        "| `allow(..)` | lints | – | Silences a [lint](macro@retry#lints) where the code means what it says. ",
                        $("`", stringify!($lint), "`: ", $finds, ". ",)+
                        "|\n",
                    )?
                    "\nA duration is a string such as `\"250ms\"`, `\"30s\"` or `\"1m30s\"`, or a constant of type `Duration`. Each \
                     duration also takes a number, with `_secs` or `_ms` after its name. Every attribute also takes \
                     `crate = path`, the path of the facade if it is not `::resilience`.\n",
                )
            };
        }
        pub(crate) use $table as arguments;
    };

    (@row Decoy, $key:ident = $default:literal, $about:literal) => { "" };
    (@row Positional($value:literal), $key:ident = $default:literal, $about:literal) => {
        concat!("| ", $value, " | | ", $default, " | ", $about, " |\n")
    };
    (@row $kind:ident $(($value:literal))?, $key:ident $(| $alias:ident)* = $default:literal, $about:literal) => {
        concat!(
            "| `", stringify!($key), "`", $(", `", stringify!($alias), "`",)*
            " | ", $crate::attribute::keys!(@value $kind $(($value))?), " | ", $default, " | ", $about, " |\n"
        )
    };

    (@value Count) => { "whole number" };
    (@value Number) => { "number" };
    (@value Duration) => { "duration" };
    (@value Flag) => { "`bool`" };
    (@value Name) => { "string" };
    (@value Parameters) => { "parameters" };
    (@value $kind:ident ($value:literal)) => { $value };
}

pub(crate) use keys;
