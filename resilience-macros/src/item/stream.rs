//! Return types that are streams.

use syn::{GenericArgument, PathArguments, Type, TypeParamBound};

use super::{Boxing, bare};

#[derive(Clone)]
pub(crate) struct StreamOutput {
    pub(crate) item: Type,
    pub(crate) stream: Type,
    pub(crate) boxing: Boxing,
    /// `impl Stream + Unpin`
    pub(crate) is_unpin: bool,
    pub(crate) in_result: bool,
    pub(crate) in_option: bool,
}

impl StreamOutput {
    /// Knows `impl Stream`, `Pin<Box<dyn Stream>>` and the `BoxStream`s, alone or in a `Result`, but no
    /// alias of them.
    pub(crate) fn of(output: &Type) -> Option<Self> {
        let output = bare(output);
        if let Some(stream) = alone(output) {
            return Some(stream);
        }
        let Type::Path(path) = output else { return None };
        // Whatever an attribute accepts around a stream is a `Result`, under any name.
        let last = path.path.segments.last()?;
        let stream = alone(types_of(&last.arguments).next()?)?;
        Some(Self { in_result: true, in_option: last.ident == "Option", ..stream })
    }
}

fn alone(ty: &Type) -> Option<StreamOutput> {
    let ty = bare(ty);
    let stream = |item: &Type, boxing, is_unpin| {
        Some(StreamOutput {
            item: item.clone(),
            stream: ty.clone(),
            boxing,
            is_unpin,
            in_result: false,
            in_option: false,
        })
    };
    match ty {
        Type::ImplTrait(it) => {
            let item = it.bounds.iter().find_map(item_of_bound)?;
            stream(item, Boxing::None, it.bounds.iter().any(is_unpin))
        }
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let name = last.ident.to_string();
            match &*name {
                "BoxStream" | "LocalBoxStream" => stream(types_of(&last.arguments).next()?, Boxing::Pinned, false),
                "Box" => stream(item_of_object(ty)?, Boxing::Unpinned, false),
                "Pin" => stream(item_of_object(types_of(&last.arguments).next()?)?, Boxing::Pinned, false),
                _ => None,
            }
        }
        _ => None,
    }
}

/// `Box<dyn Stream<Item = ..>>`
fn item_of_object(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = bare(ty) else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Box")?;
    let Type::TraitObject(object) = bare(types_of(&last.arguments).next()?) else { return None };
    object.bounds.iter().find_map(item_of_bound)
}

fn types_of(arguments: &PathArguments) -> impl Iterator<Item = &Type> {
    let arguments = match arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    arguments.into_iter().flatten().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

fn item_of_bound(bound: &TypeParamBound) -> Option<&Type> {
    let TypeParamBound::Trait(bound) = bound else { return None };
    let last = bound.path.segments.last().filter(|last| last.ident == "Stream")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(assoc) if assoc.ident == "Item" => Some(&assoc.ty),
        _ => None,
    })
}

fn is_unpin(bound: &TypeParamBound) -> bool {
    matches!(bound, TypeParamBound::Trait(bound) if bound.path.segments.last().is_some_and(|last| last.ident == "Unpin"))
}
