//! Each attribute is one module with its arguments, lints, traits, checks and expansion. Rules
//! about several attributes read their [`Traits`], never their names. A new attribute is a module,
//! its declaration and its line in the registry.

#[macro_use]
mod table;

#[cfg(test)]
mod defaults;
mod describe;
mod key;
mod lints;
mod position;
#[cfg(test)]
mod registry;
mod sections;
mod store;
mod traits;
mod worst_case;

pub(crate) mod bulkhead;
pub(crate) mod cached;
pub(crate) mod circuit_breaker;
pub(crate) mod fallback;
pub(crate) mod rate_limit;
pub(crate) mod retry;
pub(crate) mod stack;
pub(crate) mod timeout;

use proc_macro2::{Ident, Span, TokenStream};
use syn::{Expr, LitStr};

use crate::diagnostics::Diagnostics;
use crate::expand::{AttemptPart, Expansion, Place};
use crate::item::Param;
use crate::parse::{Arguments, Key};

#[cfg(test)]
pub(crate) use describe::short;
pub(crate) use key::check_parts;
pub(crate) use lints::{Finding, Lint};
pub(crate) use position::{Checker, Position};
pub(crate) use sections::{check_sections, sections};
pub(crate) use traits::{Answers, Retries, Traits};
pub(crate) use worst_case::WorstCase;

/// `self` holds the checked values of the arguments.
pub(crate) trait Attribute: Sized + 'static {
    const NAME: &'static str;
    /// The table of `resilience-options`.
    const KEYS: &'static [Key];
    const LINTS: &'static [Lint<Self>];

    /// Returns `None` if too little is left to go on with.
    fn parse(arguments: &mut Arguments<'_>) -> Option<Self>;

    fn traits(&self, is_async: bool) -> Traits<'_>;

    /// Returns whether the layer uses this argument after the body may have taken it.
    fn uses(&self, param: &Param) -> bool;

    fn check(&self, position: &Position<'_>, checker: &Checker<'_>);

    fn expand(&self, expansion: &Expansion, at: Span, place: Place, inner: &TokenStream) -> TokenStream;

    /// Returns the limit that the future of the body carries, if no layer stands between them.
    fn limit_at_body(&self, expansion: &Expansion, at: Span) -> Option<TokenStream>;

    /// Returns the part that the future of an attempt can take on, if no code of the user's has to run there.
    fn part_of_attempt(&self, expansion: &Expansion, at: Span, place: Place) -> AttemptPart {
        let _ = (expansion, at, place);
        AttemptPart::None
    }

    fn describe(&self) -> String;

    fn worst_case(&self, below: WorstCase) -> WorstCase;
}

static REGISTRY: &[&Definition] = &[
    &Definition::of::<bulkhead::Bulkhead>(),
    &Definition::of::<cached::Cached>(),
    &Definition::of::<circuit_breaker::CircuitBreaker>(),
    &Definition::of::<fallback::Fallback>(),
    &Definition::of::<rate_limit::RateLimit>(),
    &Definition::of::<retry::Retry>(),
    &Definition::of::<stack::Stack>(),
    &Definition::of::<timeout::Timeout>(),
];

pub(crate) struct Definition {
    pub(crate) name: &'static str,
    pub(crate) keys: &'static [Key],
    pub(crate) lints: fn() -> Vec<&'static str>,
    parse: fn(&mut Arguments<'_>) -> Option<Box<dyn AnyAttribute>>,
}

impl Definition {
    pub(crate) const fn of<A: Attribute>() -> Self {
        Self {
            name: A::NAME,
            keys: A::KEYS,
            lints: || A::LINTS.iter().map(|lint| lint.name).collect(),
            parse: |arguments| A::parse(arguments).map(|attribute| Box::new(attribute) as Box<dyn AnyAttribute>),
        }
    }

    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        Self::all().find(|definition| definition.name == name)
    }

