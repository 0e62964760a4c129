//! `croissant.json`: Croissant 1.1 with its vocabulary for responsible use; one file object a file, one record set a table.

use palate_shared::api::releases::{Release, ReleaseFile};
use serde_json::{Value, json};

use super::schema::{Column, Kind, Spec};
use super::{card, tables, words};

/// The document.
///
/// # Errors
/// When it cannot be written as JSON.
pub(crate) fn croissant(release: &Release, files: &[ReleaseFile]) -> anyhow::Result<String> {
    let record_sets: Vec<Value> = tables::all()
        .iter()
        .map(|spec| record_set(release, spec))
        .collect();
    let folders = tables::of_votes().map(|table| table.spec().name);
    let distribution: Vec<Value> = files
        .iter()
        .filter(|file| !file.name.contains('/'))
        .map(file_object)
        .chain(
            folders
                .iter()
                .filter(|_| release.partitioned)
                .map(|name| file_set(release, name)),
        )
        .collect();
    let said = words::of(release);
    let document = json!({
        "@context": context(),
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": release.title(),
        "description": words::purpose(release),
        "version": "1.0.0",
        "license": "https://spdx.org/licenses/CC-BY-4.0.html",
        "url": format!("https://example.invalid/data/{}", release.id),
        "datePublished": release.cut_day,
        "creator": {"@type": "sc:Organization", "name": "Palate contributors", "url": "https://example.invalid/palate"},
        "citeAs": release.citation(),
        "isLiveDataset": false,
        "keywords": words::TAGS,
        "rai:dataCollection": said.collection,
        "rai:dataCollectionType": if release.simulated { "Software Collection" } else { "Crowdsourcing" },
        "rai:dataLimitations": said.limits,
        "rai:dataUseCases": said.uses,
        "rai:dataSocialImpact": said.impact,
        "rai:dataBiases": said.biases,
        "rai:personalSensitiveInformation": said.privacy,
        "rai:dataReleaseMaintenancePlan": said.withdrawal,
        "rai:dataAnnotationProtocol": said.protocol,
        "distribution": distribution,
        "recordSet": record_sets,
    });
    Ok(format!("{}\n", serde_json::to_string_pretty(&document)?))
}

fn file_object(file: &ReleaseFile) -> Value {
    let format = match file.name.rsplit('.').next() {
        // The name that Croissant's own reader knows.
        Some("parquet") => "application/x-parquet",
        Some("jsonl") => "application/jsonlines",
        _ => "text/csv",
    };
    json!({
        "@type": "cr:FileObject",
        "@id": file.name,
        "name": file.name,
        "contentUrl": file.name,
        "contentSize": format!("{} B", file.bytes),
        "encodingFormat": format,
        "sha256": file.sha256,
    })
}

/// All files in the folders of a table. Their sums are in `SHA256SUMS`.
fn file_set(release: &Release, table: &str) -> Value {
    let files = card::data_files(release, table);
    json!({
        "@type": "cr:FileSet",
        "@id": files,
        "name": files,
        "includes": files,
        "encodingFormat": "application/x-parquet",
    })
}

fn record_set(release: &Release, spec: &Spec) -> Value {
    let fields: Vec<Value> = spec
        .columns
        .iter()
        .map(|column| field(release, spec, column))
        .collect();
    let mut set = json!({
        "@type": "cr:RecordSet",
        "@id": spec.name,
        "name": spec.name,
        "description": spec.summary,
        "field": fields,
    });
    if let Some(key) = spec.key {
        set["key"] = json!({"@id": format!("{}/{key}", spec.name)});
    }
    set
}

fn field(release: &Release, spec: &Spec, column: &Column) -> Value {
    let (data_type, shape) = match column.kind {
        Kind::Text => ("sc:Text", None),
        Kind::Int => ("sc:Integer", None),
        Kind::Float => ("sc:Float", None),
        Kind::Bool => ("sc:Boolean", None),
        Kind::Day => ("sc:Date", None),
        Kind::Texts => ("sc:Text", Some("-1")),
        Kind::TextGroups => ("sc:Text", Some("-1,-1")),
        Kind::Ints => ("sc:Integer", Some("-1")),
    };
    let files = card::data_files(release, spec.name);
    let kind = if files.contains('*') {
        "fileSet"
    } else {
        "fileObject"
    };
    let mut field = json!({
        "@type": "cr:Field",
        "@id": format!("{}/{}", spec.name, column.name),
        "name": column.name,
        "description": column.meaning,
        "dataType": data_type,
        "source": {
            kind: {"@id": files},
            "extract": {"column": column.name},
        },
    });
    if let Some(shape) = shape {
        field["isArray"] = json!(true);
        field["arrayShape"] = json!(shape);
    }
    field
}

fn context() -> Value {
    json!({
        "@language": "en",
        "@vocab": "https://schema.org/",
        "arrayShape": "cr:arrayShape",
        "citeAs": "cr:citeAs",
        "column": "cr:column",
        "conformsTo": "dct:conformsTo",
        "containedIn": "cr:containedIn",
        "cr": "http://mlcommons.org/croissant/",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "data": {"@id": "cr:data", "@type": "@json"},
        "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
        "dct": "http://purl.org/dc/terms/",
        "description": {"@container": "@language"},
        "equivalentProperty": "cr:equivalentProperty",
        "examples": {"@id": "cr:examples", "@type": "@json"},
        "extract": "cr:extract",
        "field": "cr:field",
        "fileProperty": "cr:fileProperty",
        "fileObject": "cr:fileObject",
        "fileSet": "cr:fileSet",
        "format": "cr:format",
        "includes": "cr:includes",
        "isArray": "cr:isArray",
        "isLiveDataset": "cr:isLiveDataset",
        "jsonPath": "cr:jsonPath",
        "key": "cr:key",
        "md5": "cr:md5",
        "name": {"@container": "@language"},
        "parentField": "cr:parentField",
        "path": "cr:path",
        "recordSet": "cr:recordSet",
        "references": "cr:references",
        "regex": "cr:regex",
        "repeated": "cr:repeated",
        "replace": "cr:replace",
        "samplingRate": "cr:samplingRate",
        "sc": "https://schema.org/",
        "separator": "cr:separator",
        "source": "cr:source",
        "subField": "cr:subField",
        "transform": "cr:transform",
    })
}
