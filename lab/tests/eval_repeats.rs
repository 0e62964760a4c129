//! The same figures from the same seed. Alone in its process: burn draws initial weights from one generator per process.

#[path = "eval/opposed.rs"]
mod opposed;

use std::cell::RefCell;
use std::path::Path;

use burn::tensor::Device;
use palate_lab::data::Dataset;
use palate_lab::eval::part::Representation;
use palate_lab::eval::report::Report;
use palate_lab::eval::{self, Config};
use palate_models::methods;

/// The report, and what was said on the way.
fn evaluate(data: &Dataset, config: &Config, out: &Path) -> (Report, Vec<String>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    data.write(folder.path()).expect("writes");
    let said = RefCell::new(Vec::new());
    let say = |text: &str| said.borrow_mut().push(text.to_owned());
    let report = eval::run(folder.path(), out, config, &Device::flex(), &say).expect("sound data");
    (report, said.into_inner())
}

/// A report without what differs between two runs.
fn timeless(mut report: Report) -> Report {
    for facts in &mut report.methods {
        facts.cost.train_seconds = 0.0;
        facts.cost.fit_milliseconds = 0.0;
    }
    report
}

#[test]
fn two_runs_give_the_same_report_and_a_third_starts_where_they_ended() {
    let data = opposed::opposed(40, 40, 40, 1.0);
    let config = Config {
        seeds: 1,
        effort: 0.02,
        ..Config::default()
    };
    let [out, again] = [(); 2].map(|()| tempfile::tempdir().expect("a temporary folder"));
    let (report, said) = evaluate(&data, &config, out.path());
    assert_eq!(said.len(), methods::all().len() * Representation::ALL.len());
    for facts in &report.methods {
        assert_eq!(facts.failure, None, "{}", facts.method);
    }
    let (same, _) = evaluate(&data, &config, again.path());
    assert_eq!(timeless(report.clone()), timeless(same));

    let (same, said) = evaluate(&data, &config, out.path());
    assert_eq!(report, same, "wall times too: nothing was trained again");
    assert!(
        said.iter().all(|line| line.ends_with("done before")),
        "{said:?}"
    );

    let mut other = data;
    other.pairs.pop();
    let ridge = Config {
        methods: vec!["ridge".into()],
        ..config
    };
    let (_, said) = evaluate(&other, &ridge, out.path());
    assert!(
        said.iter().all(|line| !line.ends_with("done before")),
        "other data make old parts useless: {said:?}"
    );
}
