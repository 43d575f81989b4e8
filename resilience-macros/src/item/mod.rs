mod borrow;
mod lint_levels;
mod stream;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{
    Attribute, Expr, FnArg, GenericArgument, Pat, PathArguments, ReceiverKind, ReturnType, Signature, Stmt, Token,
    Type, TypeParamBound, Visibility,
};

use crate::parse::expression::span_of;

pub(crate) use borrow::{borrows, borrows_of_exclusive};
pub(crate) use lint_levels::{allow_expected, allow_what_is_expected};
pub(crate) use stream::StreamOutput;

/// The body stays a token group, so that half-typed code comes out untouched, with its spans.
#[derive(Clone)]
pub(crate) struct Item {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    defaultness: Option<TokenTree>,
    pub(crate) sig: Signature,
    /// `None` for a declaration in a trait.
    pub(crate) body: Option<Group>,
    semi: Option<Token![;]>,
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let defaultness = if input.peek(Token![default]) { Some(input.parse()?) } else { None };
        let sig = input.parse()?;
        if input.peek(Token![;]) {
            return Ok(Self { attrs, vis, defaultness, sig, body: None, semi: Some(input.parse()?) });
        }
        let body = braces(input.parse()?)?;
        Ok(Self { attrs, vis, defaultness, sig, body: Some(body), semi: None })
    }
}

/// The `$body:block` of a macro arrives in an invisible group.
fn braces(token: TokenTree) -> syn::Result<Group> {
    match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Ok(group),
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => match group.stream().into_iter().next() {
            Some(inner) => braces(inner),
            None => Err(syn::Error::new(group.span(), "expected a function body")),
        },
        other => Err(syn::Error::new(other.span(), "expected a function body")),
    }
}

