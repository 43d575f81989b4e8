//! A hash over the output of `Serialize`, including the names of fields and variants.
//!
//! A format may read a value even if its type has changed since it was written. Two values with one
//! fingerprint have the same fields with the same content, so a reader compares the fingerprint of
//! what it has read with that of the writer.

use std::fmt;
use std::hash::Hasher;

use serde::ser::{self, Serialize, Serializer};
use siphasher::sip128::{Hasher128, SipHasher24};

/// The reason why a value cannot be shared. It contains no part of the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FingerprintError {
    #[error("its `Serialize` failed")]
    Failed,
    #[error("two floats of one meaning may differ")]
    Float,
    #[error("the format cannot tell it from another value")]
    Ambiguous,
}

impl ser::Error for FingerprintError {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::Failed
    }
}

pub fn of_key<K: Serialize + ?Sized>(key: &K) -> Result<u128, FingerprintError> {
    key.serialize(Fingerprint::Key)
}

pub fn of_value<V: Serialize + ?Sized>(value: &V) -> Result<u128, FingerprintError> {
    value.serialize(Fingerprint::Value)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fingerprint {
    Key,
    /// JSON can read it back. Sequences may be sets, which have no order.
    Value,
}

/// The kind of a node, so that `""` and an empty sequence differ.
#[derive(Debug, Clone, Copy)]
enum NodeKind {
    Null,
    Absent,
    Present,
    Bool,
    Natural,
    Negative,
    Float,
    Text,
    Bytes,
    Sequence,
    Tuple,
    Map,
    Fields,
    Variant,
}

fn leaf(node: NodeKind, content: &[u8]) -> u128 {
    let mut hasher = SipHasher24::new();
    hasher.write(&[node as u8]);
    hasher.write(content);
    hasher.finish128().as_u128()
}

fn branch(node: NodeKind, parts: impl IntoIterator<Item = u128>) -> u128 {
    let mut hasher = SipHasher24::new();
    hasher.write(&[node as u8]);
    for part in parts {
        hasher.write(&part.to_le_bytes());
    }
    hasher.finish128().as_u128()
}

fn variant(name: &str, content: Option<u128>) -> u128 {
    branch(NodeKind::Variant, [Some(leaf(NodeKind::Text, name.as_bytes())), content].into_iter().flatten())
}

fn null() -> u128 {
    leaf(NodeKind::Null, &[])
}

fn absent() -> u128 {
    leaf(NodeKind::Absent, &[])
}

impl Fingerprint {
    fn float(self, value: f64) -> Result<u128, FingerprintError> {
        match self {
            Self::Key => Err(FingerprintError::Float),
            Self::Value if value.is_finite() => Ok(leaf(NodeKind::Float, &value.to_bits().to_le_bytes())),
            Self::Value => Err(FingerprintError::Ambiguous),
        }
    }

    fn parts(self, node: NodeKind) -> Parts {
        Parts { to: self, node, variant: None, hashes: Vec::new() }
    }

    fn pairs(self, node: NodeKind) -> Pairs {
        Pairs { to: self, node, variant: None, key: None, hashes: Vec::new() }
    }
}

macro_rules! numbers {
    ($($method:ident: $ty:ty as $wide:ident;)*) => {$(
        fn $method(self, value: $ty) -> Result<u128, FingerprintError> {
            self.$wide(value.into())
        }
    )*};
}

impl Serializer for Fingerprint {
    type Ok = u128;
    type Error = FingerprintError;
    type SerializeSeq = Parts;
    type SerializeTuple = Parts;
    type SerializeTupleStruct = Parts;
    type SerializeTupleVariant = Parts;
    type SerializeMap = Pairs;
    type SerializeStruct = Pairs;
    type SerializeStructVariant = Pairs;

    numbers! {
        serialize_i8: i8 as serialize_i128;
        serialize_i16: i16 as serialize_i128;
        serialize_i32: i32 as serialize_i128;
        serialize_i64: i64 as serialize_i128;
        serialize_u8: u8 as serialize_u128;
        serialize_u16: u16 as serialize_u128;
        serialize_u32: u32 as serialize_u128;
        serialize_u64: u64 as serialize_u128;
        serialize_f32: f32 as float;
        serialize_f64: f64 as float;
    }

    fn serialize_bool(self, value: bool) -> Result<u128, FingerprintError> {
        Ok(leaf(NodeKind::Bool, &[value.into()]))
    }
    fn serialize_i128(self, value: i128) -> Result<u128, FingerprintError> {
        let node = if value < 0 { NodeKind::Negative } else { NodeKind::Natural };
        Ok(leaf(node, &value.unsigned_abs().to_le_bytes()))
    }
    fn serialize_u128(self, value: u128) -> Result<u128, FingerprintError> {
        Ok(leaf(NodeKind::Natural, &value.to_le_bytes()))
    }
    fn serialize_char(self, value: char) -> Result<u128, FingerprintError> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }
    fn serialize_str(self, value: &str) -> Result<u128, FingerprintError> {
        Ok(leaf(NodeKind::Text, value.as_bytes()))
    }
    fn serialize_bytes(self, value: &[u8]) -> Result<u128, FingerprintError> {
        Ok(leaf(NodeKind::Bytes, value))
    }
    fn serialize_none(self) -> Result<u128, FingerprintError> {
        Ok(absent())
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<u128, FingerprintError> {
        let content = value.serialize(self)?;
        // Written as `null`, and read as `None`.
        if self == Self::Value && [null(), absent()].contains(&content) {
            return Err(FingerprintError::Ambiguous);
        }
        Ok(branch(NodeKind::Present, [content]))
    }
    fn serialize_unit(self) -> Result<u128, FingerprintError> {
        Ok(null())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<u128, FingerprintError> {
        Ok(null())
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Result<u128, FingerprintError> {
        Ok(variant(name, None))
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<u128, FingerprintError> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        value: &T,
    ) -> Result<u128, FingerprintError> {
        Ok(variant(name, Some(value.serialize(self)?)))
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Parts, FingerprintError> {
        Ok(self.parts(NodeKind::Sequence))
    }
    fn serialize_tuple(self, _: usize) -> Result<Parts, FingerprintError> {
        Ok(self.parts(NodeKind::Tuple))
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Parts, FingerprintError> {
        Ok(self.parts(NodeKind::Tuple))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Parts, FingerprintError> {
        Ok(Parts { variant: Some(name), ..self.parts(NodeKind::Tuple) })
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Pairs, FingerprintError> {
        Ok(self.pairs(NodeKind::Map))
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Pairs, FingerprintError> {
        Ok(self.pairs(NodeKind::Fields))
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Pairs, FingerprintError> {
        Ok(Pairs { variant: Some(name), ..self.pairs(NodeKind::Fields) })
    }
}

struct Parts {
    to: Fingerprint,
    node: NodeKind,
    variant: Option<&'static str>,
    hashes: Vec<u128>,
}

impl Parts {
    fn add<T: Serialize + ?Sized>(&mut self, part: &T) -> Result<(), FingerprintError> {
        self.hashes.push(part.serialize(self.to)?);
        Ok(())
    }

    fn finish(mut self) -> u128 {
        if matches!((self.to, self.node), (Fingerprint::Value, NodeKind::Sequence)) {
            self.hashes.sort_unstable();
        }
        let content = branch(self.node, self.hashes);
        self.variant.map_or(content, |name| variant(name, Some(content)))
    }
}

struct Pairs {
    to: Fingerprint,
    node: NodeKind,
    variant: Option<&'static str>,
    key: Option<u128>,
    hashes: Vec<(u128, u128)>,
}

impl Pairs {
    fn add_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), FingerprintError> {
        self.hashes.push((leaf(NodeKind::Text, name.as_bytes()), value.serialize(self.to)?));
        Ok(())
    }

    fn finish(mut self) -> u128 {
        self.hashes.sort_unstable();
        let content = branch(self.node, self.hashes.into_iter().flat_map(|(key, value)| [key, value]));
        self.variant.map_or(content, |name| variant(name, Some(content)))
    }
}

macro_rules! of_parts {
    ($($kind:ident $method:ident;)*) => {$(
        impl ser::$kind for Parts {
            type Ok = u128;
            type Error = FingerprintError;

            fn $method<T: Serialize + ?Sized>(&mut self, part: &T) -> Result<(), FingerprintError> {
                self.add(part)
            }
            fn end(self) -> Result<u128, FingerprintError> {
                Ok(self.finish())
            }
        }
    )*};
}

of_parts! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

macro_rules! of_fields {
    ($($kind:ident)*) => {$(
        impl ser::$kind for Pairs {
            type Ok = u128;
            type Error = FingerprintError;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), FingerprintError> {
                self.add_field(name, value)
            }
            fn end(self) -> Result<u128, FingerprintError> {
                Ok(self.finish())
            }
        }
    )*};
}

of_fields!(SerializeStruct SerializeStructVariant);

impl ser::SerializeMap for Pairs {
    type Ok = u128;
    type Error = FingerprintError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), FingerprintError> {
        self.key = Some(key.serialize(self.to)?);
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), FingerprintError> {
        let key = self.key.take().ok_or(FingerprintError::Failed)?;
        self.hashes.push((key, value.serialize(self.to)?));
        Ok(())
    }
    fn end(self) -> Result<u128, FingerprintError> {
        Ok(self.finish())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap, HashSet};

    use super::*;

    #[derive(serde::Serialize)]
    struct Price {
        amount: u64,
        fee: u64,
    }

    #[derive(serde::Serialize)]
    struct Swapped {
        fee: u64,
        amount: u64,
    }

    #[test]
    fn fields_count_by_their_names() {
        let price = of_value(&Price { amount: 100, fee: 35 });
        assert_eq!(price, of_value(&Swapped { fee: 35, amount: 100 }));
        assert_ne!(price, of_value(&Swapped { fee: 100, amount: 35 }));
        assert_ne!(price, of_value(&BTreeMap::from([("amount", 100), ("fee", 35), ("tax", 0)])));
    }

    #[test]
    fn keys_that_differ_have_other_fingerprints() {
        let keys = [
            of_key(&()),
            of_key(&None::<u8>),
            of_key(&Some(())),
            of_key(&Some(None::<u8>)),
            of_key(""),
            of_key(&[0_u8; 0][..]),
            of_key(&("a", "b")),
            of_key(&("ab", "")),
            of_key(&[1, 2][..]),
            of_key(&[2, 1][..]),
            of_key(&-1),
            of_key(&1),
            of_key("1"),
            of_key(&true),
        ];
        let distinct: HashSet<u128> = keys.into_iter().map(|key| key.expect("it can be shared")).collect();
        assert_eq!(distinct.len(), keys.len());
    }

    #[test]
    fn variants_count_by_their_names() {
        #[derive(serde::Serialize)]
        enum Answer {
            Yes,
            No,
            Number(u32),
            Count(u32),
        }

        let answers = [Answer::Yes, Answer::No, Answer::Number(7), Answer::Count(7)];
        let distinct: HashSet<u128> =
            answers.iter().map(|answer| of_value(answer).expect("it can be shared")).collect();
        assert_eq!(distinct.len(), answers.len());
    }

    #[test]
    fn what_json_cannot_read_back_is_refused() {
        assert_eq!(of_value(&Some(None::<u8>)), Err(FingerprintError::Ambiguous));
        assert_eq!(of_value(&[Some(())]), Err(FingerprintError::Ambiguous));
        assert_eq!(of_value(&f64::NAN), Err(FingerprintError::Ambiguous));
        assert_eq!(of_key(&0.5), Err(FingerprintError::Float));
    }

    #[test]
    fn sets_and_maps_have_no_order() {
        // Each map has a random order of its own.
        for _ in 0..4 {
            let sets = [(); 2].map(|()| (0..50_u8).collect::<HashSet<_>>());
            assert_eq!(of_value(&sets[0]), of_value(&sets[1]));
            let maps = [(); 2].map(|()| (0..50_u8).map(|key| (key, key)).collect::<HashMap<_, _>>());
            assert_eq!(of_value(&maps[0]), of_value(&maps[1]));
        }
    }
}
