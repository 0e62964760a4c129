//! What an operator of studies does: the token, the file that becomes a study, the list.

use std::cell::RefCell;

use js_sys::{Array, Function, JSON, JsString, Promise};
use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::api::studies::{SourceFormat, SourceReport, Study, StudyChange, StudySettings};
use palate_shared::ids::StudyId;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use crate::error::{Error, Result};
use crate::{api, dom, strings};

/// Signs of a text that are written as JSON between two frames.
const PIECE: u32 = 200_000;

thread_local! {
    /// The operator's token, for as long as this tab lives; it is stored nowhere.
    static TOKEN: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The token that was typed in.
pub(crate) fn token() -> String {
    TOKEN.with_borrow(Clone::clone)
}

/// What the page shows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Place {
    /// The question for the token.
    Door,
    /// All studies.
    List,
    /// The form for a new one.
    New,
    /// One study.
    One(StudyId),
}

/// The state of the page.
#[derive(Clone, Copy)]
pub(crate) struct Operating {
    /// What is shown.
    pub(crate) place: RwSignal<Place>,
    /// Every study, newest first.
    pub(crate) studies: RwSignal<Vec<Study>>,
    /// Whether the server is asked for something.
    pub(crate) busy: RwSignal<bool>,
    /// What went wrong last.
    pub(crate) failed: RwSignal<String>,
}

impl Operating {
    /// At the door, or in the list where the token is known.
    pub(crate) fn begin() -> Self {
        let operating = Self {
            place: RwSignal::new(Place::Door),
            studies: RwSignal::new(Vec::new()),
            busy: RwSignal::new(false),
            failed: RwSignal::new(String::new()),
        };
        if !token().is_empty() {
            operating.enter(token());
        }
        operating
    }

    /// Tries a token, and keeps it when it opens.
    pub(crate) fn enter(self, typed: String) {
        self.run(async move {
            let found = api::studies::all(&typed).await?;
            TOKEN.set(typed);
            self.studies.try_set(found.studies);
            self.place.try_set(Place::List);
            Ok(())
        });
    }

    /// Forgets the token.
    pub(crate) fn leave(self) {
        TOKEN.set(String::new());
        self.studies.set(Vec::new());
        self.show(Place::Door);
    }

    /// Goes to another part of the page.
    pub(crate) fn show(self, place: Place) {
        self.failed.set(String::new());
        self.place.set(place);
    }

    /// Goes to the list and fetches it anew.
    pub(crate) fn list(self) {
        self.show(Place::List);
        self.run(async move {
            let found = api::studies::all(&token()).await?;
            self.studies.try_set(found.studies);
            Ok(())
        });
    }

    /// Opens or closes a study, or sets its limits; `then` gets it as it is now.
    pub(crate) fn change(
        self,
        id: StudyId,
        change: StudyChange,
        then: impl FnOnce(Study) + 'static,
    ) {
        self.run(async move {
            then(api::studies::change(&token(), &id, &change).await?);
            Ok(())
        });
    }

    /// Does something that the server is asked for, and says what went wrong.
    pub(crate) fn run(self, work: impl Future<Output = Result<()>> + 'static) {
        self.busy.set(true);
        self.failed.set(String::new());
        spawn_local(async move {
            let done = work.await;
            self.busy.try_set(false);
            if let Err(error) = done {
                self.failed.try_set(error.to_string());
            }
        });
    }
}

/// A chosen file, as it goes to the server.
#[derive(Clone)]
pub(crate) struct Source {
    format: &'static str,
    content: Blob,
}

/// How a file is written, by the end of its name; `None` for any other.
fn format(name: &str) -> Option<SourceFormat> {
    let (_, end) = name.rsplit_once('.')?;
    match end.to_ascii_lowercase().as_str() {
        "jsonl" | "json" | "ndjson" => Some(SourceFormat::Jsonl),
        "csv" => Some(SourceFormat::Csv),
        "parquet" => Some(SourceFormat::Parquet),
        _ => None,
    }
}

