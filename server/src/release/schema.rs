//! What the tables of a release look like: names, types and meanings of columns, written once for JSONL, Parquet, the card,
//! `schema.json` and Croissant.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};
use palate_shared::api::figures::{ColumnSchema, TableSchema};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// UTF-8.
    Text,
    /// 64 bit, signed.
    Int,
    /// 64 bit.
    Float,
    /// True or false.
    Bool,
    /// A day: `YYYY-MM-DD` in JSONL, `DATE` in Parquet.
    Day,
    /// A list of texts.
    Texts,
    /// A list of lists of texts.
    TextGroups,
    /// A list of integers.
    Ints,
}

impl Kind {
    /// As shown in the card.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Text => "string",
            Kind::Int => "int64",
            Kind::Float => "double",
            Kind::Bool => "boolean",
            Kind::Day => "date",
            Kind::Texts => "list of string",
            Kind::TextGroups => "list of list of string",
            Kind::Ints => "list of int64",
        }
    }

    fn arrow(self) -> DataType {
        let list = |element| DataType::List(Arc::new(Field::new("element", element, false)));
        match self {
            Kind::Text => DataType::Utf8,
            Kind::Int => DataType::Int64,
            Kind::Float => DataType::Float64,
            Kind::Bool => DataType::Boolean,
            Kind::Day => DataType::Date32,
            Kind::Texts => list(DataType::Utf8),
            Kind::TextGroups => list(list(DataType::Utf8)),
            Kind::Ints => list(DataType::Int64),
        }
    }
}

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// Name, the same in JSONL and Parquet.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it may be null.
    pub may_be_null: bool,
    /// For people.
    pub meaning: &'static str,
}

/// A column that always has a value.
pub(crate) const fn column(name: &'static str, kind: Kind, meaning: &'static str) -> Column {
    Column {
        name,
        kind,
        may_be_null: false,
        meaning,
    }
}

/// A column that may be null.
pub(crate) const fn maybe(name: &'static str, kind: Kind, meaning: &'static str) -> Column {
    Column {
        name,
        kind,
        may_be_null: true,
        meaning,
    }
}

/// A table: what stands in `NAME.jsonl` and `NAME.parquet`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spec {
    /// Name of its files.
    pub name: &'static str,
    /// One sentence for the card.
    pub summary: &'static str,
    /// The column that names a row, where one does.
    pub key: Option<&'static str>,
    /// In order.
    pub columns: &'static [Column],
}

impl Spec {
    /// As in `schema.json`.
    pub(crate) fn described(&self) -> TableSchema {
        let columns = self.columns.iter().map(|column| ColumnSchema {
            name: column.name.to_owned(),
            kind: column.kind.name().to_owned(),
            may_be_null: column.may_be_null,
            meaning: column.meaning.to_owned(),
        });
        TableSchema {
            name: self.name.to_owned(),
            summary: self.summary.to_owned(),
            columns: columns.collect(),
        }
    }

    /// The schema that Parquet files carry, with the meaning of each column.
    pub(crate) fn arrow(&self) -> Arc<Schema> {
        let fields: Vec<Field> = self
            .columns
            .iter()
            .map(|column| {
                // One entry a field: a map of more would have no fixed order.
                let meaning =
                    HashMap::from([("description".to_owned(), column.meaning.to_owned())]);
                Field::new(column.name, column.kind.arrow(), column.may_be_null)
                    .with_metadata(meaning)
            })
            .collect();
        Arc::new(Schema::new(fields))
    }
}

/// Columns that several tables share.
pub(crate) mod shared {
    use super::{Column, Kind, column};

    pub(crate) const ROW_ID: Column = column(
        "row_id",
        Kind::Text,
        "The judgment: a keyed hash, the same in every release.",
    );
    pub(crate) const RATER_ID: Column = column(
        "rater_id",
        Kind::Text,
        "The person: a keyed pseudonym. A person who asks for a new one has it for all that follows.",
    );
    pub(crate) const PACK: Column = column(
        "pack",
        Kind::Text,
        "The pack of prompts and answers; `own` where the person typed the prompt and chose to publish it.",
    );
    pub(crate) const ITEMS: Column = column(
        "items_sha256",
        Kind::Text,
        "SHA-256 of the exact texts that were shown.",
    );
    pub(crate) const PROMPT_ID: Column = column("prompt_id", Kind::Text, "The prompt in its pack.");
    pub(crate) const RATER_SPLIT: Column = column(
        "rater_split",
        Kind::Text,
        "`train`, `validation` or `test`: by person, the same in every release.",
    );
    pub(crate) const PROMPT_SPLIT: Column = column(
        "prompt_split",
        Kind::Text,
        "`train`, `validation` or `test`: by prompt, the same in every release.",
    );
    pub(crate) const LICENCE: Column = column("licence", Kind::Text, "SPDX id of the row.");
    pub(crate) const TEXT_LICENCE: Column = column(
        "text_licence",
        Kind::Text,
        "SPDX id of the texts in the row; in pack `own` the terms of the model, in words.",
    );
}
