#![deny(warnings)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]
//! An attribute changes how often a function runs and nothing else, whatever the function looks like and wherever it stands.

mod hygiene;
mod hygiene_derive;
mod send;
mod signatures;
mod unused;
