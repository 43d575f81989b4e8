//! What the checks allow. These figures only fall: lower them when the source allows it, never raise them.

pub struct Limits {
    pub rooms_in_circles: usize,
    pub type_names_defined_twice: usize,
    /// The aim is 70: 7 comment lines for 100 lines of code.
    pub private_comments_per_thousand: usize,
}

/// In the order of `CRATES`: the macros, the options, the store for Redis, the runtime.
pub const LIMITS: [Limits; 4] = [
    Limits { rooms_in_circles: 0, type_names_defined_twice: 0, private_comments_per_thousand: 70 },
    Limits { rooms_in_circles: 0, type_names_defined_twice: 0, private_comments_per_thousand: 70 },
    Limits { rooms_in_circles: 0, type_names_defined_twice: 0, private_comments_per_thousand: 70 },
    Limits { rooms_in_circles: 0, type_names_defined_twice: 0, private_comments_per_thousand: 70 },
];