impl Item {
    pub(crate) fn emit(
        &self,
        attrs: &[impl ToTokens],
        sig: Option<&Signature>,
        body: Option<TokenStream>,
    ) -> TokenStream {
        let Self { vis, defaultness, semi, .. } = self;
        let sig = sig.unwrap_or(&self.sig);
        let body = match (&self.body, body) {
            (Some(original), Some(new)) => {
                let mut group = Group::new(Delimiter::Brace, new);
                group.set_span(original.span());
                group.into_token_stream()
            }
            (Some(original), None) => original.to_token_stream(),
            (None, _) => semi.to_token_stream(),
        };
        quote!(#(#attrs)* #vis #defaultness #sig #body)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Sync,
    Async,
    /// One `async move { .. }`, perhaps in `Box::pin(..)`, as `#[async_trait]` makes it.
    AsyncBlock {
        boxing: Boxing,
    },
    ReturnsFuture {
        boxing: Boxing,
    },
    /// Not `async`, and returns a stream. The first poll of the stream runs the body.
    Stream,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Boxing {
    None,
    /// `Pin<Box<..>>`
    Pinned,
    /// `Box<dyn Future + Unpin>`
    Unpinned,
}

impl Shape {
    pub(crate) fn is_async(self) -> bool {
        self != Self::Sync
    }
}

#[derive(Clone)]
pub(crate) struct Function {
    pub(crate) shape: Shape,
    /// `Some` if the output is a stream.
    pub(crate) stream: Option<StreamOutput>,
    /// `None` for `()`.
    pub(crate) output: Option<Type>,
    /// `#![..]` at the start of the body.
    pub(crate) inner_attrs: TokenStream,
    /// The edition of these braces decides how long temporaries live.
    pub(crate) block_span: Span,
    pub(crate) statements: TokenStream,
    pub(crate) receiver: Receiver,
    pub(crate) params: Vec<Param>,
    pub(crate) is_async_trait: bool,
}

/// A receiver cannot be bound again, so it decides how a body is repeated.
#[derive(Clone)]
pub(crate) enum Receiver {
    None,
    /// `&self`, which every attempt copies.
    Shared,
    /// `&mut self`, which every attempt reborrows. A generated `self` would not resolve.
    Exclusive(Token![self]),
    /// `self`, `self: Arc<Self>`, `self: Pin<&mut Self>`.
    Owned {
        token: Token![self],
        is_mutable: bool,
        is_pinned: bool,
        /// `Box<Self>`, whose content a body may match on.
        is_boxed: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passing {
    Value,
    Shared,
    Exclusive,
}

#[derive(Clone)]
pub(crate) struct Param {
    /// The user's name, if the pattern is a name.
    pub(crate) name: Ident,
    pub(crate) pattern: Pat,
    /// The pattern is a name without `mut`.
    pub(crate) is_plain: bool,
    pub(crate) passing: Passing,
    /// A number or the like, whose drop has no effect.
    pub(crate) is_primitive: bool,
    pub(crate) type_span: Span,
    /// `#[cfg(..)]`, which all mentions of the parameter need too.
    pub(crate) cfgs: Vec<Attribute>,
    /// `#[allow(..)]` and the like, which apply to the name in the body.
    pub(crate) lints: Vec<Attribute>,
}

impl Param {
    pub(crate) fn names(&self) -> Vec<String> {
        fn idents(tokens: TokenStream, names: &mut Vec<String>) {
            for token in tokens {
                match token {
                    // A closure `|_| ..` does not mention the parameter `_`.
                    TokenTree::Ident(ident) if ident == "_" => {}
                    TokenTree::Ident(ident) => names.push(ident.to_string()),
                    TokenTree::Group(group) => idents(group.stream(), names),
                    TokenTree::Punct(_) | TokenTree::Literal(_) => {}
                }
            }
        }
        let mut names = vec![self.name.to_string()];
        idents(self.pattern.to_token_stream(), &mut names);
        names
    }

    pub(crate) fn is_mutable(&self) -> bool {
        matches!(&self.pattern, Pat::Ident(pat) if pat.mutability.is_some())
    }

    pub(crate) fn is_wild(&self) -> bool {
        matches!(self.pattern, Pat::Wild(_))
    }
}

impl Function {
    /// `self` comes last.
    pub(crate) fn argument_names(&self) -> Vec<String> {
        let this = (!matches!(self.receiver, Receiver::None)).then(|| "self".to_owned());
        self.params.iter().map(|param| param.name.to_string()).chain(this).collect()
    }

    /// The compiler takes the braces of a `$body:block` for superfluous after a procedural macro.
    pub(crate) fn ends_in_block_of_a_macro(&self) -> bool {
        matches!(self.statements.clone().into_iter().last(), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::None)
    }

    /// `None` for a declaration without a body.
    pub(crate) fn of(item: &Item) -> Option<Self> {
        let body = item.body.as_ref()?;
        let (inner_attrs, statements) = split_inner_attrs(body.stream());
        let declared = match &item.sig.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some((**ty).clone()),
        };
        let mut function = Self {
            shape: Shape::Sync,
            stream: None,
            output: declared,
            inner_attrs,
            block_span: body.span(),
            statements,
            receiver: Receiver::None,
            params: Vec::new(),
            is_async_trait: item.sig.generics.lifetimes().any(|parameter| parameter.lifetime.ident == "async_trait"),
        };
        function.find_shape(item.sig.asyncness.is_some());
        function.stream = function.output.as_ref().and_then(StreamOutput::of);
        if function.shape == Shape::Sync && function.stream.is_some() {
            function.shape = Shape::Stream;
        }
        for (index, argument) in item.sig.inputs.iter().enumerate() {
            match argument {
                FnArg::Receiver(receiver) => function.receiver = kind_of_self(receiver),
                FnArg::Typed(typed) => function.params.push(param(index, typed)),
            }
        }
        Some(function)
    }

    fn find_shape(&mut self, is_async: bool) {
        if is_async {
            self.shape = Shape::Async;
            return;
        }
        let Some((output, boxing)) = self.output.as_ref().and_then(future_output) else { return };
        self.output = Some(output);
        self.shape = match async_block(&self.statements) {
            Some((statements, span)) if boxing != Boxing::Unpinned => {
                self.statements = statements;
                self.block_span = span;
                Shape::AsyncBlock { boxing }
            }
            _ => Shape::ReturnsFuture { boxing },
        };
    }
}

fn kind_of_self(receiver: &syn::Receiver) -> Receiver {
    let exclusive = || Receiver::Exclusive(receiver.self_token);
    let owned = |is_pinned, is_boxed| Receiver::Owned {
        token: receiver.self_token,
        is_mutable: receiver.mutability.is_some(),
        is_pinned,
        is_boxed,
    };
    match &receiver.kind {
        ReceiverKind::Reference(_, _, Some(_)) => exclusive(),
        ReceiverKind::Reference(..) => Receiver::Shared,
        ReceiverKind::Typed(_, ty) => match bare(ty) {
            Type::Reference(reference) if reference.mutability.is_some() => exclusive(),
            Type::Reference(_) => Receiver::Shared,
            ty => owned(is_pinned_exclusive(ty), is_box(ty)),
        },
        _ => owned(false, false),
    }
}

/// `Pin<&mut Self>`
fn is_pinned_exclusive(ty: &Type) -> bool {
    matches!(inside_pin(ty), Some(Type::Reference(inside)) if inside.mutability.is_some())
}

fn is_box(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Box"))
}

fn inside_pin(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = bare(ty) else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Pin")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first() {
        Some(GenericArgument::Type(inside)) => Some(inside),
        _ => None,
    }
}

fn param(index: usize, typed: &syn::PatType) -> Param {
    let passing = match bare(&typed.ty) {
        Type::Reference(reference) if reference.mutability.is_some() => Passing::Exclusive,
        Type::Reference(_) => Passing::Shared,
        _ => Passing::Value,
    };
    let numbered = || Ident::new(&format!("__arg{index}"), Span::mixed_site());
    let (name, is_plain) = match &*typed.pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => {
            (pat.ident.clone(), pat.mutability.is_none())
        }
        _ => (numbered(), false),
    };
    Param {
        name,
        pattern: (*typed.pat).clone(),
        is_plain,
        passing,
        is_primitive: is_primitive(&typed.ty),
        type_span: span_of(bare(&typed.ty)),
        cfgs: typed.attrs.iter().filter(|attr| attr.path().is_ident("cfg")).cloned().collect(),
        lints: typed.attrs.iter().filter(|attr| is_lint(attr)).cloned().map(allow_expected).collect(),
    }
}

pub(crate) const PRIMITIVES: [&str; 16] = [
    "bool", "char", "f32", "f64", "i128", "i16", "i32", "i64", "i8", "isize", "u128", "u16", "u32", "u64", "u8",
    "usize",
];

fn is_primitive(ty: &Type) -> bool {
    let is_one = |name: &Ident| PRIMITIVES.iter().any(|primitive| name == primitive);
    matches!(bare(ty), Type::Path(path) if path.path.get_ident().is_some_and(is_one))
}

/// Returns whether a type is plainly not a future.
pub(crate) fn is_plain(ty: &Type) -> bool {
    match bare(ty) {
        Type::Path(path) => {
            let last = path.path.segments.last();
            is_primitive(ty)
                || last.is_some_and(|last| {
                    ["Arc", "Option", "Result", "String", "Vec"].iter().any(|name| last.ident == name)
                })
        }
        Type::Tuple(_) | Type::Array(_) => true,
        _ => false,
    }
}

pub(crate) fn is_lint(attribute: &Attribute) -> bool {
    ["allow", "expect", "warn", "deny", "forbid"].iter().any(|level| attribute.path().is_ident(level))
}

/// Strips parentheses and the invisible group of a `$t:ty`.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        ty => ty,
    }
}