    pub(crate) fn all() -> impl Iterator<Item = &'static Self> {
        REGISTRY.iter().copied()
    }

    pub(crate) fn parse(&'static self, span: Span, tokens: TokenStream, diagnostics: &Diagnostics) -> Option<Layer> {
        let used_later = crate::parse::used_later(&tokens);
        let mut arguments = Arguments::parse((self.name, self.keys), span, tokens, diagnostics);
        let allowed = if self.keys.is_empty() { Vec::new() } else { arguments.take_allowed() };
        let has_name = arguments.has("name");
        let config = if self.keys.is_empty() { None } else { arguments.take_config() };
        let mut constants = arguments.constants();
        let attribute = (self.parse)(&mut arguments);
        constants.retain(|(key, value)| !arguments.is_read_as_function(key, value));
        arguments.finish();
        attribute.map(|attribute| Layer {
            definition: self,
            span,
            attribute,
            allowed,
            config,
            has_name,
            used_later,
            constants,
        })
    }
}

pub(crate) struct Layer {
    pub(crate) definition: &'static Definition,
    pub(crate) span: Span,
    attribute: Box<dyn AnyAttribute>,
    pub(crate) allowed: Vec<Ident>,
    pub(crate) config: Option<LitStr>,
    /// The settings of state with a name have that name.
    pub(crate) has_name: bool,
    /// The arguments that are used after the body may have begun.
    pub(crate) used_later: TokenStream,
    /// The values that the compiler has to know, by their keys.
    pub(crate) constants: Vec<(String, Expr)>,
}

impl Layer {
    pub(crate) fn name(&self) -> &'static str {
        self.definition.name
    }

    pub(crate) fn reuses_arguments(&self, params: &[Param]) -> bool {
        self.traits(true).continues_after_failure || params.iter().any(|param| self.uses(param))
    }
}

impl std::ops::Deref for Layer {
    type Target = dyn AnyAttribute;

    fn deref(&self) -> &Self::Target {
        &*self.attribute
    }
}

/// The object-safe form of [`Attribute`].
pub(crate) trait AnyAttribute {
    fn traits(&self, is_async: bool) -> Traits<'_>;
    fn uses(&self, param: &Param) -> bool;
    fn check(&self, position: &Position<'_>, checker: &Checker<'_>);
    fn findings(&self, position: &Position<'_>) -> Vec<(&'static str, Finding)>;
    fn expand(&self, expansion: &Expansion, at: Span, place: Place, inner: &TokenStream) -> TokenStream;
    fn limit_at_body(&self, expansion: &Expansion, at: Span) -> Option<TokenStream>;
    fn part_of_attempt(&self, expansion: &Expansion, at: Span, place: Place) -> AttemptPart;
    fn describe(&self) -> String;
    fn worst_case(&self, below: WorstCase) -> WorstCase;
}

impl<A: Attribute> AnyAttribute for A {
    fn traits(&self, is_async: bool) -> Traits<'_> {
        Attribute::traits(self, is_async)
    }

    fn uses(&self, param: &Param) -> bool {
        Attribute::uses(self, param)
    }

    fn check(&self, position: &Position<'_>, checker: &Checker<'_>) {
        Attribute::check(self, position, checker);
    }

    fn findings(&self, position: &Position<'_>) -> Vec<(&'static str, Finding)> {
        A::LINTS.iter().map(|lint| (lint.name, (lint.find)(self, position))).collect()
    }

    fn expand(&self, expansion: &Expansion, at: Span, place: Place, inner: &TokenStream) -> TokenStream {
        Attribute::expand(self, expansion, at, place, inner)
    }

    fn limit_at_body(&self, expansion: &Expansion, at: Span) -> Option<TokenStream> {
        Attribute::limit_at_body(self, expansion, at)
    }

    fn part_of_attempt(&self, expansion: &Expansion, at: Span, place: Place) -> AttemptPart {
        Attribute::part_of_attempt(self, expansion, at, place)
    }

    fn describe(&self) -> String {
        Attribute::describe(self)
    }

    fn worst_case(&self, below: WorstCase) -> WorstCase {
        Attribute::worst_case(self, below)
    }
}

#[cfg(test)]
/// Parses a stack, as a test writes it.
pub(crate) fn parse_all(stack: &[(&str, TokenStream)], diagnostics: &Diagnostics) -> Vec<Layer> {
    let mut layers = Vec::new();
    for (name, arguments) in stack {
        let definition = Definition::named(name).unwrap_or_else(|| panic!("no attribute `{name}`"));
        layers.extend(definition.parse(Span::call_site(), arguments.clone(), diagnostics));
    }
    layers
}
