//! Files of a release with sizes and sums, what describes it, and how to cite it.

use leptos::prelude::*;
use palate_shared::api::releases::Release;

use super::{copyable, url};
use crate::components::table::table;
use crate::strings;
use crate::words::bytes;

pub(super) fn section(release: &Release) -> AnyView {
    let id = release.id.as_str();
    let rows: Vec<AnyView> = release
        .files
        .iter()
        .map(|file| {
            view! {
                <tr>
                    <th scope="row"><a href=url(id, &file.name) rel="external" download=""><code>{file.name.clone()}</code></a></th>
                    <td>{bytes(file.bytes)}</td>
                    <td><code class="sum">{file.sha256.clone()}</code></td>
                </tr>
            }
            .into_any()
        })
        .collect();
    let about: Vec<AnyView> = [
        ("README.md", strings::files_card()),
        ("croissant.json", strings::files_croissant()),
        ("CHANGELOG.md", strings::files_changelog()),
        ("SHA256SUMS", strings::files_sums()),
    ]
    .map(|(file, name)| {
        view! { <li><a href=url(id, file) rel="external">{name}</a></li> }.into_any()
    })
    .into_iter()
    .collect();
    let columns = [strings::col_file(), strings::col_size(), strings::col_sum()];
    view! {
        <section class="release-part">
            <h2>{strings::files_heading()}</h2>
            <ul class="legend">{about}</ul>
            <details>
                <summary>{strings::files_all()}</summary>
                {table(strings::files_all(), &columns, rows)}
            </details>
        </section>
        <section class="release-part">
            <h2>{strings::cite_heading()}</h2>
            {copyable(&release.citation())}
        </section>
    }
    .into_any()
}