/// Knows `impl Future`, `Pin<Box<dyn Future>>` and the `BoxFuture`s, but no alias.
fn future_output(ty: &Type) -> Option<(Type, Boxing)> {
    match bare(ty) {
        Type::ImplTrait(it) => it.bounds.iter().find_map(output_of_bound).map(|output| (output, Boxing::None)),
        Type::TraitObject(object) => {
            object.bounds.iter().find_map(output_of_bound).map(|output| (output, Boxing::Unpinned))
        }
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
            let first = arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })?;
            match &*last.ident.to_string() {
                "BoxFuture" | "LocalBoxFuture" => Some((first.clone(), Boxing::Pinned)),
                "Box" => future_output(first),
                "Pin" => future_output(first).map(|(output, _)| (output, Boxing::Pinned)),
                _ => None,
            }
        }
        _ => None,
    }
}

fn output_of_bound(bound: &TypeParamBound) -> Option<Type> {
    let TypeParamBound::Trait(bound) = bound else { return None };
    let last = bound.path.segments.last().filter(|last| last.ident == "Future")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(assoc) if assoc.ident == "Output" => Some(assoc.ty.clone()),
        _ => None,
    })
}

/// Finds `async move { .. }` or `Box::pin(async move { .. })`.
fn async_block(body: &TokenStream) -> Option<(TokenStream, Span)> {
    let statements = syn::Block::parse_within.parse2(body.clone()).ok()?;
    let [Stmt::Expr(value, None)] = &*statements else { return None };
    let value = match value {
        Expr::Call(call) if call.args.len() == 1 && is_box_pin(&call.func) => &call.args[0],
        value => value,
    };
    match value {
        Expr::Async(block) if block.capture.is_some() && block.attrs.is_empty() => {
            let statements = &block.block.stmts;
            Some((quote!(#(#statements)*), block.block.brace_token.span.join()))
        }
        _ => None,
    }
}

fn is_box_pin(function: &Expr) -> bool {
    let Expr::Path(path) = function else { return false };
    let mut segments = path.path.segments.iter().rev();
    segments.next().is_some_and(|last| last.ident == "pin") && segments.next().is_some_and(|ty| ty.ident == "Box")
}

fn split_inner_attrs(body: TokenStream) -> (TokenStream, TokenStream) {
    let mut attrs = TokenStream::new();
    let mut rest = body.into_iter();
    loop {
        let mut ahead = rest.clone();
        match (ahead.next(), ahead.next(), ahead.next()) {
            (Some(TokenTree::Punct(hash)), Some(TokenTree::Punct(bang)), Some(TokenTree::Group(group)))
                if hash.as_char() == '#' && bang.as_char() == '!' && group.delimiter() == Delimiter::Bracket =>
            {
                attrs.extend([TokenTree::Punct(hash), TokenTree::Punct(bang), TokenTree::Group(group)]);
                rest = ahead;
            }
            _ => return (attrs, rest.collect()),
        }
    }
}
