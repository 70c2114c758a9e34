//! The built binary, as a shell sees it: help, exit codes, messages, and what the commands print.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use scanstation::edge::clock;
use scanstation::edge::models::SHIPPED;
use scanstation::edge::store::{Delivery, ImportPolicy, Settlement, Store};
use scanstation::pipeline::catalog::Catalog;
use scanstation::pipeline::ident::NotificationId;
use scanstation::pipeline::link::NewLink;
use scanstation::pipeline::order::import;
use scanstation::pipeline::time::SIMULATED_START;
use serde_json::Value;
use tempfile::TempDir;
use test_case::test_case;

/// What a run of the program gave.
#[derive(Debug)]
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self {
            code: output.status.code().unwrap(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    fn json(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn is(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        assert!(!self.out.chars().chain(self.err.chars()).any(|c| c.is_control() && c != '\n'));
        self
    }
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scanstation"));
    command.env_remove("SCANSTATION_HOME").current_dir(std::env::temp_dir()).stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Ran {
    Ran::of(program().args(arguments).output().unwrap())
}

/// A home as `init` makes it, in a folder that goes with it.
struct Place {
    _folder: TempDir,
    root: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let root = folder.path().join("home");
        run(&["init", root.to_str().unwrap()]).is(0);
        Self { _folder: folder, root }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(program().arg("--home").arg(&self.root).args(arguments).output().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.root.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn store(&self) -> Store {
        Store::open(&self.root.join("station.db")).unwrap()
    }

    /// Links the washer with this serial to the order, as the station would have.
    fn link(&self, dsn: &str, n: u8) -> NotificationId {
        let (catalog, _) = Catalog::load(SHIPPED.iter().copied());
        let (_, order) = import::parse(ORDER.as_bytes(), &catalog).orders.remove(0);
        let model = catalog.model_of(&order.lines[0].asin).unwrap();
        let link = NewLink {
            dsn: model.serial_from_text(dsn).unwrap(),
            order_id: order.order_id.clone(),
            order_version: order.version,
            line: 1,
            unit: u32::from(n),
            asin: order.lines[0].asin.clone(),
            model_id: model.model_id.clone(),
            topic_arn: model.topic_arn.clone(),
            lwa_client_id: model.lwa_client_id.clone(),
            directed_customer_id: order.directed_customer_id.clone().unwrap(),
            notification_id: NotificationId::new(1_767_225_600_000, &[n; 10]),
            catalog: catalog.hash().to_owned(),
            linked_at: SIMULATED_START,
        };
        let mut store = self.store();
        store.import(&[order], ImportPolicy::AllOrNothing, SIMULATED_START).unwrap();
        store.link(&link, "pack-1").unwrap();
        link.notification_id
    }

    fn close(&self) {
        let order_id = "112-1".parse().unwrap();
        self.store().close(&order_id, 1, SIMULATED_START).unwrap();
    }

    fn take(&self) -> Delivery {
        self.store().take_due(clock::now(), 600_000, 1).unwrap().remove(0)
    }
}

const ORDER: &str = r#"{"order_id":"112-1","version":1,"codes":["SP00A1B2C3D4"],"marketplace":"amazon.com","directed_customer_id":"amzn1.account.AHEXAMPLE0001","pre_registered":true,"cancelled":false,"lines":[{"line":1,"asin":"B0WASHRW11","quantity":3,"scan":true,"directed_customer_id":null,"slot_asins":{"detergent":"B0DETERG01"}}]}"#;

const HOSTILE: &str = "\u{1b}]0;x\u{7}'; DROP TABLE links;--";

#[test]
fn help_tells_what_each_command_does_and_its_exit_codes() {
    let help = run(&["--help"]).is(0).out;
    for word in
        ["run", "replay", "decode", "demo", "orders", "models", "links", "events", "doctor", "init"]
    {
        assert!(help.contains(&format!("\n  {word} ")), "{word} in {help}");
    }
    assert!(help.contains("Exit codes:") && help.contains("SCANSTATION_HOME"), "{help}");
    let commands = [
        "run",
        "replay",
        "decode",
        "demo",
        "orders import",
        "orders list",
        "orders show",
        "orders cancel",
        "models check",
        "models list",
        "models which",
        "links list",
        "links undo",
        "events list",
        "events show",
        "events publish",
        "events retry",
        "doctor",
        "init",
    ];
    for command in commands {
        let words: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let help = run(&words).is(0).out;
        assert!(help.contains("Exit codes"), "{help}");
        let prints_results = !matches!(command, "init" | "events show");
        assert_eq!(help.contains("--json"), prints_results, "{help}");
    }
}

#[test_case(&[], 2; "nothing")]
#[test_case(&["fly"], 2; "no such command")]
#[test_case(&["decode"], 2; "no path")]
#[test_case(&["orders", "cancel", "a b"], 2; "no order id")]
#[test_case(&["events", "show", "17"], 2; "no event id")]
#[test_case(&["decode", "--formats", "Code129", "x.png"], 2; "no symbology")]
#[test_case(&["orders", "list"], 2; "no home")]
#[test_case(&["--home", "/nowhere", "orders", "list"], 2; "home not set up")]
#[test_case(&["models", "check", "/nowhere"], 3; "no folder")]
#[test_case(&["--version"], 0; "version")]
fn exit_codes(arguments: &[&str], code: i32) {
    let ran = run(arguments).is(code);
    assert_eq!(ran.err.is_empty(), code == 0, "{ran:?}");
}

#[test]
fn init_makes_a_private_home_once() {
    let place = Place::new();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    for folder in ["", "models", "logs"] {
        assert_eq!(mode(&place.root.join(folder)), 0o700);
    }
    assert_eq!(mode(&place.root.join("station.toml")), 0o600);
    assert_eq!(fs::read_dir(place.root.join("models")).unwrap().count(), SHIPPED.len());
    place.write("station.toml", "station = \"mine\"");
    let again = run(&["init", place.root.to_str().unwrap()]).is(2);
    assert!(again.err.contains("station.toml is there already"), "{}", again.err);
    assert_eq!(fs::read_to_string(place.root.join("station.toml")).unwrap(), "station = \"mine\"");
}

#[test_case("station = \"a\"\n[publisher]\nkidn = \"sns\"", "station.toml:3: unknown key publisher.kidn: remove it or correct it; the keys are publisher.kind"; "unknown key")]
#[test_case("station = \"a\"\nhold_seconds = 0", "station.toml:2: hold_seconds = 0: write a whole number from 1 to 600"; "bad value")]
#[test_case("station = ", "station.toml:1: not TOML: "; "no TOML")]
fn a_bad_setting_is_named_by_file_and_line(text: &str, expected: &str) {
    let place = Place::new();
    place.write("station.toml", text);
    let ran = place.run(&["events", "publish"]).is(2);
    assert!(ran.err.contains(expected), "{}", ran.err);
}

#[test]
fn a_camera_that_nobody_knows_is_wrong_usage() {
    let place = Place::new();
    let ran = place.run(&["cameras", "try", "to\u{1b}p"]).is(2);
    assert!(ran.err.contains("station.toml names none"), "{}", ran.err);
    assert!(!ran.err.contains('\u{1b}'), "{}", ran.err);
}

#[test]
fn a_bad_variable_is_named() {
    let place = Place::new();
    let mut command = program();
    command.env("SCANSTATION_HOME", &place.root).env("SCANSTATION_PUBLISHER_KIND", "kafka");
    let ran = Ran::of(command.args(["events", "publish"]).output().unwrap()).is(2);
    assert!(ran.err.contains("variable SCANSTATION_PUBLISHER_KIND: \"kafka\""), "{}", ran.err);
}

#[test]
fn the_home_comes_from_flag_variable_or_working_directory() {
    let (place, other) = (Place::new(), Place::new());
    place.run(&["orders", "import", &place.write("o.jsonl", ORDER)]).is(0);
    let listed = |command: &mut Command| {
        Ran::of(command.args(["orders", "list", "--json"]).output().unwrap()).is(0).json().len()
    };
    assert_eq!(listed(program().env("SCANSTATION_HOME", &place.root)), 1);
    assert_eq!(listed(program().current_dir(&place.root)), 1);
    assert_eq!(
        listed(program().env("SCANSTATION_HOME", &place.root).arg("--home").arg(&other.root)),
        0
    );
}

#[test]
fn orders_are_imported_listed_shown_and_cancelled() {
    let place = Place::new();
    let file = place.write("o.jsonl", ORDER);
    let first = place.run(&["orders", "import", &file]).is(0);
    assert_eq!(first.out, "1 new, 0 replaced, 0 unchanged, 0 refused\n");
    let again = place.run(&["orders", "import", "--json", &file]).is(0).json();
    assert_eq!((&again[0]["same"], &again[0]["imported"]), (&1.into(), &true.into()));
    let other = place.write("other.jsonl", &ORDER.replace("\"quantity\":3", "\"quantity\":2"));
    let ran = place.run(&["orders", "import", &other]).is(1);
    assert!(
        ran.err.contains("line 1: version = \"1\": the same version with other content"),
        "{}",
        ran.err
    );

    let listed = place.run(&["orders", "list"]).is(0).out;
    assert!(listed.contains("112-1  1        open   0/3     SP00A1B2C3D4"), "{listed}");
    let shown = place.run(&["orders", "show", "SP00A1B2C3D4", "--json"]).is(0);
    assert_eq!(shown.json()[0]["directed_customer_id"], "…0001");
    let text = place.run(&["orders", "show", "112-1"]).is(0).out;
    assert!(text.contains("line 1: 3 x B0WASHRW11") && !text.contains("AHEXAMPLE"), "{text}");
    place.run(&["orders", "show", HOSTILE]).is(1);

    let cancelled = place.run(&["orders", "cancel", "112-1", "--json"]).is(0).json();
    assert_eq!(cancelled[0]["answer"], "cancelled");
    assert!(place.run(&["orders", "cancel", "112-1"]).is(0).out.contains("was cancelled before"));
    assert!(
        place.run(&["orders", "cancel", "112-9"]).is(1).err.contains("no order has the id 112-9")
    );
}

#[test]
fn a_bad_line_stops_the_import_unless_skipped() {
    let place = Place::new();
    let bad = ORDER.replace("112-1", "112-2").replace(
        "amazon.com",
        &HOSTILE
            .escape_default()
            .to_string()
            .replace("\\u{1b}", "\\u001b")
            .replace("\\u{7}", "\\u0007")
            .replace("\\'", "'"),
    );
    let file = place.write("o.jsonl", &format!("{ORDER}\n{bad}\n\u{1b}[2J\n"));
    let ran = place.run(&["orders", "import", &file]).is(1);
    assert!(
        ran.err.contains(
            "o.jsonl: line 2: marketplace = \"\\u{1b}]0;x\\u{7}'; DROP TABLE links;--\": "
        ),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("o.jsonl: line 3: no JSON object"), "{}", ran.err);
    assert!(ran.err.contains("nothing was imported: 2 refused"), "{}", ran.err);
    assert_eq!(place.run(&["orders", "list", "--json"]).is(0).out, "");
    let ran = place.run(&["orders", "import", "--skip-bad", &file, "--json"]).is(1);
    assert_eq!(ran.json()[0]["new"], 1);
    assert_eq!(ran.json()[0]["bad"][0]["line"], 2);
    assert_eq!(place.run(&["orders", "list", "--json"]).is(0).json().len(), 1);
}

#[test]
fn csv_is_told_by_its_content() {
    let place = Place::new();
    let csv = "order_id,version,codes,marketplace,directed_customer_id,pre_registered,cancelled,line,asin,quantity,scan,slot_asins\n\
        112-1,1,SP00A1B2C3D4,amazon.com,amzn1.account.AHEXAMPLE0001,true,false,1,B0WASHRW11,3,true,detergent=B0DETERG01\n";
    place.run(&["orders", "import", &place.write("o.txt", csv)]).is(0);
    let same = place.run(&["orders", "import", &place.write("o.jsonl", ORDER)]).is(0);
    assert!(same.out.contains("1 unchanged"), "{}", same.out);
    let ran =
        place.run(&["orders", "import", &place.write("bad.csv", &csv.replace(",3,", ",0,"))]).is(1);
    assert!(ran.err.contains("bad.csv: line 2: quantity = \"0\""), "{}", ran.err);
}

#[test]
fn a_link_is_listed_and_undone_once() {
    let place = Place::new();
    place.link("AD123456C", 1);
    let link = &place.run(&["links", "list", "--json"]).is(0).json()[0];
    let keys: Vec<&String> = link.as_object().unwrap().keys().collect();
    assert_eq!(keys.len(), 17, "{keys:?}");
    assert_eq!((&link["dsn"], &link["state"]), (&"AD123456C".into(), &"linked".into()));
    assert!(
        place
            .run(&["links", "list"])
            .is(0)
            .out
            .contains("AD123456C  WASHER-W1  112-1  1.1   linked")
    );

    let undone =
        place.run(&["links", "undo", "AD123456C", "--reason", "wrong box", "--json"]).is(0);
    assert_eq!(undone.json()[0]["reason"], "undo");
    let event = &place.run(&["events", "list", "--json"]).is(0).json()[0];
    assert_eq!(event["state"], "dropped");
    let words = place.store().journal_entries().unwrap().pop().unwrap().detail;
    assert_eq!(words["reason"], "wrong box");
    let again = place.run(&["links", "undo", "AD123456C", "--reason", "x"]).is(1);
    assert!(again.err.contains("AD123456C: not_linked"), "{}", again.err);
    let hostile = place.run(&["links", "undo", HOSTILE, "--reason", HOSTILE]).is(1);
    assert!(
        hostile.err.contains("\\u{1b}]0;x\\u{7}'; DROP TABLE links;--: not_linked"),
        "{}",
        hostile.err
    );
    assert_eq!(place.run(&["links", "list", "--json"]).is(0).json().len(), 1);
}

#[test]
fn events_are_listed_shown_and_published() {
    let place = Place::new();
    let id = place.link("AD123456C", 1);
    let held = place.run(&["events", "show", id.as_str()]).is(1);
    assert!(held.err.contains("it is held"), "{}", held.err);
    place.close();
    let bytes = place.run(&["events", "show", id.as_str()]).is(0).out;
    assert!(bytes.starts_with(
        "{\"notificationInfo\":{\"notificationType\":\"DeviceRegisteredNotification\""
    ));

    let published = place.run(&["events", "publish", "--json"]).is(0).json();
    assert_eq!((&published[0]["sent"], &published[0]["left"]), (&1.into(), &0.into()));
    assert_eq!(fs::read_to_string(place.root.join("notifications.jsonl")).unwrap(), bytes);
    let event = &place.run(&["events", "list", "--json"]).is(0).json()[0];
    assert_eq!(event.as_object().unwrap().len(), 13, "{event}");
    assert_eq!(event["state"], "sent");
    assert!(place.run(&["events", "list"]).is(0).out.contains("sent   AD123456C  112-1  1"));
    let undo = place.run(&["links", "undo", "AD123456C", "--reason", "late"]).is(1);
    assert!(undo.err.contains("already_sent"), "{}", undo.err);
    let retry = place.run(&["events", "retry", id.as_str()]).is(1);
    assert!(retry.err.contains("it is sent; only a dead one is tried again"), "{}", retry.err);
}

#[test]
fn what_another_relay_holds_is_left() {
    let place = Place::new();
    place.link("AD123456C", 1);
    place.close();
    let delivery = place.take();
    let ran = place.run(&["events", "publish"]).is(1);
    assert_eq!(ran.out, "0 sent, 1 left, 0 dead\n");
    let dead = Settlement::Dead { error: HOSTILE.to_owned() };
    place.store().settle(&delivery, &dead, SIMULATED_START).unwrap();
    assert!(place.run(&["events", "list"]).is(0).out.contains("dead"));
    assert!(place.run(&["doctor"]).is(1).err.contains("database: 1 notifications are dead"));
    place.run(&["events", "retry", delivery.notification_id.as_str()]).is(0);
    place.run(&["events", "publish"]).is(0);
}

#[test]
fn models_are_checked_listed_and_asked() {
    let place = Place::new();
    let listed = place.run(&["models", "list", "--json"]).is(0).json();
    assert_eq!(listed.len(), SHIPPED.len());
    let which = place.run(&["models", "which", "TestAmazonPreReg001", "--json"]).is(0).json();
    assert_eq!(which[0]["model_id"], "DRS_Test_Device");
    place.run(&["models", "which", "AD123456C", "--asin", "B0WASHRW11"]).is(0);
    let ran = place.run(&["models", "which", "AD12345", "--asin", "B0WASHRW11"]).is(1);
    assert!(ran.err.contains("WASHER-W1 stops matching after 7 characters"), "{}", ran.err);
    let ran = place.run(&["models", "which", "AD123456C", "--asin", "B0NOTHING0"]).is(1);
    assert!(ran.err.contains("no model on file sells B0NOTHING0"), "{}", ran.err);
    place.run(&["models", "which", HOSTILE]).is(1);

    place.run(&["models", "check"]).is(0);
    place.write("models/broken.toml", "model_id = \"X\"\nkind = 3\n");
    let ran = place.run(&["models", "check", "--json"]).is(1);
    assert!(ran.err.contains("broken.toml:"), "{}", ran.err);
    assert_eq!(ran.json().last().unwrap()["models"], SHIPPED.len());
    let ran = place.run(&["models", "list"]).is(0);
    assert!(ran.err.contains("left out: broken.toml:"), "{}", ran.err);
    let empty = TempDir::new().unwrap();
    place.run(&["models", "check", empty.path().to_str().unwrap()]).is(1);
}

#[test]
fn doctor_names_what_is_wrong_and_what_to_do() {
    let place = Place::new();
    let pictures = place.root.join("pictures");
    fs::create_dir(&pictures).unwrap();
    fs::write(pictures.join("1.png"), "").unwrap();
    let settings = format!("station = \"a\"\n[source]\nuse = {:?}\n", pictures.to_str().unwrap());
    place.write("station.toml", &settings);
    let good = place.run(&["doctor", "--json"]).is(0);
    let parts: Vec<Value> = good.json().iter().map(|part| part["part"].clone()).collect();
    let all = ["settings", "models", "database", "disk", "clock", "publisher", "camera"];
    assert_eq!(parts, all);
    assert!(!place.root.join("station.db").exists(), "it changes nothing");

    place.write(
        "station.toml",
        &format!("{settings}[publisher]\nkind = \"sns\"\nendpoint_url = \"http://127.0.0.1:1\""),
    );
    place.write(
        "station.db",
        "this is no database, whatever its name may say; it is long enough to be read",
    );
    fs::remove_dir_all(place.root.join("models")).unwrap();
    fs::remove_dir_all(&pictures).unwrap();
    let ran = place.run(&["doctor"]).is(1);
    for part in ["models", "database", "publisher", "camera"] {
        assert!(ran.err.contains(&format!("scanstation: {part}: ")), "{part} in {}", ran.err);
        assert!(ran.out.contains(&format!("{part:9}  WRONG  ")), "{part} in {}", ran.out);
    }
    place.write("station.toml", "sttion = 1");
    assert!(place.run(&["doctor"]).is(1).err.contains("station.toml:1: unknown key sttion"));
}

#[test]
fn a_database_that_is_not_ours_is_left_alone() {
    let place = Place::new();
    let text =
        "somebody else's bytes, and quite a few of them so that a header could be there".repeat(20);
    place.write("station.db", &text);
    let ran = place.run(&["orders", "list"]).is(3);
    assert!(ran.err.contains("station.db"), "{}", ran.err);
    assert_eq!(fs::read_to_string(place.root.join("station.db")).unwrap(), text);
}

#[test]
fn decode_names_what_is_no_picture_and_goes_on() {
    let folder = TempDir::new().unwrap();
    let bad = folder.path().join("a.png");
    fs::write(&bad, "no picture").unwrap();
    let good = folder.path().join("b.pgm");
    fs::write(&good, [b"P5 8 8 255\n".as_slice(), &[200; 64]].concat()).unwrap();
    let ran = run(&["decode", "--json", folder.path().to_str().unwrap()]).is(1);
    let lines = ran.json();
    assert!(lines[0]["error"].is_string() && lines[1]["error"].is_null(), "{lines:?}");
    assert_eq!(lines[1]["symbols"], Value::Array(Vec::new()));
    assert!(ran.err.contains("a.png"), "{}", ran.err);
    let good = good.to_str().unwrap();
    run(&["decode", "--roi", "2,2,6,6", "--formats", "Code128", good]).is(0);
    let outside = run(&["decode", "--roi", "2,2,7,6", good]).is(1);
    assert!(outside.err.contains("the region is not within 8x8"), "{}", outside.err);
}

#[test]
fn decode_tells_the_add_on_beside_the_text() {
    // 9780735200449 and, nine modules on, 51299.
    let main = "10101110110001001010011101110110100001011000101010110110011100101110010101110010111001110100101";
    let add_on = "10110110001010110011010010011010001011010010111";
    let folder = TempDir::new().unwrap();
    for (name, beside) in [("a.pgm", ""), ("b.pgm", add_on)] {
        let modules = format!("{:12}{main}{:9}{beside:59}", "", "");
        let shades = modules.bytes().flat_map(|m| [if m == b'1' { 30_u8 } else { 220 }; 3]);
        let row: Vec<u8> = shades.collect();
        let head = format!("P5 {} 160 255\n", row.len());
        fs::write(folder.path().join(name), [head.into_bytes(), row.repeat(160)].concat()).unwrap();
    }
    let lines = run(&["decode", "--json", folder.path().to_str().unwrap()]).is(0).json();
    let symbols = |k: usize| lines[k]["symbols"].as_array().unwrap().clone();
    let [[plain], [added]] = [&symbols(0)[..], &symbols(1)[..]] else { panic!("{lines:?}") };
    assert!(plain.get("add_on").is_none(), "{plain}");
    assert_eq!(added["add_on"], "51299");
    assert_eq!((&added["text"], &added["format"]), (&plain["text"], &plain["format"]));
}

#[test]
fn decode_draws_its_stages() {
    let folder = TempDir::new().unwrap();
    let stages = folder.path().join("stages");
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/0001.jpg");
    let ran = run(&["decode", "--json", "--explain", stages.to_str().unwrap(), sample]).is(0);
    let symbols = ran.json()[0]["symbols"].as_array().unwrap().clone();
    let legend = fs::read_to_string(stages.join("0001-0001.txt")).unwrap();
    assert!(!symbols.is_empty() && ran.json()[0].get("candidates").is_none());
    let asked = run(&["decode", "--json", "--candidates", sample]).is(0);
    assert_eq!(asked.json()[0]["candidates"], Value::Array(Vec::new()));
    for symbol in symbols {
        let text = symbol["text"].as_str().unwrap();
        assert!(legend.contains(&format!("symbol {} {text}", symbol["format"].as_str().unwrap())));
    }
    let whole = image::image_dimensions(sample).unwrap();
    assert_eq!(image::image_dimensions(stages.join("0001-0001-2-boxes.png")).unwrap(), whole);
    for stage in ["1-cells", "3-strips"] {
        let drawn = image::open(stages.join(format!("0001-0001-{stage}.png"))).unwrap().to_rgb8();
        // Something is in colour.
        assert!(drawn.pixels().any(|p| p.0.iter().max() != p.0.iter().min()), "{stage}");
    }
    // A folder that cannot be made is the world failing.
    fs::write(folder.path().join("file"), "").unwrap();
    let under = folder.path().join("file/stages");
    let failed = run(&["decode", "--explain", under.to_str().unwrap(), sample]).is(3);
    assert!(failed.err.contains("file/stages"), "{}", failed.err);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let place = Place::new();
    let mut command = program();
    command.arg("--home").arg(&place.root).args(["models", "list", "--json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ended = Ran::of(child.wait_with_output().unwrap());
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
}