impl Source {
    /// Reads a file. The text stays the browser's, and is written as JSON piece by piece, so that the page answers meanwhile.
    ///
    /// # Errors
    /// When its kind is not known, or the browser cannot read it.
    pub(crate) async fn read(file: &Blob, name: &str) -> Result<Self> {
        let unreadable = |error: JsValue| Error::Storage(dom::describe(&error));
        let (format, content) = match format(name) {
            Some(SourceFormat::Jsonl) => ("jsonl", escaped(file).await.map_err(unreadable)?),
            Some(SourceFormat::Csv) => ("csv", escaped(file).await.map_err(unreadable)?),
            Some(SourceFormat::Parquet) => ("parquet", base64(file).await.map_err(unreadable)?),
            None => return Err(Error::Storage(strings::studies_file_kind().to_owned())),
        };
        Ok(Self { format, content })
    }

    /// Asks the server what is wrong with it.
    ///
    /// # Errors
    /// When the server refuses or is not there.
    pub(crate) async fn check(&self) -> Result<SourceReport> {
        let body = joined(&[&self.head().into(), &self.content, &"\"}".into()])?;
        api::studies::check(&token(), body).await
    }

    /// Makes a draft of it; `None` when it has errors after all.
    ///
    /// # Errors
    /// When the server refuses or is not there.
    pub(crate) async fn create(
        &self,
        settings: &StudySettings,
    ) -> Result<(Option<Study>, SourceReport)> {
        let settings =
            serde_json::to_string(settings).map_err(|error| Error::Decode(error.to_string()))?;
        let head = format!("{{\"settings\":{settings},\"source\":{}", self.head());
        let body = joined(&[&head.into(), &self.content, &"\"}}".into()])?;
        let made = api::studies::create(&token(), body).await?;
        Ok((made.study, made.report))
    }

    fn head(&self) -> String {
        format!("{{\"format\":\"{}\",\"content\":\"", self.format)
    }
}

fn joined(parts: &[&JsValue]) -> Result<Blob> {
    let parts: Array = parts.iter().copied().collect();
    Blob::new_with_blob_sequence(&parts).map_err(|error| Error::Decode(dom::describe(&error)))
}

/// The promise that a method of a file gives.
async fn asked(file: &JsValue, method: &str) -> std::result::Result<JsValue, JsValue> {
    let method: Function = dom::get(file, method).ok_or(JsValue::NULL)?.dyn_into()?;
    let promise: Promise = method.call0(file)?.dyn_into()?;
    JsFuture::from(promise).await
}

/// The text of a file as the inside of a JSON string. Where a piece ends within a sign of two units, each half is written as
/// an escape, and a reader joins them again.
async fn escaped(file: &Blob) -> std::result::Result<Blob, JsValue> {
    let text: JsString = asked(file, "text").await?.dyn_into()?;
    let parts = Array::new();
    let mut from = 0;
    while from < text.length() {
        let quoted = JSON::stringify(&text.substring(from, from + PIECE))?;
        parts.push(&quoted.slice(1, quoted.length() - 1));
        from += PIECE;
        dom::sleep(0).await;
    }
    Blob::new_with_str_sequence(&parts)
}

/// The bytes of a file in base64. The browser writes it outside the page's thread, as the address of the data.
async fn base64(file: &Blob) -> std::result::Result<Blob, JsValue> {
    let reader = web_sys::FileReader::new()?;
    reader.read_as_data_url(file)?;
    let done = Promise::new(&mut |resolve, reject| {
        reader.set_onload(Some(&resolve));
        reader.set_onerror(Some(&reject));
    });
    JsFuture::from(done).await?;
    let address: JsString = reader.result()?.dyn_into()?;
    let from = u32::try_from(address.index_of(",", 0) + 1).unwrap_or_default();
    Blob::new_with_str_sequence(&Array::of1(&address.slice(from, address.length())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_name_says_how_a_file_is_written() {
        assert_eq!(format("a.b.CSV"), Some(SourceFormat::Csv));
        assert_eq!(format("rows.jsonl"), Some(SourceFormat::Jsonl));
        assert_eq!(format("rows.parquet"), Some(SourceFormat::Parquet));
        assert_eq!(format("rows.xlsx"), None);
        assert_eq!(format("csv"), None);
    }
}
