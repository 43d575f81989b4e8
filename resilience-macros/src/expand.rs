//! From a checked stack to the function's new body: one function a policy, folded from the inside out.
//!
//! Generated code is control flow and the user's tokens; every decision is a call of the runtime. Each layer turns the
//! code inside of it into code of the same type, in one fresh block per attempt. There is no closure around an
//! asynchronous body and no function beside the user's: either would lose `Send`, `self` or the generics.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::Parser;
use syn::{Expr, FnArg, Lifetime, Pat, Signature, Stmt};

use crate::item::{Function, Item, Param, Passing, Receiver, Shape, is_lint};
use crate::options::{
    Backoff, Breaker, Cached, CircuitBreaker, Config, Fallback, Layer, Policy, Retry, Step, Timeout, parenthesized,
};
use crate::runtime_path::Facade;
use crate::value::{bare, span_of};

/// The function with its new body.
pub(crate) fn expand(
    item: &Item,
    others: &[TokenStream],
    probes: &TokenStream,
    facade: &Facade,
    function: Function,
    layers: &[Layer],
) -> TokenStream {
    let expansion = Expansion::new(item, facade, function, layers);
    let body = expansion.body(layers);
    let (inner_attrs, sig) = (&expansion.function.inner_attrs, expansion.signature(&item.sig));
    let mut others = others.to_vec();
    if expansion.function.ends_in_block_of_a_macro() {
        others.push(quote!(#[allow(unused_braces)]));
    }
    item.emit(&others, Some(&sig), Some(quote!(#inner_attrs #probes #body)))
}

/// What all layers of one function share.
struct Expansion {
    function: Function,
    private: TokenStream,
    /// The type a call results in, `impl Trait` replaced by `_`.
    output: TokenStream,
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
    /// Whether `#[async_trait]` has made the function what it is.
    is_async_trait: bool,
}

/// A parameter, and how the expansion holds it.
struct Bound {
    param: Param,
    /// The signature binds `param.name`, and the body binds the user's pattern.
    is_renamed: bool,
    /// All attempts borrow the one value.
    is_shared: bool,
}

impl Bound {
    /// Whether each use takes a copy out of a slot.
    fn has_slot(&self) -> bool {
        self.param.passing == Passing::Value && !self.is_shared && (self.is_renamed || !self.param.is_wild())
    }
}

/// Where in the stack a piece of code stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// By-value arguments are in slots, not under their names.
    slots: bool,
    /// It may run more than once, so that `self` cannot be moved into it.
    again: bool,
}

/// Code of the function's output type.
enum Code {
    Value(TokenStream),
    /// A future that has not been awaited: a timeout takes it as it is.
    Future(TokenStream),
}

impl Code {
    fn value(self) -> TokenStream {
        match self {
            Self::Value(code) => code,
            Self::Future(future) => quote_spanned!(Span::mixed_site()=> #future.await),
        }
    }
}

/// A configuration in an item, and how to name it.
struct ConstConfig {
    item: TokenStream,
    name: TokenStream,
}

impl Expansion {
    fn new(item: &Item, facade: &Facade, function: Function, layers: &[Layer]) -> Self {
        let policies = || layers.iter().map(|layer| &layer.policy);
        let reuses = policies().any(Policy::reuses_arguments);
        let is_cached = policies().any(|policy| matches!(policy, Policy::Cached(_)));
        let falls_back = policies().any(|policy| matches!(policy, Policy::Fallback(_)) && policy.reuses_arguments());
        let keeps_order = function.shape == Shape::Async && !reuses;
        let shared: Vec<&Ident> =
            policies().flat_map(|policy| if let Policy::Retry(retry) = policy { &*retry.share } else { &[] }).collect();
        let params = function
            .params
            .iter()
            .map(|param| Bound {
                is_renamed: if param.is_wild() {
                    falls_back || keeps_order
                } else {
                    !param.is_plain && (reuses || is_cached || keeps_order)
                },
                is_shared: shared.iter().any(|name| **name == param.name),
                param: param.clone(),
            })
            .collect();
        let retries = policies().any(|policy| matches!(policy, Policy::Retry(_)));
        let has_gate = policies().any(|policy| matches!(policy, Policy::CircuitBreaker(_)));
        let at = item.sig.ident.span();
        let output = function
            .output
            .as_ref()
            .map_or_else(|| quote_spanned!(at=> ()), |output| erase_impl(output.to_token_stream()));
        let name = item.sig.ident.to_string();
        let name = name.strip_prefix("r#").unwrap_or(&name);
        Self {
            private: facade.private(),
            output_span: function.output.as_ref().map_or_else(|| item.sig.ident.span(), span_of),
            output,
            path: quote!(::core::concat!(::core::module_path!(), "::", #name)),
            generics: generic_names(&item.sig),
            params,
            has_flow: is_cached || (retries && has_gate),
            lends_arguments: falls_back || is_cached,
            reuses,
            is_async_trait: item.sig.generics.lifetimes().any(|parameter| parameter.lifetime.ident == "async_trait"),
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

    fn body(&self, layers: &[Layer]) -> TokenStream {
        let at = Span::mixed_site();
        let (places, innermost) = places(layers, self.is_async());
        let code = layers
            .iter()
            .zip(places)
            .rev()
            .fold(self.innermost(innermost), |inner, (layer, place)| self.layer(layer, place, inner));
        let code = code.value();
        let flow = self.has_flow.then(|| {
            let private = &self.private;
            quote_spanned!(at=> let __flow = &#private::Flow::new();)
        });
        // Of an `impl Trait` the whole type is known only at the end.
        let is_nameable = !mentions(&self.output, &["_".to_owned()]);
        let needs_failure = layers.iter().any(|layer| !matches!(layer.policy, Policy::Cached(_)));
        let check = (is_nameable && needs_failure && (self.is_async() || !is_cooperative_only(layers))).then(|| {
            let is_outcome = self.bounded("is_outcome");
            quote_spanned!(at=> #is_outcome();)
        });
        let flow = quote!(#check #flow);
        match self.function.shape {
            Shape::Sync | Shape::Async => quote!(#flow #code),
            Shape::AsyncBlock { boxed } | Shape::ReturnsFuture { boxed } => {
                let future = quote_spanned!(at=> async move { #flow #code });
                if boxed { quote_spanned!(at=> ::std::boxed::Box::pin(#future)) } else { future }
            }
        }
    }

    fn layer(&self, layer: &Layer, place: Place, inner: Code) -> Code {
        let at = layer.span.resolved_at(Span::mixed_site());
        Code::Value(match &layer.policy {
            Policy::Cached(cached) => self.cached(cached, at, place, inner),
            Policy::CircuitBreaker(breaker) => self.circuit_breaker(breaker, at, inner),
            Policy::Fallback(fallback) => self.fallback(fallback, at, place, inner),
            // Nothing is ever repeated, so there is nothing to decide.
            Policy::Retry(retry) if retry.attempts == Some(1) => return inner,
            Policy::Retry(retry) => self.retry(retry, at, place, inner),
            Policy::Timeout(timeout) => self.timeout(timeout, at, place, inner),
        })
    }

    fn is_async(&self) -> bool {
        self.function.shape.is_async()
    }

    /// The user's statements, to be run once.
    ///
    /// ```text
    /// // Output, asynchronous (not awaited yet):
    /// { let query = Again::take(&mut __slot_query, __last);
    ///   async move { if let Some(__out) = None::<Output> { return __out; } <statements> } }
    /// // Output, synchronous:
    /// once(|| -> Output { <statements> })
    /// ```
    ///
    /// The statement that never runs gives the block its type: an annotated `let` would not let `Ok(Box::new(3))`
    /// become a `Box<dyn Display>`.
    fn innermost(&self, place: Place) -> Code {
        let at = Span::mixed_site();
        let (private, output) = (&self.private, &self.output);
        let (rebound, patterns) = (self.rebind(place), self.patterns(place));
        let mut statements = self.function.statements.clone();
        let (mut this, mut moves) = (TokenStream::new(), self.moves(place));
        let mut rebound = rebound;
        if place.again {
            let is_block = matches!(self.function.shape, Shape::AsyncBlock { .. });
            let borrowed = match &self.function.receiver {
                Receiver::Exclusive(token) => Some(quote_spanned!(at=> &mut *#token)),
                Receiver::Owned(token) => Some(quote_spanned!(at=> &#token)),
                Receiver::Shared | Receiver::None => None,
            };
            match (borrowed, &self.function.receiver) {
                (Some(borrowed), _) if self.is_async_trait => {
                    // Each attempt borrows `self` again, under another name: the user's `self` is `__self` already, so
                    // every `self` that is left was written by a macro, at any depth.
                    let this = Ident::new("__this", at);
                    rebound.extend(quote_spanned!(at=> let #this = #borrowed;));
                    statements = rename_self(statements, &this);
                    moves = Some(quote_spanned!(at=> move));
                }
                (Some(borrowed), _) if is_block => statements = reborrow_self(&statements, &borrowed),
                // Borrows all of `*self` for the attempt, as a call of the plain method would.
                (Some(borrowed), Receiver::Exclusive(_)) => this = quote_spanned!(at=> let _ = #borrowed;),
                _ => {}
            }
        }
        if self.function.shape == Shape::Sync {
            let call = quote_spanned!(at=> #private::once(|| -> #output { #patterns #statements }));
            return Code::Value(if rebound.is_empty() { call } else { quote_spanned!(at=> { #rebound #call }) });
        }
        let future = if let Shape::ReturnsFuture { .. } = self.function.shape {
            quote_spanned!(at=> async #moves { #this #patterns #private::once(#moves || { #statements }).await })
        } else {
            let hint = (!is_unit(output)).then(|| {
                quote_spanned! {at=>
                    if let ::core::option::Option::Some(__out) = ::core::option::Option::None::<#output> {
                        #[allow(unreachable_code)]
                        return __out;
                    }
                }
            });
            quote_spanned!(at=> async #moves { #hint #this #patterns #statements })
        };
        if rebound.is_empty() {
            return Code::Future(future);
        }
        // What the future borrows lives in this block, so it has to be awaited here.
        Code::Value(quote_spanned!(at=> { #rebound #future.await }))
    }

    /// `move`, where nothing is only lent to an attempt: it keeps a future `Send` whose arguments are `Send` and not `Sync`.
    fn moves(&self, place: Place) -> Option<TokenStream> {
        let holds_self = matches!(self.function.receiver, Receiver::Exclusive(_) | Receiver::Owned(_));
        let lends = holds_self || self.params.iter().any(|bound| bound.is_shared);
        (!(place.again && lends)).then(|| quote_spanned!(Span::mixed_site()=> move))
    }

    /// Whether any argument is kept for a further use.
    fn has_slots(&self) -> bool {
        self.params.iter().any(Bound::has_slot)
    }

    /// Binds fresh arguments under their names, where they are in slots.
    fn rebind(&self, place: Place) -> TokenStream {
        if !place.slots {
            return TokenStream::new();
        }
        let at = Span::mixed_site();
        let last = quote_spanned!(at=> __last);
        let allow = self.allow();
        self.params
            .iter()
            .filter_map(|bound| {
                let Bound { param, .. } = bound;
                let (name, cfgs) = (&param.name, &param.cfgs);
                let lints = if bound.is_renamed { &[] } else { &*param.lints };
                let value = match param.passing {
                    _ if bound.is_shared => return None,
                    Passing::Value if bound.has_slot() => self.take(param, &last, param.type_span),
                    Passing::Exclusive if bound.is_renamed || !param.is_wild() => quote_spanned!(at=> &mut *#name),
                    _ => return None,
                };
                Some(quote_spanned!(at=> #(#cfgs)* #(#lints)* #allow let #name = #value;))
            })
            .collect()
    }

    /// Binds the user's patterns to the names that stand for them.
    ///
    /// A body that runs at most once also makes locals of the arguments that its block has captured, each in its turn: so
    /// they are dropped in the order in which a plain function drops its arguments.
    fn patterns(&self, place: Place) -> TokenStream {
        let at = Span::mixed_site();
        let allow = self.allow();
        let owns = self.function.shape == Shape::Async && !place.again;
        self.params
            .iter()
            .map(|Bound { param, is_renamed, .. }| {
                let Param { name, pattern, cfgs, lints, .. } = param;
                let is_own = owns && param.passing == Passing::Value && !param.is_primitive;
                let own = is_own.then(|| quote_spanned!(at=> #(#cfgs)* #(#lints)* #allow let #name = #name;));
                let bound = (*is_renamed && !param.is_wild())
                    .then(|| quote_spanned!(at=> #(#cfgs)* #(#lints)* #allow let #pattern = #name;));
                quote!(#own #bound)
            })
            .collect()
    }

    /// What a binding of ours may look like to a linter: the user has written it once, and not as a `let`.
    fn allow(&self) -> TokenStream {
        let unused = self.lends_arguments.then(|| quote!(unused_variables,));
        quote! {
            #[allow(
                #unused
                clippy::no_effect_underscore_binding, clippy::shadow_reuse, clippy::shadow_same, clippy::shadow_unrelated,
                clippy::used_underscore_binding
            )]
        }
    }

    /// `Again::take(&mut __slot_query, last)`, all of it located at `at`: the compiler joins spans into useless blocks.
    fn take(&self, param: &Param, last: &TokenStream, at: Span) -> TokenStream {
        let at = at.resolved_at(Span::mixed_site());
        let (private, slot) = (self.private_at(at), slot(param, at));
        quote_spanned!(at=> #private::Again::take(&mut #slot, #last))
    }

    /// Puts by-value arguments into slots, for a layer below which they may be used more than once.
    fn open_slots(&self, place: Place) -> TokenStream {
        if place.slots {
            return TokenStream::new();
        }
        let at = Span::mixed_site();
        let private = &self.private;
        self.params
            .iter()
            .filter(|bound| bound.has_slot())
            .map(|Bound { param, .. }| {
                let (slot, name, cfgs) = (slot(param, at), &param.name, &param.cfgs);
                quote_spanned!(at=> #(#cfgs)* let mut #slot = #private::Slot::new(#name);)
            })
            .collect()
    }

    /// A function of the runtime with a bound on the output type, `name::<Output>`, standing exactly where the return type
    /// stands: what several layers find wrong with it, the compiler then reports once, and there.
    fn bounded(&self, name: &str) -> TokenStream {
        let (at, output) = (self.output_span, &self.output);
        let end = output.clone().into_iter().last().map_or(at, |token| token.span());
        let (private, name) = (self.private_at(at), Ident::new(name, at));
        let close = quote_spanned!(end=> >);
        quote_spanned!(at=> #private::#name::<#output #close)
    }

    fn private_at(&self, at: Span) -> TokenStream {
        relocate(self.private.clone(), at)
    }

    /// ```text
    /// // Input:  #[retry(max = 3)]
    /// // Output: static __CONFIG: RetryConfig = RetryConfig::new("module::function").max(3).checked();
    /// ```
    ///
    /// An item is evaluated by `cargo check`, an inline `const` only when the function is compiled; but only the inline
    /// one may mention generic parameters. A `static` and no `const`: an error in it is reported once.
    fn config(&self, ty: &str, value: &TokenStream, constants: &TokenStream, at: Span) -> ConstConfig {
        let (private, ty) = (&self.private, Ident::new(ty, at));
        if mentions(constants, &self.generics) {
            return ConstConfig { item: TokenStream::new(), name: quote_spanned!(at=> const { &#value }) };
        }
        ConstConfig {
            item: quote_spanned!(at=> static __RESILIENCE_CONFIG: #private::#ty = #value;),
            name: quote_spanned!(at=> &__RESILIENCE_CONFIG),
        }
    }

    /// ```text
    /// // Input:  #[retry(max = 3)]
    /// // Output:
    /// let mut __retry = Retry::<()>::start();
    /// loop {
    ///     let __last = __retry.is_last(&__CONFIG);
    ///     let __delay = {
    ///         let __out: Output = <inner>;
    ///         match after(&mut __retry, &__CONFIG, &__out, |__failure| <verdict>) {
    ///             None => break __out,
    ///             Some(__delay) => __delay,
    ///         }
    ///     };
    ///     pause(__delay).await;
    /// }
    /// ```
    ///
    /// The result of an attempt is gone before the pause: its error may be less `Send` than the future.
    fn retry(&self, retry: &Retry, at: Span, place: Place, inner: Code) -> TokenStream {
        let (private, path, output) = (&self.private, &self.path, &self.output);
        let value = retry.config.expression(&quote_spanned!(at=> #private::RetryConfig::new(#path)));
        let ConstConfig { item, name: config } = self.config("RetryConfig", &value, retry.config.constants(), at);
        let slots = self.open_slots(place);
        let memory = if retry.remembers { quote_spanned!(at=> #private::Remember) } else { quote_spanned!(at=> ()) };
        let outer_last = place.slots.then(|| quote_spanned!(at=> && __last));
        let last = self.has_slots().then(|| quote_spanned!(at=> let __last = __retry.is_last(#config) #outer_last;));
        let fresh_flow = self.has_flow.then(|| quote_spanned!(at=> __flow.attempt();));
        let judge = self.verdict(retry, at);
        let when_ok = retry.when_ok.as_ref().map_or_else(
            || quote_spanned!(at=> |_| false),
            |predicate| {
                let asks = Self::asks(predicate, &quote_spanned!(at=> __value), &self.bounded("asks_value"));
                quote_spanned!(at=> |__value| #asks)
            },
        );
        let decision = match (&retry.backoff, &retry.when_ok) {
            (Backoff::Function(function), _) => {
                let after = self.bounded("after_with");
                let delay = Self::call(function, &quote_spanned!(at=> __state), &self.bounded("delay_by"));
                quote_spanned!(at=> #after(&mut __retry, #config, &__out, #judge, #when_ok, |__state| #delay))
            }
            (Backoff::Named, Some(_)) => {
                let after = self.bounded("after_either");
                quote_spanned!(at=> #after(&mut __retry, #config, &__out, #judge, #when_ok))
            }
            (Backoff::Named, None) => {
                let after = self.bounded("after");
                quote_spanned!(at=> #after(&mut __retry, #config, &__out, #judge))
            }
        };
        let again = match &retry.on_retry {
            Some(hook) => {
                let before = self.bounded("before_pause");
                let shown = Self::call(hook, &quote_spanned!(at=> __state), &self.bounded("shown"));
                quote_spanned! {at=> {
                    #before(&__retry, #config, &__out, __delay, |__state| { #shown; });
                    __delay
                }}
            }
            None => quote_spanned!(at=> __delay,),
        };
        let pause = if self.is_async() {
            quote_spanned!(at=> #private::pause(__delay).await;)
        } else {
            quote_spanned!(at=> #private::pause_blocking(__delay);)
        };
        let inner = inner.value();
        quote_spanned! {at=> {
            #item
            #slots
            let mut __retry = #private::Retry::<#memory>::start();
            loop {
                #last
                #fresh_flow
                let __delay = {
                    let __out: #output = #inner;
                    match #decision {
                        ::core::option::Option::None => break __out,
                        ::core::option::Option::Some(__delay) => #again
                    }
                };
                #pause
            }
        }}
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

    /// Asks a predicate of the user's about `__failure`.
    fn asks_failure(&self, predicate: &Expr) -> TokenStream {
        Self::asks(predicate, &quote_spanned!(Span::mixed_site()=> __failure), &self.bounded("asks"))
    }

    /// What the retry is told about a failure: a closure from the error to a `Verdict`.
    fn verdict(&self, retry: &Retry, at: Span) -> TokenStream {
        let private = &self.private;
        let hint = retry.retry_after.as_ref().map(|function| {
            let hint = Self::call(function, &quote_spanned!(at=> __failure), &self.bounded("hint"));
            quote_spanned!(at=> let __hint: ::core::option::Option<::core::time::Duration> = #hint;)
        });
        let with_hint = hint.is_some().then(|| quote_spanned!(at=> .hint(__hint)));
        let classified = self.classified(at);
        if let Some(predicate) = &retry.when {
            let again = self.asks_failure(predicate);
            return quote_spanned! {at=> |__failure| {
                let __again = #again;
                #hint
                #private::Verdict::asked(__again, #classified) #with_hint
            }};
        }
        let refusal = if self.has_flow {
            quote_spanned!(at=> __flow.refusal())
        } else {
            quote_spanned!(at=> ::core::option::Option::None)
        };
        quote_spanned!(at=> |__failure| { #hint #private::Verdict::classified(#classified, #refusal) #with_hint })
    }

    /// The error's own classification, found by autoref.
    fn classified(&self, at: Span) -> TokenStream {
        let private = &self.private;
        quote_spanned! {at=> {
            use #private::{ProbeClassified as _, ProbeUnclassified as _};
            (&&#private::Probe(__failure)).__resilience_classified()
        }}
    }

    /// ```text
    /// // Input:  #[circuit_breaker(name = "llm")]
    /// // Output:
    /// '__gate: {
    ///     let __permit = match __BREAKER.breaker(&__CONFIG).admit() {
    ///         Ok(__permit) => __permit,
    ///         Err(__refusal) => break '__gate <refusal>,
    ///     };
    ///     let __out: Output = <inner>;
    ///     record(__permit, &__out, |__failure| <fate>);
    ///     __out
    /// }
    /// ```
    ///
    /// The `match` ends before the body begins: what it looks at would stay in the future for as long.
    fn circuit_breaker(&self, breaker: &CircuitBreaker, at: Span, inner: Code) -> TokenStream {
        let (private, path, output) = (&self.private, &self.path, &self.output);
        let (items, found) = match &breaker.breaker {
            Breaker::Shared(path) => {
                let here = span_of(path).resolved_at(Span::mixed_site());
                let (private, arguments) = (self.private_at(here), parenthesized(quote_spanned!(here=> &#path)));
                (TokenStream::new(), quote_spanned!(here=> #private::shared_breaker #arguments))
            }
            Breaker::Named(name, config) => self.breaker_site("named", &quote!(#name), config, at),
            Breaker::OfFunction(config) => self.breaker_site("of_function", path, config, at),
        };
        let refused = self.has_flow.then(|| quote_spanned!(at=> __flow.refused(&__refusal);));
        let refuse = self.refusal(breaker.map_err.as_ref());
        let record = self.bounded("record");
        let counts = if let Some(predicate) = &breaker.when {
            self.asks_failure(predicate)
        } else {
            let classified = self.classified(at);
            quote_spanned!(at=> #classified.is_failure())
        };
        let fate = if let Some(predicate) = &breaker.ignore {
            let ignored = self.asks_failure(predicate);
            quote_spanned! {at=>
                if #ignored { #private::Fate::Ignored } else { #private::Fate::counted(#counts) }
            }
        } else {
            quote_spanned!(at=> #private::Fate::counted(#counts))
        };
        let inner = inner.value();
        let gate = Lifetime::new("'__gate", at);
        quote_spanned! {at=> #gate: {
            #items
            let __permit = match #found.admit() {
                ::core::result::Result::Ok(__permit) => __permit,
                ::core::result::Result::Err(__refusal) => {
                    #refused
                    break #gate #refuse;
                }
            };
            let __out: #output = #inner;
            #record(__permit, &__out, |__failure| #fate);
            __out
        }}
    }

    /// The items that hold a breaker of this function, and the expression that finds it.
    fn breaker_site(&self, how: &str, name: &TokenStream, config: &Config, at: Span) -> (TokenStream, TokenStream) {
        let (private, how) = (&self.private, Ident::new(how, at));
        let value = config.expression(&quote_spanned!(at=> #private::BreakerConfig::DEFAULT));
        let ConstConfig { item, name: config } = self.config("BreakerConfig", &value, config.constants(), at);
        let items = quote_spanned! {at=>
            static __RESILIENCE_BREAKER: #private::BreakerSite =
                #private::BreakerSite::#how(#name, ::core::file!(), ::core::line!());
            #item
        };
        (items, quote_spanned!(at=> __RESILIENCE_BREAKER.breaker(#config)))
    }

    /// How a layer that gives up itself ends the call: `__refusal` in the form of the output.
    ///
    /// A trait method by its path, and no function with a bound: rustc would show where it stands.
    fn refusal(&self, map_err: Option<&Expr>) -> TokenStream {
        let at = self.output_span.resolved_at(Span::mixed_site());
        let (private, fail) = (self.private_at(at), self.bounded("fail"));
        let failure = match map_err {
            None => quote_spanned!(at=> #private::Refusal::from_refusal(__refusal)),
            Some(function) => Self::call(function, &quote_spanned!(at=> __refusal), &quote!(#private::map_refusal)),
        };
        quote_spanned!(at=> #fail(#failure))
    }

    /// ```text
    /// // Input:  #[timeout(secs = 30)]
    /// // Output, asynchronous:
    /// match timeout(&__CONFIG, async move { <inner> }).await {
    ///     Ok(__out) => __out,
    ///     Err(__refusal) => <refusal>,
    /// }
    /// // Output, cooperative:  let __deadline = cooperative(&__CONFIG); <inner>
    /// ```
    fn timeout(&self, timeout: &Timeout, at: Span, place: Place, inner: Code) -> TokenStream {
        let (private, path, limit) = (&self.private, &self.path, &timeout.limit.tokens);
        // All of the call stands at the limit: the runtime asserts that it is not zero.
        let here = timeout.limit.span.resolved_at(Span::mixed_site());
        let arguments = parenthesized(quote!(#path, #limit));
        // One context for all tokens of the call, or the compiler does not see where it ends.
        let private_here: TokenStream = private
            .clone()
            .into_iter()
            .map(|mut token| {
                token.set_span(here);
                token
            })
            .collect();
        let value = quote_spanned!(here=> #private_here::TimeoutConfig::new #arguments);
        let ConstConfig { item, name: config } = self.config("TimeoutConfig", &value, limit, at);
        if !self.is_async() {
            let inner = inner.value();
            return quote_spanned! {at=> {
                #item
                let __deadline = #private::cooperative(#config);
                #inner
            }};
        }
        let rebound = self.rebind(place);
        let body = match inner {
            Code::Future(future) => future,
            Code::Value(inner) => {
                let moves = self.moves(place);
                quote_spanned!(at=> async #moves { #inner })
            }
        };
        let refuse = self.refusal(timeout.map_err.as_ref());
        quote_spanned! {at=> {
            #item
            #rebound
            match #private::timeout(#config, #body).await {
                ::core::result::Result::Ok(__out) => __out,
                ::core::result::Result::Err(__refusal) => #refuse,
            }
        }}
    }

    /// ```text
    /// // Input:  #[fallback(small_model, value = canned)]
    /// // Output:
    /// '__done: {
    ///     { let __out: Output = <inner>; if !failed(&__out, |_| true) { break '__done __out; } }
    ///     announce("module::function", 1);
    ///     { let __out: Output = small_model(..).await; if !failed(&__out, |_| true) { break '__done __out; } }
    ///     announce("module::function", 2);
    ///     succeed(canned)
    /// }
    /// ```
    ///
    /// A failed result is gone before the next step is awaited.
    fn fallback(&self, fallback: &Fallback, at: Span, place: Place, inner: Code) -> TokenStream {
        let (private, path, output) = (&self.private, &self.path, &self.output);
        let done = Lifetime::new("'__done", at);
        let reuses = fallback.steps.iter().any(|step| !matches!(step, Step::Value(_)));
        let slots = if reuses { self.open_slots(place) } else { TokenStream::new() };
        let inner_last = (self.has_slots() && reuses).then(|| quote_spanned!(at=> let __last = false;));
        let predicate = fallback.when.as_ref().map_or_else(
            || quote_spanned!(at=> |_| true),
            |predicate| {
                let asks = self.asks_failure(predicate);
                quote_spanned!(at=> |__failure| #asks)
            },
        );
        let last_user = fallback.steps.iter().rposition(|step| !matches!(step, Step::Value(_)));
        let inner = inner.value();
        let mut code = quote_spanned!(at=> { #inner_last #inner });
        let mut statements = TokenStream::new();
        for (index, step) in fallback.steps.iter().enumerate() {
            let attempt = if let Step::Closure(_) = step {
                let unless_failed = self.bounded("unless_failed");
                quote_spanned! {at=>
                    let __failure = {
                        let __out: #output = #code;
                        match #unless_failed(__out, #predicate) {
                            ::core::result::Result::Ok(__out) => break #done __out,
                            ::core::result::Result::Err(__failure) => __failure,
                        }
                    };
                }
            } else {
                let failed = self.bounded("failed");
                quote_spanned! {at=>
                    {
                        let __out: #output = #code;
                        if !#failed(&__out, #predicate) {
                            break #done __out;
                        }
                    }
                }
            };
            let number = proc_macro2::Literal::usize_unsuffixed(index + 1);
            let degraded = self.has_flow.then(|| quote_spanned!(at=> __flow.degraded();));
            statements.extend(quote_spanned!(at=> #attempt #degraded #private::announce(#path, #number);));
            // In a place without slots above, the last use of all is this one.
            let last = match (last_user == Some(index), place.slots) {
                (false, _) => quote_spanned!(at=> false),
                (true, false) => quote_spanned!(at=> true),
                (true, true) => quote_spanned!(at=> __last),
            };
            code = self.step(step, &last);
        }
        quote_spanned!(at=> #done: { #slots #statements #code })
    }

    /// One fallback: code of the output type.
    fn step(&self, step: &Step, last: &TokenStream) -> TokenStream {
        match step {
            Step::Value(value) => {
                let at = span_of(value).resolved_at(Span::mixed_site());
                let (private, succeed, output) = (self.private_at(at), self.bounded("succeed"), &self.output);
                quote_spanned! {at=> {
                    let __value: <#output as #private::Outcome>::Value = #value;
                    #succeed(__value)
                }}
            }
            Step::Path(path) => {
                let at = span_of(path);
                let calls = self.calls(last, at, |names| quote_spanned!(at=> #path(#(#names),*)));
                self.answer(&calls, at)
            }
            Step::Method(this, method) => {
                let at = method.span();
                let calls = self.calls(last, at, |names| quote_spanned!(at=> #this.#method(#(#names),*)));
                self.answer(&calls, at)
            }
            Step::Closure(closure) => {
                let at = span_of(closure);
                let used = closure.to_token_stream();
                let fresh: TokenStream = self
                    .params
                    .iter()
                    .filter(|bound| mentions_in_text(&used, &bound.param.names()))
                    .map(|bound| {
                        let Param { name, pattern, cfgs, type_span, .. } = &bound.param;
                        let taken = bound.has_slot().then(|| {
                            let value = self.take(&bound.param, last, *type_span);
                            quote!(#(#cfgs)* let #name = #value;)
                        });
                        let patterned = (!bound.param.is_plain).then(|| {
                            let pattern = without_mut(pattern.to_token_stream());
                            quote!(#(#cfgs)* #[allow(unused_variables)] let #pattern = #name;)
                        });
                        quote!(#taken #patterned)
                    })
                    .collect();
                let (here, output) = (at.resolved_at(Span::mixed_site()), &self.output);
                let private = self.private_at(here);
                let call = quote_spanned!(here=> #private::recover::<#output, _>(__failure, #closure));
                self.answer(&quote_spanned!(here=> #fresh let __answer = #call;), at)
            }
        }
    }

    /// Binds the arguments for a fallback and calls it, as `__answer`.
    ///
    /// They are bound first: a wrong type is then reported against the type of the argument. An argument of a call cannot
    /// be under `#[cfg]`, so there is one call for each way of the conditions.
    fn calls(&self, last: &TokenStream, at: Span, call: impl Fn(&[Ident]) -> TokenStream) -> TokenStream {
        let at = at.resolved_at(Span::mixed_site());
        let mut code = TokenStream::new();
        let mut names: Vec<(Ident, &[syn::Attribute])> = Vec::new();
        for (index, bound) in self.params.iter().enumerate() {
            let Param { passing, cfgs, type_span, .. } = &bound.param;
            let mut name = bound.param.name.clone();
            name.set_span(name.span().located_at(at));
            let value = match passing {
                Passing::Exclusive => quote_spanned!(at=> &mut *#name),
                Passing::Value if bound.has_slot() => self.take(&bound.param, last, *type_span),
                Passing::Shared | Passing::Value => quote!(#name),
            };
            let argument = Ident::new(&format!("__argument{index}"), at);
            code.extend(quote_spanned!(at=> #(#cfgs)* let #argument = #value;));
            names.push((argument, cfgs));
        }
        let conditions: Vec<TokenStream> = names.iter().filter_map(|(_, cfgs)| condition(cfgs)).collect();
        for ways in 0..1_usize << conditions.len() {
            let (mut number, mut present, mut tests) = (0, Vec::new(), TokenStream::new());
            for (name, cfgs) in &names {
                if cfgs.is_empty() {
                    present.push(name.clone());
                    continue;
                }
                let condition = &conditions[number];
                if ways >> number & 1 == 1 {
                    present.push(name.clone());
                    tests.extend(quote!(#condition,));
                } else {
                    tests.extend(quote!(not(#condition),));
                }
                number += 1;
            }
            let call = call(&present);
            let cfg = (!conditions.is_empty()).then(|| quote!(#[cfg(all(#tests))]));
            code.extend(quote_spanned!(at=> #cfg let __answer = #call;));
        }
        code
    }

    /// The result of a fallback, which may be synchronous in an asynchronous function: then nothing is awaited, and the
    /// result may be less `Send` than the future.
    fn answer(&self, calls: &TokenStream, at: Span) -> TokenStream {
        let at = at.resolved_at(Span::mixed_site());
        if !self.is_async() {
            return quote_spanned!(at=> { #calls __answer });
        }
        let (private, answered) = (&self.private, Lifetime::new("'__answered", at));
        quote_spanned! {at=> #answered: {
            let __later = {
                #calls
                use #private::{AnswerLater as _, AnswerNow as _};
                match (&&#private::Answer::of(&__answer)).__resilience_kind().step(__answer) {
                    #private::Step::Now(__out) => break #answered __out,
                    #private::Step::Later(__later) => __later,
                }
            };
            __later.await
        }}
    }

    /// ```text
    /// // Input:  #[cached(ttl = 60)]
    /// // Output:
    /// let __key = KeyRef((Part::part(query),));
    /// let __store = lookup(&__CACHE, &__CONFIG, <what is kept>, <what is shared>, &__key, <instance>);
    /// if let Some(__out) = __store.find(&__key) { break '__kept __out; }
    /// let __loading = match __store.join(to_owned_key(&__key), __flow).await {
    ///     Found::Ready(__out) => break '__kept __out,
    ///     Found::Load(__loading) => __loading,
    /// };
    /// let __out: Output = load(__loading.flight(), async move { <inner> }).await;
    /// __store.done(__loading, &__out, __flow, |_| true);
    /// __out
    /// ```
    ///
    /// No result is looked at while another is awaited: it may be less `Send` than the future.
    fn cached(&self, cached: &Cached, at: Span, place: Place, inner: Code) -> TokenStream {
        let (private, path, output) = (&self.private, &self.path, &self.output);
        let value = cached.config.expression(&quote_spanned!(at=> #private::CacheConfig::DEFAULT));
        let ConstConfig { item, name: config } = self.config("CacheConfig", &value, cached.config.constants(), at);
        let name = cached.name.as_ref().map_or_else(|| path.clone(), ToTokens::to_token_stream);
        let rebound = self.rebind(place);
        let key = self.key(cached, at);
        let lookup = quote_spanned!(at=> #private::lookup::<#output, _, _, _>);
        // The type of a closure names all generic parameters around it, those of an `impl` included, which the `static`
        // cannot tell apart.
        let instance = quote_spanned!(at=> ::core::any::type_name_of_val(&|| ()));
        let kept = {
            // What cannot be kept is reported at the return type.
            let at = self.output_span.resolved_at(Span::mixed_site());
            let private = self.private_at(at);
            quote_spanned! {at=>
                use #private::{
                    KeepAny as _, KeepPart as _, KeepUnfit as _, KeepWhole as _, SharesClone as _, SharesNothing as _,
                };
                let __kept = #private::Kept::<#output>::new();
                let (__keep, __share) = ((&&&__kept).__resilience_keep(), (&&__kept).__resilience_share());
            }
        };
        let when = cached.when.as_ref().map_or_else(
            || quote_spanned!(at=> |_| true),
            |predicate| {
                let asks =
                    Self::asks(predicate, &quote_spanned!(at=> __out), &quote!(#private::asks_result::<#output>));
                quote_spanned!(at=> |__out| #asks)
            },
        );
        let (join, load) = if self.is_async() {
            let moves = self.moves(place);
            let body = match inner {
                Code::Future(future) => future,
                Code::Value(inner) => quote_spanned!(at=> async #moves { #inner }),
            };
            (
                quote_spanned!(at=> __store.join(__key, __flow).await),
                quote_spanned!(at=> #private::load(__loading.flight(), #body).await),
            )
        } else {
            let inner = inner.value();
            (
                quote_spanned!(at=> __store.join_blocking(__key, __flow)),
                quote_spanned!(at=> {
                    let __leading = #private::lead(__loading.flight());
                    #inner
                }),
            )
        };
        let kept_already = Lifetime::new("'__kept", at);
        quote_spanned! {at=> #kept_already: {
            static __RESILIENCE_CACHE: #private::CacheSite = #private::CacheSite::new(#name);
            #item
            #rebound
            let __key = #key;
            let __store = {
                #kept
                #lookup(&__RESILIENCE_CACHE, #config, __keep, __share, &__key, #instance)
            };
            if let ::core::option::Option::Some(__out) = __store.find(&__key) {
                break #kept_already __out;
            }
            let __key = #private::to_owned_key(&__key);
            let __loading = match #join {
                #private::Found::Ready(__out) => break #kept_already __out,
                #private::Found::Load(__loading) => __loading,
            };
            let __out: #output = #load;
            __store.done(__loading, &__out, __flow, #when);
            __out
        }}
    }

    /// The key of a call, borrowed.
    fn key(&self, cached: &Cached, at: Span) -> TokenStream {
        let private = &self.private;
        // Name, how it is bound, and place of each part.
        let parts: Vec<(Ident, TokenStream, Span)> = match &cached.key {
            None => {
                let keyed = self.params.iter().filter(|bound| {
                    !cached.skip.contains(&bound.param.name) && (bound.is_renamed || !bound.param.is_wild())
                });
                keyed
                    .enumerate()
                    .map(|(index, Bound { param, .. })| {
                        let (at, name) = (param.type_span.resolved_at(Span::mixed_site()), &param.name);
                        let reference = match param.passing {
                            Passing::Value => quote_spanned!(at=> &#name),
                            Passing::Shared | Passing::Exclusive => quote_spanned!(at=> &*#name),
                        };
                        let part = Ident::new(&format!("__part{index}"), at);
                        let mut bind = quote_spanned!(at=> let #part = #reference;);
                        if let Some(condition) = condition(&param.cfgs) {
                            // A parameter that is not there is a part that says nothing.
                            bind =
                                quote_spanned!(at=> #[cfg(#condition)] #bind #[cfg(not(#condition))] let #part = (););
                        }
                        (part, bind, at)
                    })
                    .collect()
            }
            Some(key) => {
                let expressions: Vec<&Expr> = match bare(key) {
                    Expr::Tuple(tuple) => tuple.elems.iter().collect(),
                    single => vec![single],
                };
                expressions
                    .into_iter()
                    .enumerate()
                    .map(|(index, expression)| {
                        let at = span_of(expression).resolved_at(Span::mixed_site());
                        let part = Ident::new(&format!("__part{index}"), at);
                        let bind = quote_spanned!(at=> let #part = #expression;);
                        (part, bind, at)
                    })
                    .collect()
            }
        };
        let allow = self.allow();
        // An expression sees by-value parameters by reference, so that `normalize(query)` does not take the query away.
        let references: TokenStream = self
            .params
            .iter()
            .filter(|bound| cached.key.is_some() && !bound.param.is_wild())
            .filter(|bound| bound.param.passing == Passing::Value || !bound.param.is_plain)
            .map(|Bound { param: Param { name, pattern, cfgs, is_plain, .. }, .. }| {
                let pattern = if *is_plain { name.to_token_stream() } else { without_mut(pattern.to_token_stream()) };
                quote_spanned! {at=>
                    #(#cfgs)*
                    #allow
                    let #pattern = &#name;
                }
            })
            .collect();
        let lets = parts.iter().map(|(_, bind, _)| bind);
        let made = parts.iter().map(|(name, _, at)| {
            let private = self.private_at(*at);
            quote_spanned!(*at=> (&&&&#private::PartOf::expression(&#name)).__resilience_kind().part(#name))
        });
        let imports = (!parts.is_empty())
            .then(|| quote_spanned!(at=> use #private::{PartReference as _, PartUnfit as _, PartUnfitReference as _, PartValue as _};));
        quote_spanned! {at=> {
            #references
            #(#lets)*
            {
                #imports
                #private::KeyRef((#(#made,)*))
            }
        }}
    }
}

/// The place of each layer, and of the body.
fn places(layers: &[Layer], is_async: bool) -> (Vec<Place>, Place) {
    let mut place = Place { slots: false, again: false };
    let places = layers
        .iter()
        .map(|layer| {
            let here = place;
            place = match &layer.policy {
                policy if policy.reuses_arguments() => Place { slots: true, again: true },
                // A value made of `self` needs it after the body.
                Policy::Fallback(fallback) if fallback.mentions_self() => Place { again: true, ..here },
                // These take fresh arguments into a block of their own.
                Policy::Timeout(_) if is_async => Place { slots: false, ..here },
                Policy::Cached(_) => Place { slots: false, ..here },
                _ => here,
            };
            here
        })
        .collect();
    (places, place)
}

/// A deadline that stops nothing asks nothing of the result.
fn is_cooperative_only(layers: &[Layer]) -> bool {
    layers.iter().all(|layer| matches!(layer.policy, Policy::Cached(_) | Policy::Timeout(_)))
}

fn slot(param: &Param, at: Span) -> Ident {
    let name = param.name.to_string();
    Ident::new(&format!("__slot_{}", name.strip_prefix("r#").unwrap_or(&name)), at)
}

/// The condition under which a parameter with these `#[cfg]`s exists.
fn condition(cfgs: &[syn::Attribute]) -> Option<TokenStream> {
    let conditions: Vec<&TokenStream> = cfgs
        .iter()
        .filter_map(|cfg| if let syn::Meta::List(list) = &cfg.meta { Some(&list.tokens) } else { None })
        .collect();
    (!conditions.is_empty()).then(|| quote!(all(#(#conditions),*)))
}

/// A pattern for looking only: bindings neither change nor borrow anew.
fn without_mut(pattern: TokenStream) -> TokenStream {
    pattern
        .into_iter()
        .filter_map(|token| match token {
            TokenTree::Ident(word) if word == "mut" || word == "ref" => None,
            TokenTree::Group(group) => {
                let mut inner = proc_macro2::Group::new(group.delimiter(), without_mut(group.stream()));
                inner.set_span(group.span());
                Some(TokenTree::Group(inner))
            }
            token => Some(token),
        })
        .collect()
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

fn mentions(tokens: &TokenStream, names: &[String]) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => names.contains(&ident.to_string()),
        TokenTree::Group(group) => mentions(&group.stream(), names),
        _ => false,
    })
}

/// The same, and in the text of literals: `"{name}"`.
fn mentions_in_text(tokens: &TokenStream, names: &[String]) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => names.contains(&ident.to_string()),
        TokenTree::Group(group) => mentions_in_text(&group.stream(), names),
        TokenTree::Literal(text) => names.iter().any(|name| text.to_string().contains(&format!("{{{name}"))),
        TokenTree::Punct(_) => false,
    })
}

fn is_unit(output: &TokenStream) -> bool {
    output.to_string() == "()"
}

/// The same tokens, all located at `at`, each with its own resolution.
fn relocate(tokens: TokenStream, at: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token| {
            if let TokenTree::Group(group) = &token {
                let mut moved = proc_macro2::Group::new(group.delimiter(), relocate(group.stream(), at));
                moved.set_span(group.span().located_at(at));
                return TokenTree::Group(moved);
            }
            token.set_span(token.span().located_at(at));
            token
        })
        .collect()
}

fn relocated(tokens: &TokenStream, at: Span) -> TokenStream {
    relocate(tokens.clone(), at)
}

/// `impl Trait` cannot be written where a type is annotated: it is left to inference.
fn erase_impl(tokens: TokenStream) -> TokenStream {
    let mut erased = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(word) if word == "impl" => {
                let at = word.span();
                let (mut depth, mut arrow) = (0_u32, false);
                while let Some(next) = tokens.peek() {
                    let mut is_dash = false;
                    if let TokenTree::Punct(punct) = next {
                        match (punct.as_char(), depth) {
                            ('<', _) => depth += 1,
                            // The end of `->`, as in `impl Fn(u32) -> u32`.
                            ('>', _) if arrow => {}
                            ('>' | ',', 0) => break,
                            ('>', _) => depth -= 1,
                            (dash, _) => is_dash = dash == '-',
                        }
                    }
                    arrow = is_dash;
                    tokens.next();
                }
                erased.extend(quote_spanned!(at=> _));
            }
            TokenTree::Group(group) => {
                let mut inner = proc_macro2::Group::new(group.delimiter(), erase_impl(group.stream()));
                inner.set_span(group.span());
                erased.extend([TokenTree::Group(inner)]);
            }
            token => erased.extend([token]),
        }
    }
    erased
}

fn rename_self(statements: TokenStream, this: &Ident) -> TokenStream {
    statements
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(word) if word == "self" => TokenTree::Ident(this.clone()),
            TokenTree::Group(group) => {
                let mut inner = proc_macro2::Group::new(group.delimiter(), rename_self(group.stream(), this));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            token => token,
        })
        .collect()
}

/// `let this = self;` at the start of an `async move` block would move `self` out on the first attempt.
fn reborrow_self(statements: &TokenStream, borrowed: &TokenStream) -> TokenStream {
    let Ok(parsed) = syn::Block::parse_within.parse2(statements.clone()) else { return statements.clone() };
    parsed
        .into_iter()
        .map(|statement| match &statement {
            Stmt::Local(local) => match (&local.pat, &local.init) {
                (Pat::Ident(pattern), Some(init)) if is_self(&init.expr) => {
                    let name = &pattern.ident;
                    quote!(let #name = #borrowed;)
                }
                _ => statement.to_token_stream(),
            },
            statement => statement.to_token_stream(),
        })
        .collect()
}

fn is_self(value: &Expr) -> bool {
    matches!(value, Expr::Path(path) if path.path.is_ident("self"))
}
