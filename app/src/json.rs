//! JSON to types, read by the browser's own parser.
//!
//! serde_json's reader costs a sixth of the page's download; the browser has one. Structures are read from objects only.

use js_sys::{Array, JSON, Object, Reflect, SyntaxError};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use crate::dom;

/// Why a text is not what it should be.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Error(String);

impl serde::de::Error for Error {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// Reads a value.
///
/// # Errors
/// When the text is not JSON, or not of this shape.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    Value::parse(text)?.read()
}

/// A value that was parsed but not yet given a type.
#[derive(Clone)]
pub(crate) struct Value(JsValue);

impl Value {
    /// Parses.
    ///
    /// # Errors
    /// When the text is not JSON.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        JSON::parse(text)
            .map(Self)
            .map_err(|error| Error(dom::describe(&error)))
    }

    /// The body of a response; `None` when it does not arrive whole. The text never passes through the page's memory.
    ///
    /// # Errors
    /// When it is not JSON.
    pub(crate) async fn of(response: &Response) -> Option<Result<Self, Error>> {
        match JsFuture::from(response.json().ok()?).await {
            Ok(value) => Some(Ok(Self(value))),
            Err(error) if error.is_instance_of::<SyntaxError>() => {
                Some(Err(Error(dom::describe(&error))))
            }
            Err(_) => None,
        }
    }

    /// The elements, when it is a list.
    pub(crate) fn elements(&self) -> Vec<Self> {
        let list = self.0.dyn_ref::<Array>().into_iter();
        list.flat_map(Array::iter).map(Self).collect()
    }

    /// A field; null when it is not there.
    pub(crate) fn field(&self, name: &str) -> Self {
        Self(dom::get(&self.0, name).unwrap_or(JsValue::NULL))
    }

    /// Gives it a type.
    ///
    /// # Errors
    /// When it has another shape.
    pub(crate) fn read<T: DeserializeOwned>(self) -> Result<T, Error> {
        T::deserialize(self)
    }

    fn number<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, Error> {
        let number = self.0.as_f64().ok_or_else(|| wrong("a number"))?;
        if number.fract() != 0.0 || number.abs() >= 9_007_199_254_740_992.0 {
            visitor.visit_f64(number)
        } else if number < 0.0 {
            visitor.visit_i64(number as i64)
        } else {
            visitor.visit_u64(number as u64)
        }
    }

    fn text(&self) -> Result<String, Error> {
        self.0.as_string().ok_or_else(|| wrong("a text"))
    }

    fn list<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(Items {
            array: self.0.dyn_into().map_err(|_| wrong("a list"))?,
            next: 0,
        })
    }

    fn fields<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let object: Object = self.0.dyn_into().map_err(|_| wrong("an object"))?;
        visitor.visit_map(Fields {
            keys: Object::keys(&object),
            object,
            next: 0,
        })
    }
}

fn wrong(wanted: &str) -> Error {
    Error(format!("expected {wanted}"))
}

macro_rules! through {
    ($($method:ident => $reader:ident),+ $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.$reader(visitor)
        }
    )+};
}

impl<'de> Deserializer<'de> for Value {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() {
            visitor.visit_unit()
        } else if let Some(flag) = self.0.as_bool() {
            visitor.visit_bool(flag)
        } else if self.0.as_f64().is_some() {
            self.number(visitor)
        } else if self.0.is_string() {
            visitor.visit_string(self.text()?)
        } else if Array::is_array(&self.0) {
            self.list(visitor)
        } else {
            self.fields(visitor)
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bool(self.0.as_bool().ok_or_else(|| wrong("true or false"))?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.text()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.fields(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(Variant(self))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.list(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    through! {
        deserialize_u8 => number, deserialize_u16 => number, deserialize_u32 => number, deserialize_u64 => number,
        deserialize_i8 => number, deserialize_i16 => number, deserialize_i32 => number, deserialize_i64 => number,
        deserialize_f32 => number, deserialize_f64 => number, deserialize_seq => list, deserialize_map => fields,
    }

    serde::forward_to_deserialize_any! { char bytes byte_buf unit unit_struct tuple_struct }
}

/// A variant: a name, or an object with its name as the only key.
struct Variant(Value);

impl<'de> EnumAccess<'de> for Variant {
    type Error = Error;
    type Variant = Value;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Value), Error> {
        let Some(object) = self.0.0.dyn_ref::<Object>() else {
            return Ok((seed.deserialize(self.0)?, Value(JsValue::NULL)));
        };
        let name = Object::keys(object).get(0);
        let content = Reflect::get(object, &name).unwrap_or(JsValue::NULL);
        Ok((seed.deserialize(Value(name))?, Value(content)))
    }
}

impl<'de> VariantAccess<'de> for Value {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.list(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.fields(visitor)
    }
}

struct Items {
    array: Array,
    next: u32,
}

impl<'de> SeqAccess<'de> for Items {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        if self.next >= self.array.length() {
            return Ok(None);
        }
        self.next += 1;
        seed.deserialize(Value(self.array.get(self.next - 1)))
            .map(Some)
    }
}

struct Fields {
    object: Object,
    keys: Array,
    next: u32,
}

impl<'de> MapAccess<'de> for Fields {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        if self.next >= self.keys.length() {
            return Ok(None);
        }
        self.next += 1;
        seed.deserialize(Value(self.keys.get(self.next - 1)))
            .map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        let key = self.keys.get(self.next.saturating_sub(1));
        let value =
            Reflect::get(&self.object, &key).map_err(|error| Error(dom::describe(&error)))?;
        seed.deserialize(Value(value))
    }
}
