/// Writes the table of one attribute. Its rows are `key | alias: kind, default, rule;`.
///
/// ```text
/// options! {
///     Bulkhead, bulkhead_docs;
///     /// the number of concurrent calls.
///     max: Count, required, at_least(1);
///     /// the longest wait in the queue.
///     wait: Duration, unset("no limit"), not_zero("a `wait` of zero lets no call wait; remove it");
/// }
/// ```
///
/// | part | is one of |
/// |---|---|
/// | kind | a variant of `ValueKind`, with the words of the documentation where these are special |
/// | default | `required`, `default(3)`, `default(3, "words about it")`, `default_secs(60)`, `unset("words about it")` |
/// | rule | none, `at_least(1)`, `between(1, 9)`, `ratio`, `share`, `factor`, `not_zero("what is wrong")` |
///
/// It becomes `OPTIONS`, a struct with one [`Setting`](crate::Setting) for each row; `rules`, the
/// rules alone as constants; `KEYS`, the rows for a parser; and a macro with their documentation:
/// `bulkhead_docs!(table)` has all rows, `bulkhead_docs!(max)` completes a sentence that begins with
/// "Sets".
macro_rules! options {
    (
        $options:ident, $docs:ident;
        $(
            $(#[doc = $about:literal])+
            $key:ident $(| $alias:ident)*: $kind:ident $(($value:literal))?,
            $standing:ident $(($($default:literal),+))? $(, $rule:ident $(($($limit:literal),+))?)?;
        )+
    ) => {
        /// The options, each with its rule.
        #[derive(Debug, Clone, Copy)]
        pub struct $options {
            $($(#[doc = $about])+ pub $key: $crate::Setting<$crate::value::$kind>,)+
        }

        /// The table.
        pub const OPTIONS: $options = $options {
            $($key: $crate::Setting {
                key: $crate::Key {
                    name: stringify!($key),
                    aliases: &[$(stringify!($alias)),*],
                    kind: $crate::ValueKind::$kind,
                    default: $crate::__words!(default $standing $(($($default),+))?),
                },
                rule: rules::$key,
                must: $crate::__words!(must $($rule $(($($limit),+))?)?),
            },)+
        };

        /// The defaults and rules, one constant for each option.
        #[allow(non_upper_case_globals, reason = "named as the options are")]
        pub mod rules {
            $(
                $(#[doc = $about])+
                pub const $key: $crate::Rule<$crate::value::$kind> = $crate::Rule {
                    default: options!(@default $standing $(($($default),+))?),
                    range: options!(@range $($rule $(($($limit),+))?)?),
                    problem: $crate::__words!(problem $key $($rule $(($($limit),+))?)?),
                };
            )+
        }

        /// The rows, for a parser.
        pub const KEYS: &[$crate::Key] = &[$(OPTIONS.$key.key),+];

        #[doc(hidden)]
        #[macro_export]
        macro_rules! $docs {
            (table) => {
                concat!($($crate::__row!(
                    $kind $(($value))?, $key $(| $alias)*, $standing $(($($default),+))?,
                    $($about)+, $crate::__words!(rule $($rule $(($($limit),+))?)?)
                )),+)
            };
            $(($key) => {
                concat!(
                    $($about,)+
                    $crate::__words!(rule $($rule $(($($limit),+))?)?),
                    $crate::__words!(standing $standing $(($($default),+))?)
                )
            };)+
        }
    };

    (@default default($default:literal $(, $words:literal)?)) => { Some($default) };
    (@default default_secs($secs:literal)) => { Some(std::time::Duration::from_secs($secs)) };
    (@default $($other:tt)*) => { None };

    (@range at_least($least:literal $(, $problem:literal)?)) => { $crate::Range::AtLeast($least) };
    (@range between($least:literal, $most:literal $(, $problem:literal)?)) => { $crate::Range::Between($least, $most) };
    (@range ratio) => { $crate::Range::Between(0.0, 1.0) };
    (@range share) => { $crate::Range::Above(0.0, 1.0) };
    (@range factor) => { $crate::Range::Between(1.0, 1e9) };
    (@range not_zero($problem:literal)) => { $crate::Range::AtLeast(std::time::Duration::from_nanos(1)) };
    (@range) => { $crate::Range::Any };
}

/// The words about defaults and rules.
#[doc(hidden)]
#[macro_export]
macro_rules! __words {
    (default required) => { "required" };
    (default default($default:literal)) => { concat!($default) };
    (default default($default:literal, $words:literal)) => { $words };
    (default default_secs($secs:literal)) => { concat!($secs, "s") };
    (default unset($words:literal)) => { $words };

    (standing required) => { " Required." };
    (standing $($default:tt)+) => { concat!(" Default: ", $crate::__words!(default $($default)+), ".") };

    (must at_least($least:literal $(, $problem:literal)?)) => { concat!("must be at least ", $least) };
    (must between($least:literal, $most:literal $(, $problem:literal)?)) => {
        concat!("must be between ", $least, " and ", $most)
    };
    (must ratio) => { "must be between 0 and 1" };
    (must share) => { "must be above 0 and at most 1" };
    (must factor) => { "must be between 1 and 1e9" };
    (must not_zero($problem:literal)) => { "must be longer than zero" };
    (must) => { "" };

    (rule) => { "" };
    (rule $($rule:tt)+) => { concat!(" It ", $crate::__words!(must $($rule)+), ".") };

    (problem $key:ident at_least($least:literal, $problem:literal)) => { $problem };
    (problem $key:ident between($least:literal, $most:literal, $problem:literal)) => { $problem };
    (problem $key:ident not_zero($problem:literal)) => { $problem };
    (problem $key:ident $($rule:tt)*) => { concat!("`", stringify!($key), "` ", $crate::__words!(must $($rule)*)) };
}

/// A row of the documentation.
#[doc(hidden)]
#[macro_export]
macro_rules! __row {
    (Decoy, $($row:tt)+) => { "" };
    (Positional($value:literal), $($row:tt)+) => { $crate::__row!(@bare $value, $($row)+) };
    (Limit($value:literal), $($row:tt)+) => { $crate::__row!(@bare $value, $($row)+) };
    (@bare $value:literal, $key:ident, $standing:ident $(($($default:literal),+))?, $($about:literal)+, $rule:expr) => {
        concat!("| ", $value, " | | ", $crate::__words!(default $standing $(($($default),+))?), " |", $($about,)+ $rule, " |\n")
    };
    (
        $kind:ident $(($value:literal))?, $key:ident $(| $alias:ident)*, $standing:ident $(($($default:literal),+))?,
        $($about:literal)+, $rule:expr
    ) => {
        concat!(
            "| `", stringify!($key), "`", $(", `", stringify!($alias), "`",)*
            " | ", $crate::__row!(@value $kind $(($value))?),
            " | ", $crate::__words!(default $standing $(($($default),+))?), " |", $($about,)+ $rule, " |\n"
        )
    };

    (@value Count) => { "whole number" };
    (@value Size) => { "whole number" };
    (@value Weight) => { "whole number" };
    (@value Number) => { "number" };
    (@value Duration) => { "duration" };
    (@value Flag) => { "`bool`" };
    (@value Switch) => { "`bool`" };
    (@value Name) => { "string" };
    (@value Parameters) => { "parameters" };
    (@value Expression) => { "expression" };
    (@value $kind:ident ($value:literal)) => { $value };
}
