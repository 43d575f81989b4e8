//! Names of functions from the paths that `type_name` writes.

/// Returns the path of a function from that of a function inside of it, without closures and the bodies of asynchronous
/// functions.
pub fn definition(inner: &str) -> String {
    let mut segments: Vec<&str> = segments(inner).into_iter().filter(|segment| !segment.starts_with('{')).collect();
    segments.truncate(segments.len().saturating_sub(1));
    segments.join("::")
}

/// Returns `module::Type::method` for a function of a type or a trait, and `module::function` otherwise. A type of the
/// same crate keeps its own path; other types get the module of the implementation.
pub fn readable(definition: &str, module: &str, function: &str) -> String {
    match owner(definition, module) {
        Some(owner) => format!("{owner}::{function}"),
        None => format!("{module}::{function}"),
    }
}

/// Returns whether the function is defined inside of another function. A method is not: the path of
/// its type is part of its name.
pub fn is_nested(definition: &str, module: &str) -> bool {
    owner(definition, module).is_none() && segments(definition).len() > segments(module).len() + 1
}

fn owner(definition: &str, module: &str) -> Option<String> {
    let mut segments = segments(definition);
    segments.pop();
    let last = *segments.last()?;
    let inner = |prefix: &str| last.strip_prefix(prefix).and_then(|rest| rest.strip_suffix('>'));
    if let Some(header) = inner("<impl ") {
        return Some(match split(header, " for ") {
            Some((of, ty)) => of_impl(ty, Some(of), module),
            None => of_impl(header, None, module),
        });
    }
    if let Some(header) = inner("<") {
        let (ty, of) = split(header, " as ").map_or((header, None), |(ty, of)| (ty, Some(of)));
        return Some(of_impl(ty, of, module));
    }
    // By convention, types and traits begin with a capital letter, and functions do not.
    last.starts_with(char::is_uppercase).then(|| owner_path(&segments.join("::"), module))
}

fn of_impl(ty: &str, of: Option<&str>, module: &str) -> String {
    owner_path(if ty == "_" { of.unwrap_or(ty) } else { ty }, module)
}

fn owner_path(ty: &str, module: &str) -> String {
    let root = module.split("::").next().unwrap_or(module);
    let mut path = segments(ty);
    if path.len() == 1 || path.first() != Some(&root) {
        return format!("{module}::{}", short(ty));
    }
    let last = path.pop().map(short).unwrap_or_default();
    format!("{}::{last}", path.join("::"))
}

fn short(ty: &str) -> String {
    let mut out = String::with_capacity(ty.len());
    let mut word = String::new();
    let mut letters = ty.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            ':' if letters.peek() == Some(&':') => {
                letters.next();
                word.clear();
            }
            '\'' => {
                while letters.next_if(|next| next.is_alphanumeric() || *next == '_').is_some() {}
                letters.next_if_eq(&',');
                letters.next_if_eq(&' ');
            }
            _ if letter.is_alphanumeric() || letter == '_' => word.push(letter),
            _ => {
                out.push_str(&word);
                word.clear();
                out.push(letter);
            }
        }
    }
    out.push_str(&word);
    let base = out.split('<').next().unwrap_or(&out);
    let arguments = out[base.len()..].chars();
    if arguments.clone().all(|letter| matches!(letter, '<' | '>' | '_' | ',' | ' ')) { base.to_owned() } else { out }
}

fn segments(path: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let mut rest = path;
    while let Some((segment, after)) = split(rest, "::") {
        all.push(segment);
        rest = after;
    }
    all.push(rest);
    all
}

/// Splits at the first `at` outside of brackets.
fn split<'a>(text: &'a str, at: &str) -> Option<(&'a str, &'a str)> {
    let mut depth = 0_u32;
    let mut previous = ' ';
    for (index, letter) in text.char_indices() {
        if depth == 0 && text[index..].starts_with(at) {
            return Some((&text[..index], &text[index + at.len()..]));
        }
        match letter {
            '<' | '(' | '[' => depth += 1,
            // Not the arrow of a function type.
            '>' if previous == '-' => {}
            '>' | ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        previous = letter;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_in_a_function_is_nested() {
        for (inner, expected) in [
            ("a::m::ask::f", false),
            ("a::m::outer::{{closure}}::ask::f", true),
            ("a::m::A::get::{{closure}}::f", false),
            ("a::m::outer::A::get::f", false),
            ("<a::m::A as a::m::Load>::get::f", false),
            ("<a::m::outer::A as a::m::Load>::get::f", false),
            ("a::m::outer::<impl a::m::Load for u8>::get::f", false),
            ("a::m::<impl a::types::Other>::get::f", false),
            ("<alloc::vec::Vec<a::m::A> as a::m::Load>::get::f", false),
        ] {
            assert_eq!(is_nested(&definition(inner), "a::m"), expected, "{inner}");
        }
    }

    #[test]
    fn a_function_has_the_path_of_its_type_or_module() {
        for (inner, function, expected) in [
            ("a::m::ask::f", "ask", "a::m::ask"),
            ("a::m::outer::{{closure}}::ask::{{closure}}::f", "ask", "a::m::ask"),
            ("a::m::A::get::f", "get", "a::m::A::get"),
            ("a::m::A::get::{{closure}}::f", "get", "a::m::A::get"),
            ("a::m::main::A::get::f", "get", "a::m::main::A::get"),
            ("<a::m::A as a::m::Load>::get::f", "get", "a::m::A::get"),
            ("a::m::Load::get::f", "get", "a::m::Load::get"),
            ("a::m::B<_>::get::f", "get", "a::m::B::get"),
            ("a::m::B<'_, _>::get::f", "get", "a::m::B::get"),
            ("a::m::B<u8>::get::f", "get", "a::m::B<u8>::get"),
            ("<a::m::B<a::x::C> as a::m::Load>::get::f", "get", "a::m::B<C>::get"),
            ("<&str as a::m::Load>::get::f", "get", "a::m::&str::get"),
            ("<&'_ str as a::m::Load>::get::f", "get", "a::m::&str::get"),
            ("<[u8] as a::m::Load>::get::f", "get", "a::m::[u8]::get"),
            ("<alloc::vec::Vec<a::types::Other> as a::m::Load>::get::f", "get", "a::m::Vec<Other>::get"),
            ("<a::types::Other as a::m::Load>::get::f", "get", "a::types::Other::get"),
            ("a::m::<impl a::types::Other>::get::f", "get", "a::types::Other::get"),
            ("a::m::<impl a::types::G<_>>::get::f", "get", "a::types::G::get"),
            ("<_ as a::m::Ext>::get::f", "get", "a::m::Ext::get"),
            ("a::m::<impl a::m::Load for fn(u8, &str) -> (u8,)>::get::f", "get", "a::m::fn(u8, &str) -> (u8,)::get"),
        ] {
            assert_eq!(readable(&definition(inner), "a::m", function), expected, "{inner}");
        }
    }
}
