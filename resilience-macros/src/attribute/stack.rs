//! `#[stack]` runs first, so that attributes of other crates above ours keep their written order.

use proc_macro2::{Span, TokenStream};

use super::{Attribute, Checker, Lint, Position, Traits, WorstCase};
use crate::expand::{Expansion, Place};
use crate::item::Param;
use crate::parse::{Arguments, Key};

/// Never becomes a layer.
pub(crate) enum Stack {}

impl Attribute for Stack {
    const NAME: &'static str = "stack";
    const KEYS: &'static [Key] = &[];
    const LINTS: &'static [Lint<Self>] = &[];

    fn parse(_: &mut Arguments<'_>) -> Option<Self> {
        None
    }

    fn traits(&self, _: bool) -> Traits<'_> {
        match *self {}
    }

    fn uses(&self, _: &Param) -> bool {
        match *self {}
    }

    fn check(&self, _: &Position<'_>, _: &Checker<'_>) {
        match *self {}
    }

    fn expand(&self, _: &Expansion, _: Span, _: Place, _: &TokenStream) -> TokenStream {
        match *self {}
    }

    fn limit_at_body(&self, _: &Expansion, _: Span) -> Option<TokenStream> {
        match *self {}
    }

    fn describe(&self) -> String {
        match *self {}
    }

    fn worst_case(&self, _: WorstCase) -> WorstCase {
        match *self {}
    }
}
