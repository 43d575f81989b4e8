//! From a checked stack to the function's new body: one function a policy, folded from the inside out.
//!
//! Generated code is control flow and the user's tokens; every decision is a call of the runtime. Each layer turns the
//! code inside of it into code of the same type, in one fresh block per attempt. There is no closure around an
//! asynchronous body and no function beside the user's: either would lose `Send`, `self` or the generics.

mod arguments;
mod body;
mod bulkhead;
mod cached;
mod circuit_breaker;
mod config;
mod counted;
mod fallback;
mod gate;
mod key;
mod lasting;
mod rate_limit;
mod retry;
mod timeout;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::Parser;
use syn::{Expr, FnArg, Lifetime, Pat, Signature};

use lasting::Parameters;

pub(crate) use config::Config;

use crate::attribute::{Answers, Layer};
use crate::item::{Boxing, Function, Item, Param, Passing, Receiver, Shape, bare as bare_type, is_lint, is_plain};
use crate::parse::expression::{bare, span_of};
use crate::parse::tokens::{Spelled, calls_a_macro, erase_impl, mentions, outer_parameter, relocated};
use crate::runtime_path::Facade;
use crate::rustdoc;

/// The function with its new body. `is_outermost` says that none of ours stands above, beyond attributes of other crates.
pub(crate) fn expand(
    item: &Item,
    others: &[TokenStream],
    probes: &TokenStream,
    facade: &Facade,
    function: Function,
    layers: &[Layer],
    is_outermost: bool,
) -> TokenStream {
    let expansion = Expansion::new(item, facade, function, layers);
    let body = expansion.body(layers, is_outermost);
    let (inner_attrs, sig) = (&expansion.function.inner_attrs, expansion.signature(&item.sig));
    let mut others = others.to_vec();
    if expansion.function.ends_in_block_of_a_macro() {
        others.push(quote!(#[allow(unused_braces)]));
    }
    if matches!(expansion.function.shape, Shape::ReturnsFuture { boxing: Boxing::None }) {
        // The body has become one `async` block, which the user did not write.
        others.push(quote!(#[allow(clippy::manual_async_fn)]));
    }
    if expansion.may_give_a_future(layers) {
        // Nor is the body of an `async fn` such a block: the caller may well be meant to await the result.
        others.push(quote!(#[allow(clippy::async_yields_async)]));
    }
    if expansion.is_looked_at(layers) {
        // The path of a call that stands where the return type stands is taken for that of the type.
        others.push(quote!(#[allow(clippy::absolute_paths)]));
    }
    others.push(rustdoc::attribute(layers));
    item.emit(&others, Some(&sig), Some(quote!(#inner_attrs #probes #body)))
}

/// What all layers of one function share.
pub(crate) struct Expansion {
    function: Function,
    private: Spelled,
    /// The type a call results in, `impl Trait` replaced by `_`.
    output: Spelled,
    output_span: Span,
    /// `module::function`, as events and default names say it.
    path: TokenStream,
    /// The type and const parameters, and `Self`: what an inner item cannot mention.
    generics: Vec<String>,
    params: Vec<Bound>,
    /// Whether the layers have something to tell each other.
    has_flow: bool,
    /// Whether the body may leave a parameter unused that a layer uses.
    lends_arguments: bool,
    /// Whether any layer uses the arguments more than once.
    reuses: bool,
    parameters: Parameters,
}

/// A parameter, and how the expansion holds it.
struct Bound {
    param: Param,
    /// The signature binds `param.name`, and the body binds the user's pattern.
    is_renamed: bool,
    /// All attempts borrow the one value.
    is_shared: bool,
    /// Taken by value, not simply copied, and used by more than the body.
    is_reused: bool,
}

impl Bound {
    /// Whether each use takes a copy out of a slot.
    fn has_slot(&self) -> bool {
        self.is_reused && !self.is_shared && (self.is_renamed || !self.param.is_wild())
    }
}

/// Where in the stack a piece of code stands.
#[expect(clippy::struct_excessive_bools, reason = "facts that do not depend on each other")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// By-value arguments are in slots, not under their names.
    slots: bool,
    /// It may run more than once, so that `self` cannot be moved into it.
    again: bool,
    /// How many layers are around it.
    depth: usize,
    /// Whether nothing but the body is inside of it.
    is_last: bool,
    /// Whether a section is in force, `__scope`, in asynchronous code.
    is_sectioned: bool,
    /// The number of the innermost timeout that is a section.
    limited_by: Option<usize>,
    /// Whether a retry around it wants to know that one further in has given up.
    is_marked: bool,
    /// Whether a cache is around it, which wants to know of substitutes.
    is_kept: bool,
}

impl Place {
    /// A label that no layer around it has.
    fn label(self, name: &str, at: Span) -> Lifetime {
        label(self.depth, name, at)
    }

    /// The section around it, for a further one or a leaf.
    fn section(self) -> TokenStream {
        let at = Span::mixed_site();
        if self.is_sectioned { quote_spanned!(at=> &mut __scope) } else { quote_spanned!(at=> ()) }
    }
}

/// A configuration in an item, and how to name it.
pub(crate) struct ConstConfig {
    item: TokenStream,
    pub(crate) name: TokenStream,
}

impl Expansion {
    fn new(item: &Item, facade: &Facade, function: Function, layers: &[Layer]) -> Self {
        let is_async = function.shape.is_async();
        let traits: Vec<_> = layers.iter().map(|layer| layer.traits(is_async)).collect();
        let reuses = layers.iter().any(|layer| layer.reuses_arguments(&function.params));
        let is_cached = traits.iter().any(|traits| traits.stores_results);
        let is_keyed = traits.iter().any(|traits| traits.reads_arguments);
        let falls_back = layers.iter().zip(&traits).any(|(layer, traits)| {
            traits.answers_failures == Answers::Always && layer.reuses_arguments(&function.params)
        });
        let keeps_order = function.shape == Shape::Async && !reuses;
        let shared: Vec<&Ident> = traits.iter().flat_map(|traits| traits.shares).collect();
        let params = function
            .params
            .iter()
            .map(|param| Bound {
                is_renamed: if param.is_wild() {
                    falls_back || keeps_order
                } else {
                    !param.is_plain && (reuses || is_keyed || keeps_order)
                },
                is_reused: param.passing == Passing::Value
                    && !param.is_primitive
                    && layers.iter().any(|layer| layer.uses(param)),
                is_shared: shared.iter().any(|name| **name == param.name),
                param: param.clone(),
            })
            .collect();
        let retries = traits.iter().any(|traits| traits.retries.is_some());
        let has_gate = traits.iter().any(|traits| traits.is_gate);
        let at = item.sig.ident.span();
        // Out of the group that a `$t:ty` is, which stands where the macro is defined.
        let output_type = function.output.as_ref().map(bare_type);
        let output_span = output_type.map_or(at, span_of);
        let output = output_type.map_or_else(|| quote_spanned!(at=> ()), |output| erase_impl(output.to_token_stream()));
        let name = item.sig.ident.to_string();
        let name = name.strip_prefix("r#").unwrap_or(&name);
        Self {
            parameters: Parameters::of(&item.sig),
            private: facade.private().into(),
            output_span,
            output: output.into(),
            path: quote!(::core::concat!(::core::module_path!(), "::", #name)),
            generics: generic_names(&item.sig),
            params,
            has_flow: is_cached || (retries && has_gate),
            lends_arguments: falls_back || is_keyed,
            reuses,
            function,
        }
    }

    /// The signature, with names instead of the patterns that the body will bind.
    fn signature(&self, sig: &Signature) -> Signature {
        let mut sig = sig.clone();
        let mut params = self.params.iter();
        for argument in &mut sig.inputs {
            let FnArg::Typed(typed) = argument else { continue };
            let Some(bound) = params.next() else { continue };
            if self.reuses && (bound.is_renamed || bound.has_slot()) {
                // What is said about the name is said where the body binds it.
                typed.attrs.retain(|attribute| !is_lint(attribute));
            }
            if let Bound { param, is_renamed: true, .. } = bound {
                let name = &param.name;
                *typed.pat = Pat::parse_single.parse2(quote!(#name)).unwrap_or_else(|_| param.pattern.clone());
            }
        }
        sig
    }

    fn body(&self, layers: &[Layer], is_outermost: bool) -> TokenStream {
        let at = Span::mixed_site();
        let (places, innermost) = places(layers, &self.function.params, self.is_async());
        let code = layers
            .iter()
            .zip(places)
            .rev()
            .fold(self.innermost(innermost, self.limit_at_body(layers)), |inner, (layer, place)| {
                layer.expand(self, layer.span.resolved_at(Span::mixed_site()), place, &inner)
            });
        let flow = self.has_flow.then(|| {
            let private = &self.private;
            quote_spanned!(at=> let __call_state = #private::CallState::new();)
        });
        let is_nameable = self.is_nameable();
        let needs_failure = layers.iter().any(|layer| layer.traits(self.is_async()).acts_on_failure);
        let check = (is_nameable && needs_failure).then(|| {
            let (private, failure_type) = (&self.private, self.of_outcome("failure_type", TokenStream::new()));
            if layers.iter().any(|layer| layer.traits(self.is_async()).classifies_only) {
                quote_spanned! {at=> let __classifier = {
                    use #private::probes::*;
                    (&&#private::ClassifierProbe::new(#failure_type)).__resilience_classifier()
                };}
            } else {
                quote_spanned!(at=> let _ = #failure_type;)
            }
        });
        let code = self.counted(layers, is_outermost, &quote!(#check #flow), &code);
        match self.function.shape {
            Shape::Sync | Shape::Async => code,
            Shape::AsyncBlock { boxing } | Shape::ReturnsFuture { boxing } => {
                // What is wrong with the future as a whole is wrong with the block that the user wrote.
                let at = self.at_body();
                let future = quote_spanned!(at=> async move { #code });
                match boxing {
                    Boxing::None => future,
                    Boxing::Pinned => quote_spanned!(at=> ::std::boxed::Box::pin(#future)),
                    Boxing::Unpinned => {
                        quote_spanned!(at=> ::std::boxed::Box::new(::std::boxed::Box::pin(#future)))
                    }
                }
            }
        }
    }

    /// Awaits a future: nothing else in an expansion does.
    ///
    /// ```text
    /// match in_context(&mut __scope, <future>).await {
    ///     Ok(__out) => __out,
    ///     Err(__rejection) => break '__expired __rejection,
    /// }
    /// ```
    ///
    /// Without a timeout around it there is no `match`, and with nothing at all around it no `in_context`.
    fn leaf(&self, future: &TokenStream, at: Span, place: Place) -> TokenStream {
        let (private, section) = (self.private_at(at), place.section());
        let awaited = match (place.is_sectioned, place.is_marked) {
            (false, false) => quote_spanned!(at=> #future.await),
            (true, false) => quote_spanned!(at=> #private::in_context(#section, #future).await),
            (_, true) => quote_spanned!(at=> #private::in_attempt(#section, #future).await),
        };
        let Some(depth) = place.limited_by else { return awaited };
        let expired = label(depth, "expired", at);
        quote_spanned! {at=>
            match #awaited {
                ::core::result::Result::Ok(__out) => __out,
                ::core::result::Result::Err(__rejection) => break #expired __rejection,
            }
        }
    }

    /// An expression of the user's, where sections may be in force: what it awaits is a leaf. `ty` is its type, where that
    /// is known.
    fn expression(&self, value: &Expr, ty: Option<&TokenStream>, place: Place) -> TokenStream {
        let tokens = value.to_token_stream();
        let at = span_of(value).resolved_at(Span::mixed_site());
        if !place.is_sectioned {
            return tokens;
        }
        if mentions(&tokens, &["await".to_owned()]) {
            let ty = ty.map(|ty| quote_spanned!(at=> : #ty));
            return self.leaf(&quote_spanned!(at=> async { let __value #ty = #value; __value }), at, place);
        }
        if calls_a_macro(&tokens) {
            // It may await something where nobody sees it, so it gets a place where nothing can.
            let (private, ty) = (self.private_at(at), ty.map(|ty| quote_spanned!(at=> -> #ty)));
            let value = if ty.is_some() { quote_spanned!(at=> { #value }) } else { tokens };
            return quote_spanned!(at=> #private::once(|| #ty #value));
        }
        tokens
    }

    pub(crate) fn is_async(&self) -> bool {
        self.function.shape.is_async()
    }

    /// Whether anything is asked of a return type such as `Option<T>`.
    fn is_looked_at(&self, layers: &[Layer]) -> bool {
        let ends_as_a_turbofish = self.output.last().is_some_and(|token| token.to_string() == ">");
        ends_as_a_turbofish && layers.iter().any(|layer| layer.traits(self.is_async()).acts_on_failure)
    }

    /// Whether the result of the `async fn` may itself be a future, for all that is written.
    fn may_give_a_future(&self, layers: &[Layer]) -> bool {
        let is_outcome = layers.iter().any(|layer| layer.traits(true).acts_on_failure);
        self.function.shape == Shape::Async
            && !is_outcome
            && self.function.output.as_ref().is_some_and(|output| !is_plain(output))
    }

    /// `__out` as the value of a layer: that it does not live long enough for the result is said at the return type.
    fn give(&self, how: &TokenStream) -> TokenStream {
        let at = self.output_span.resolved_at(Span::mixed_site());
        let how = relocated(how, at);
        quote_spanned!(at=> #how __out)
    }

    /// A call of a function of the runtime with a bound on the output type, `name::<Output>(..)`. From its first token to its
    /// last it stands where the return type stands, and in the same context: only then does the compiler report once, and
    /// there, what several layers find wrong with it.
    fn bounded(&self, name: &str, arguments: TokenStream) -> TokenStream {
        let (function, output, close) = (self.there(name), &self.output, quote_spanned!(self.output_end()=> >));
        self.called_there(&quote_spanned!(self.output_span=> #function::<#output #close), arguments)
    }

    /// A function of `Outcome`, likewise.
    fn of_outcome(&self, name: &str, arguments: TokenStream) -> TokenStream {
        let (output, outcome, name) = (&self.output, self.there("Outcome"), Ident::new(name, self.output_end()));
        self.called_there(&quote_spanned!(self.output_span=> <#output as #outcome>::#name), arguments)
    }

    /// The type `<Output as Outcome>::Failure`, standing there too, but in no context of the user's: it may be what they
    /// would write `Self`.
    fn part(&self, name: &str) -> TokenStream {
        let (at, end) = (self.output_span.resolved_at(Span::mixed_site()), self.output_end());
        let (output, private) = (&self.output, self.private_at(at));
        let name = Ident::new(name, end.resolved_at(Span::mixed_site()));
        quote_spanned!(at=> <#output as #private::Outcome>::#name)
    }

    /// What is named so in the runtime, from where the return type begins to where it ends.
    fn there(&self, name: &str) -> TokenStream {
        let at = self.output_span;
        let (private, name) = (self.private.placed(at), Ident::new(name, self.output_end()));
        quote_spanned!(at=> #private::#name)
    }

    /// A call that ends where the return type ends.
    fn called_there(&self, function: &TokenStream, arguments: TokenStream) -> TokenStream {
        let mut arguments = Group::new(Delimiter::Parenthesis, arguments);
        arguments.set_span(self.output_end());
        quote!(#function #arguments)
    }

    /// The user's statements behind some of ours.
    ///
    /// They keep the user's braces, by whose edition the temporaries of the last expression live: longer than the locals,
    /// before 2024. Without locals there is no difference, and the compiler would say that the braces are not needed; but
    /// where there is nothing in them, that is what has to be said of them.
    fn block(&self, before: &TokenStream, statements: TokenStream) -> TokenStream {
        let ends_a_statement = |token| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ';');
        let at = Span::mixed_site();
        if !statements.is_empty() && !statements.clone().into_iter().any(ends_a_statement) {
            return quote_spanned!(at=> { #before #statements });
        }
        let mut block = Group::new(Delimiter::Brace, statements);
        block.set_span(self.function.block_span);
        if before.is_empty() { block.to_token_stream() } else { quote_spanned!(at=> { #before #block }) }
    }

    /// Where the user's braces stand, for code of ours: what is wrong with the body as a whole is said there.
    fn at_body(&self) -> Span {
        self.function.block_span.resolved_at(Span::mixed_site())
    }

    fn output_end(&self) -> Span {
        let last = self.output.last().filter(|_| self.function.output.is_some());
        last.map_or(self.output_span, TokenTree::span)
    }

    /// A function of the runtime for a closure of the user's, by inference: a bound would be reported there again.
    fn helper(&self, name: &str) -> TokenStream {
        let (private, name) = (&self.private, Ident::new(name, Span::mixed_site()));
        quote!(#private::#name)
    }

    /// ```text
    /// // Input:  log_errors = true
    /// // Output: LogError::log_error(__failure, <how errors of this type are displayed>)
    /// ```
    ///
    /// A failure, as events display it. That it has no `Display` is reported at `log_errors`.
    fn said(&self, failure: &TokenStream, at: Span) -> TokenStream {
        let at = at.resolved_at(Span::mixed_site());
        let (private, failure) = (self.private_at(at), relocated(failure, at));
        quote_spanned! {at=> {
            use #private::probes::*;
            #private::LogError::log_error(#failure, (&&#private::LogErrorProbe::of(#failure)).__resilience_log_error())
        }}
    }

    /// The failure of an outcome, likewise.
    fn said_of(&self, outcome: &TokenStream, at: Span) -> TokenStream {
        let failure = self.of_outcome("failure", outcome.clone());
        let at = at.resolved_at(Span::mixed_site());
        let logged = self.said(&quote_spanned!(at=> __failure), at);
        quote_spanned!(at=> #failure.map(|__failure| #logged))
    }

    fn private_at(&self, at: Span) -> Spelled {
        self.private.relocated(at)
    }

    /// ```text
    /// // Input:  #[retry(max = 3)]
    /// // Output: static __CONFIG: RetryConfig = RetryConfig::new("module::function").max(3).checked();
    /// ```
    ///
    /// An item is evaluated by `cargo check`, an inline `const` only when the function is compiled; but only the inline
    /// one may mention generic parameters. Those of an `impl` a macro does not see; in a method, `N` is taken for one. A
    /// `static` and no `const`: an error in it is reported once.
    fn config(&self, ty: &str, value: &TokenStream, constants: &TokenStream, at: Span) -> ConstConfig {
        let (private, ty) = (&self.private, Ident::new(ty, at));
        let is_method = !matches!(self.function.receiver, Receiver::None);
        if mentions(constants, &self.generics) || is_method && outer_parameter(constants.clone(), &[]).is_some() {
            return ConstConfig { item: TokenStream::new(), name: quote_spanned!(at=> const { &#value }) };
        }
        ConstConfig {
            item: quote_spanned!(at=> static __RESILIENCE_CONFIG: #private::#ty = #value;),
            name: quote_spanned!(at=> &__RESILIENCE_CONFIG),
        }
    }

    /// Calls a function of the user's with one argument.
    ///
    /// A path is called as it stands: what rustc then says about a wrong signature is about the user's code alone, and
    /// coercions apply. A closure goes through `helper`, which gives its parameter a type before its body is checked.
    fn call(function: &Expr, argument: &TokenStream, helper: &TokenStream) -> TokenStream {
        let at = span_of(function).resolved_at(Span::mixed_site());
        let argument = &relocated(argument, at);
        match bare(function) {
            Expr::Path(path) => quote_spanned!(at=> #path(#argument)),
            Expr::Field(method) => {
                let (base, member) = (&method.base, &method.member);
                quote_spanned!(at=> #base.#member(#argument))
            }
            closure => {
                let helper = relocated(helper, at);
                quote_spanned!(at=> #helper(#argument, #closure))
            }
        }
    }

    /// Asks a predicate of the user's.
    fn asks(predicate: &Expr, argument: &TokenStream, helper: &TokenStream) -> TokenStream {
        let at = span_of(predicate).resolved_at(Span::mixed_site());
        let call = Self::call(predicate, argument, helper);
        quote_spanned!(at=> { let __answer: ::core::primitive::bool = #call; __answer })
    }

    /// A closure around a call of a function of the user's. It stands where that stands: so does what is wrong with all that
    /// the function takes from outside.
    fn closure(function: &Expr, parameter: &str, body: &TokenStream) -> TokenStream {
        let at = span_of(function).resolved_at(Span::mixed_site());
        let parameter = Ident::new(parameter, Span::mixed_site());
        quote_spanned!(at=> |#parameter| #body)
    }

    /// Asks a predicate of the user's about `__failure`.
    fn asks_failure(&self, predicate: &Expr) -> TokenStream {
        Self::asks(predicate, &quote_spanned!(Span::mixed_site()=> __failure), &self.helper("asks"))
    }

    /// Of an `impl Trait` the whole type is known only at the end: there is no `__classifier` at the start.
    fn is_nameable(&self) -> bool {
        !self.output.mentions("_")
    }

    /// The error's own classification, found by autoref.
    fn classified(&self, at: Span) -> TokenStream {
        let private = &self.private;
        quote_spanned! {at=> {
            use #private::probes::*;
            #private::Classifier::classify((&&#private::ClassifierProbe::of(__failure)).__resilience_classifier(), __failure)
        }}
    }

    /// How a layer that gives up itself ends the call: `__rejection` in the form of the output.
    ///
    /// A trait method by its path, and no function with a bound: rustc would show where it stands.
    fn rejection(&self, map_err: Option<&Expr>) -> TokenStream {
        let at = self.output_span.resolved_at(Span::mixed_site());
        let private = self.private_at(at);
        let failure = match map_err {
            None => quote_spanned!(at=> #private::Rejection::from_rejection(__rejection)),
            Some(function) => {
                let call = Self::call(function, &quote_spanned!(at=> __rejection), &self.helper("map_rejection"));
                let (here, ty) = (span_of(function).resolved_at(Span::mixed_site()), self.part("Failure"));
                quote_spanned!(here=> { let __mapped: #ty = #call; __mapped })
            }
        };
        self.of_outcome("from_failure", failure)
    }

    /// The same where the rejection is the only thing that can come instead of the output.
    fn unless_rejected(&self, limited: &TokenStream) -> TokenStream {
        let (at, output) = (self.output_span.resolved_at(Span::mixed_site()), &self.output);
        let private = self.private_at(at);
        self.called_there(&quote_spanned!(at=> #private::Rejection::unless_rejected::<#output>), limited.clone())
    }
}

/// The place of each layer, and of the body.
fn places(layers: &[Layer], params: &[Param], is_async: bool) -> (Vec<Place>, Place) {
    let mut place = Place {
        slots: false,
        again: false,
        depth: 0,
        is_last: false,
        is_sectioned: false,
        limited_by: None,
        is_marked: false,
        is_kept: false,
    };
    let places = layers
        .iter()
        .map(|layer| {
            let here = Place { is_last: place.depth + 1 == layers.len(), ..place };
            let traits = layer.traits(is_async);
            place = if layer.reuses_arguments(params) {
                Place { slots: true, again: true, ..here }
            } else if traits.uses_self_later {
                Place { again: true, ..here }
            } else if traits.ends_calls && is_async && !here.is_last {
                // A limit directly around the body goes along with its future instead.
                Place { is_sectioned: true, limited_by: Some(here.depth), ..here }
            } else {
                let slots = here.slots && !traits.rebinds_arguments;
                Place { slots, is_sectioned: here.is_sectioned || traits.stores_results && is_async, ..here }
            };
            place.depth += 1;
            place.is_marked |=
                is_async && traits.retries.is_some_and(|retries| retries.runs_again() && !retries.is_nested);
            place.is_kept |= traits.stores_results;
            here
        })
        .collect();
    (places, place)
}

fn label(depth: usize, name: &str, at: Span) -> Lifetime {
    Lifetime::new(&format!("'__layer{depth}_{name}"), at)
}

fn generic_names(sig: &Signature) -> Vec<String> {
    std::iter::once("Self".to_owned())
        .chain(sig.generics.params.iter().filter_map(|parameter| match parameter {
            syn::GenericParam::Type(ty) => Some(ty.ident.to_string()),
            syn::GenericParam::Const(constant) => Some(constant.ident.to_string()),
            syn::GenericParam::Lifetime(_) => None,
        }))
        .collect()
}
