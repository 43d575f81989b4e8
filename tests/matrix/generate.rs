//! A matrix of annotated functions: what kind of function, with which argument, result, attributes and body.
//!
//! Each case is an annotated function, its plain twin with the same body, and a test that calls both. A program without
//! dependencies: `sample` prints the checked-in part, `all DIRECTORY CRATE` writes a package with every case, where
//! `CRATE` is the path to the root of this one.

use std::collections::BTreeSet;
use std::fmt::Write as _;

mod render;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Context {
    Free,
    Shared,
    Exclusive,
    Arc,
    Trait,
    TraitExclusive,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Argument {
    None,
    Copied,
    Owned,
    Borrowed,
    Sink,
    Generic,
    Impl,
    Pair,
    Mutable,
    Wild,
    Array,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Output {
    Result,
    Option,
    Io,
    Alias,
    /// A concrete type becomes a trait object where the function returns.
    Object,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Body {
    Tail,
    Return,
    Question,
    Loop,
    Items,
    Closure,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attribute {
    Retry,
    Timeout,
    Breaker,
    Cached,
    Fallback,
    /// `#[fallback]` that takes no error: it may stand below a retry or a breaker.
    Unneeded,
    /// A second breaker, with a name.
    Named,
    Bulkhead,
    RateLimit,
}

const CONTEXTS: [Context; 6] =
    [Context::Free, Context::Shared, Context::Exclusive, Context::Arc, Context::Trait, Context::TraitExclusive];
const ARGUMENTS: [Argument; 11] = [
    Argument::None,
    Argument::Copied,
    Argument::Owned,
    Argument::Borrowed,
    Argument::Sink,
    Argument::Generic,
    Argument::Impl,
    Argument::Pair,
    Argument::Mutable,
    Argument::Wild,
    Argument::Array,
];
const OUTPUTS: [Output; 5] = [Output::Result, Output::Option, Output::Io, Output::Alias, Output::Object];
const BODIES: [Body; 6] = [Body::Tail, Body::Return, Body::Question, Body::Loop, Body::Items, Body::Closure];
const ATTRIBUTES: [Attribute; 5] =
    [Attribute::Retry, Attribute::Timeout, Attribute::Breaker, Attribute::Cached, Attribute::Fallback];
/// The stack of the README.
const README: [Attribute; 6] = [
    Attribute::Cached,
    Attribute::Timeout,
    Attribute::Fallback,
    Attribute::Retry,
    Attribute::Breaker,
    Attribute::Timeout,
];

#[derive(Debug, Clone)]
pub struct Case {
    pub number: usize,
    pub is_async: bool,
    pub context: Context,
    pub argument: Argument,
    pub output: Output,
    pub body: Body,
    /// From the outermost.
    pub stack: Vec<Attribute>,
    /// For the spelling of attributes, of which there are several.
    pub variant: usize,
}

impl Case {
    pub fn has(&self, attribute: Attribute) -> bool {
        self.stack.contains(&attribute)
    }

    /// What the crate rejects.
    fn is_rejected(&self) -> bool {
        let hides = |pair: &[Attribute]| matches!(pair, [Attribute::Retry | Attribute::Breaker, Attribute::Fallback]);
        let exclusive =
            matches!(self.context, Context::Exclusive | Context::TraitExclusive) || self.argument == Argument::Sink;
        self.stack.windows(2).any(hides) || (self.has(Attribute::Cached) && exclusive)
    }
}

/// Every case, in an order that never changes.
pub fn cases() -> Vec<Case> {
    let mut cases = Cases::default();
    let orders: Vec<Vec<Attribute>> = (1..=5).flat_map(orders_of).collect();
    for (index, stack) in orders.iter().enumerate() {
        match stack.len() {
            // Each alone on everything there is.
            1 => cases.product(stack, |_, _| true),
            // Each pair on every other function: on all arguments in all contexts.
            2 => cases.product(stack, |context, argument| (context + argument + index) % 2 == 0),
            // Longer ones on all contexts.
            3 => cases.product(stack, |context, argument| argument == (context + index) % ARGUMENTS.len()),
            _ => cases.product(stack, |context, argument| {
                context == index % CONTEXTS.len() && argument == index / 2 % ARGUMENTS.len()
            }),
        }
    }
    let special = [
        vec![Attribute::Timeout, Attribute::Timeout],
        vec![Attribute::Timeout, Attribute::Retry, Attribute::Timeout],
        vec![Attribute::Fallback, Attribute::Retry, Attribute::Unneeded],
        vec![Attribute::Breaker, Attribute::Unneeded, Attribute::Timeout],
        vec![Attribute::Fallback, Attribute::Timeout, Attribute::Unneeded],
        vec![Attribute::Named, Attribute::Retry, Attribute::Breaker],
    ];
    for (index, stack) in special.iter().enumerate() {
        cases.product(stack, |context, argument| (context + argument + index) % 2 == 0);
    }
    cases.product(&README, |_, _| true);
    let gates = [
        vec![Attribute::Bulkhead],
        vec![Attribute::RateLimit],
        vec![Attribute::RateLimit, Attribute::Retry, Attribute::Bulkhead, Attribute::Timeout],
        vec![Attribute::Cached, Attribute::Bulkhead, Attribute::Fallback, Attribute::RateLimit],
        vec![Attribute::Timeout, Attribute::Bulkhead, Attribute::Breaker, Attribute::RateLimit, Attribute::Retry],
    ];
    for (index, stack) in gates.iter().enumerate() {
        cases.product(stack, |context, argument| stack.len() == 1 || (context + argument + index) % 3 == 0);
    }
    cases.0
}

#[derive(Default)]
struct Cases(Vec<Case>);

impl Cases {
    fn product(&mut self, stack: &[Attribute], wanted: impl Fn(usize, usize) -> bool) {
        for is_async in [false, true] {
            for (context_index, context) in CONTEXTS.into_iter().enumerate() {
                for (argument_index, argument) in ARGUMENTS.into_iter().enumerate() {
                    if wanted(context_index, argument_index) {
                        self.add(is_async, context, argument, stack.to_vec());
                    }
                }
            }
        }
    }

    /// Results, bodies and spellings take turns, out of step with everything else.
    fn add(&mut self, is_async: bool, context: Context, argument: Argument, stack: Vec<Attribute>) {
        let number = self.0.len();
        let noise = mix(number);
        let case = Case {
            number,
            is_async,
            context,
            argument,
            output: OUTPUTS[noise % OUTPUTS.len()],
            body: BODIES[(noise >> 10) % BODIES.len()],
            stack,
            variant: noise >> 20 & 0xff,
        };
        if !case.is_rejected() {
            self.0.push(case);
        }
    }
}

/// The multiplications of `SplitMix`: neighbours have nothing in common.
fn mix(number: usize) -> usize {
    let mut bits = (number as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    usize::try_from(bits >> 34).unwrap_or_default()
}

/// All ways of stacking so many different attributes.
fn orders_of(length: usize) -> Vec<Vec<Attribute>> {
    if length == 0 {
        return vec![Vec::new()];
    }
    let mut orders = Vec::new();
    for shorter in orders_of(length - 1) {
        for attribute in ATTRIBUTES {
            if !shorter.contains(&attribute) {
                let mut order = shorter.clone();
                order.push(attribute);
                orders.push(order);
            }
        }
    }
    orders
}

/// The cases that show most pairs of properties which no case before has shown.
pub fn sample(size: usize) -> Vec<Case> {
    let all: Vec<(BTreeSet<String>, Case)> = cases().into_iter().map(|case| (pairs(&case), case)).collect();
    let (mut seen, mut picked) = (BTreeSet::new(), BTreeSet::new());
    for least in [60, 45, 30, 20, 15, 10, 7, 5, 3, 2, 1] {
        for (pairs, case) in &all {
            if picked.len() < size && pairs.difference(&seen).nth(least - 1).is_some() {
                seen.extend(pairs.iter().cloned());
                picked.insert(case.number);
            }
        }
    }
    all.into_iter().map(|(_, case)| case).filter(|case| picked.contains(&case.number)).collect()
}

fn pairs(case: &Case) -> BTreeSet<String> {
    let Case { is_async, context, argument, output, body, stack, .. } = case;
    let mut properties = vec![
        format!("async {is_async}"),
        format!("{context:?}"),
        format!("{argument:?} argument"),
        format!("{output:?} output"),
        format!("{body:?}"),
    ];
    properties.extend(stack.windows(2).map(|pair| format!("{pair:?}")));
    properties.push(format!("{:?}", stack.first()));
    properties.push(format!("innermost {:?}", stack.last()));
    let mut pairs = BTreeSet::new();
    for (index, one) in properties.iter().enumerate() {
        pairs.extend(properties[..index].iter().map(|other| format!("{one} {other}")));
    }
    pairs
}

const SAMPLE: usize = 160;

/// The text of the file that is checked in.
pub fn sample_file() -> String {
    file(&sample(SAMPLE))
}

/// One module of cases.
fn file(cases: &[Case]) -> String {
    let mut text = String::from("// @generated by tests/matrix/generate.rs. Do not edit.\n\nuse super::support::*;\n");
    for case in cases {
        text.push('\n');
        text.push_str(&render::case(case));
    }
    text
}

/// Test files of the package with all cases, each a program of its own for the compiler.
const FILES: usize = 8;
const MODULES: usize = 5;

fn write_all(directory: &str, root: &str) -> std::io::Result<()> {
    let cases = cases();
    let tests = format!("{directory}/tests");
    std::fs::create_dir_all(format!("{directory}/src"))?;
    std::fs::create_dir_all(&tests)?;
    std::fs::write(format!("{directory}/src/lib.rs"), "//! Nothing: the cases are tests.\n")?;
    let manifest = format!(
        "[package]\nname = \"matrix\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
         [dev-dependencies]\nresilience = {{ package = \"resilience-fn\", path = \"{root}\", features = [\"testing\"] }}\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"rt\", \"test-util\", \"time\"] }}\n\n\
         [profile.test]\ndebug = false\nincremental = false\n\n[workspace]\n"
    );
    std::fs::write(format!("{directory}/Cargo.toml"), manifest)?;
    for index in 0..FILES {
        let part: Vec<Case> = cases.iter().skip(index).step_by(FILES).cloned().collect();
        let folder = format!("{tests}/part_{index}");
        std::fs::create_dir_all(&folder)?;
        std::fs::write(format!("{folder}/support.rs"), include_str!("support.rs"))?;
        let mut main = String::from(
            "#![allow(deprecated)]\n\n#[allow(dead_code, unused_imports, reason = \"shared by all parts\")]\nmod support;\n\n",
        );
        for (number, module) in part.chunks(part.len().div_ceil(MODULES)).enumerate() {
            let _ = writeln!(main, "mod cases_{number};");
            std::fs::write(format!("{folder}/cases_{number}.rs"), file(module))?;
        }
        std::fs::write(format!("{folder}/main.rs"), main)?;
    }
    let functions = cases.len();
    println!("{functions} annotated functions, {functions} plain twins, {functions} tests");
    Ok(())
}

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &*arguments.iter().map(String::as_str).collect::<Vec<_>>() {
        ["sample"] => {
            print!("{}", sample_file());
            Ok(())
        }
        ["all", directory, root] => write_all(directory, root),
        _ => Err(std::io::Error::other("usage: generate sample | generate all DIRECTORY CRATE")),
    }
}
