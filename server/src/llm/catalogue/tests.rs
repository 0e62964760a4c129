use super::*;

const MODEL: &str = r#"
[[models]]
id = "small"
name = "Small"
base_url = "https://models.example/v1"
upstream = "org/small-7b"
licence = "Apache-2.0"
retention = "nothing"
"#;

/// A model with these lines more.
pub(in crate::llm) fn model(more: &str) -> Model {
    let price = "input_price_micro = 1000000\noutput_price_micro = 2000000";
    let text = format!("{MODEL}{price}\n{more}\n");
    parse(&text).expect("is read").models.remove(0)
}

fn parse(text: &str) -> anyhow::Result<Catalogue> {
    Catalogue::parse(&Source {
        path: Path::new("models.toml"),
        text,
    })
}

fn words(text: &str) -> String {
    format!("{:#}", parse(text).expect_err("is refused"))
}

#[test]
fn without_a_file_the_library_answers_alone() {
    let catalogue = Catalogue::load(None).expect("is there");
    assert!(catalogue.has_library && catalogue.models.is_empty());
    let none = parse("[library]\noff = true").expect("is read");
    assert!(!none.has_library);
}

#[test]
fn a_model_is_read_with_its_defaults() {
    let catalogue = parse(MODEL).expect("is read");
    let model = &catalogue.models[0];
    assert_eq!(
        model.completions_url.as_str(),
        "https://models.example/v1/chat/completions"
    );
    assert_eq!(
        model.models_url.as_str(),
        "https://models.example/v1/models"
    );
    assert!(model.claimed.stream && !model.claimed.seed);
    assert_eq!(model.bills_on_abort, BillsOnAbort::Written);
    assert!(model.is_active("2026-11-23"));
}

#[test]
fn days_of_use_are_kept() {
    let text = format!("{MODEL}active_from = 2026-11-01\nactive_to = 2026-11-30\n");
    let model = &parse(&text).expect("is read").models[0];
    for (day, active) in [
        ("2026-10-31", false),
        ("2026-11-01", true),
        ("2026-11-30", true),
        ("2026-12-01", false),
    ] {
        assert_eq!(model.is_active(day), active, "{day}");
    }
}

#[test]
fn mistakes_are_named_with_file_line_key_and_what_is_expected() {
    let with = |from: &str, to: &str| MODEL.replace(from, to);
    for (text, expected) in [
        (with("name = \"Small\"", "name = 3"), "line 4"),
        (with("licence", "license"), "line 7"),
        (with("licence", "license"), "licence"),
        (with("\"small\"", "\"\""), "line 3, id: must have 1 to 64"),
        (with("\"small\"", "\"library\""), "line 3, id: is taken"),
        (
            with("https://models", "ftp://models"),
            "line 5, base_url: must start with http",
        ),
        (
            with("https://models.example/v1", "models"),
            "line 5, base_url: must be a URL",
        ),
        (
            with("models.example", "u:p@models.example"),
            "key_env or key_file",
        ),
        (with("/v1\"", "/v1?key=1\""), "must end with its path"),
        (
            format!("{MODEL}key_env = \"PALATE_TEST_NO_SUCH_KEY\"\n"),
            "line 9, key_env: the environment variable",
        ),
        (
            format!("{MODEL}key_file = \"/nowhere/key\"\n"),
            "line 9, key_file: cannot read",
        ),
        (
            format!("{MODEL}key_file = \"a\"\nkey_env = \"b\"\n"),
            "one key",
        ),
        (
            format!("{MODEL}active_from = 2026-11-01T10:00:00Z\n"),
            "line 9, active_from: must be a day",
        ),
        (
            format!("{MODEL}output_tokens = 0\n"),
            "line 9, output_tokens: must be 1 or more",
        ),
        (
            "[limits]\nidle_ms = 0\n".to_owned(),
            "idle_ms: must be 1 or more",
        ),
        ("[budget]\nperson_micro = -1\n".to_owned(), "line 2"),
        ("models = 3".to_owned(), "line 1"),
    ] {
        let words = words(&text);
        assert!(words.starts_with("models.toml, line"), "{words}");
        assert!(words.contains(expected), "{words} lacks {expected}");
    }
}

#[test]
fn a_key_that_stands_in_the_file_is_refused_and_not_repeated() {
    let words = words(&format!("{MODEL}key = \"sk-secret\"\n"));
    assert!(
        words.contains("line 9") && !words.contains("secret"),
        "{words}"
    );
}

#[test]
fn row_22_private_addresses_in_any_spelling_are_refused_unless_listed() {
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "10.0.0.1:8000",
        "169.254.169.254",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[fd00:ec2::254]",
        "①②⑦.0.0.1",
    ] {
        let text = MODEL.replace("models.example", host);
        assert!(words(&text).contains("private address"), "{host}");
    }
    for (host, listed) in [("127.0.0.1:8000", "127.0.0.1"), ("[::1]:8000", "::1")] {
        let text = MODEL.replace("models.example", host);
        let text = format!("[allow]\nhosts = [\"{listed}\"]\n{text}");
        assert!(parse(&text).expect("is read").models[0].is_listed, "{host}");
    }
}

#[test]
fn a_key_is_read_from_a_file() {
    let file = tempfile::NamedTempFile::new().expect("is made");
    std::fs::write(file.path(), "sk-secret\n").expect("is written");
    let text = format!("{MODEL}key_file = {:?}\n", file.path());
    let catalogue = parse(&text).expect("is read");
    let key = catalogue.models[0].key.as_ref().expect("has a key");
    assert_eq!(key.header(), "Bearer sk-secret");
    assert!(!format!("{catalogue:?}").contains("secret"));
}
