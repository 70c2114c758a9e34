//! Puts settings of a camera into the text of a station.toml, which keeps its comments and all else as it was.

use crate::config::FILE;

/// A setting's name and its value as TOML writes it.
pub type Entry<'a> = (&'a str, String);

/// Where there is no place for a setting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{FILE} has no [[camera]] with a line name = \"{name}\"; write it there by hand")]
pub struct NoPlace {
    /// The camera.
    pub name: String,
}

/// `text` with `entries` in the `[[camera]]` called `name`: a line that is there is changed, others are added.
///
/// The caller reads what came out before it is kept: a file may be written in ways that lines do not show.
pub fn with_camera(text: &str, name: &str, entries: &[Entry<'_>]) -> Result<String, NoPlace> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let (from, to) = block(&lines, name).ok_or_else(|| NoPlace { name: name.to_owned() })?;
    let mut end = last_setting(&lines, from, to) + 1;
    for (key, value) in entries {
        let is_it = |line: &&String| key_of(line) == Some(*key);
        let found = lines.iter().take(to.max(end)).skip(from).position(|line| is_it(&line));
        if let Some(line) = found.and_then(|at| lines.get_mut(from + at)) {
            *line = changed(line, key, value);
        } else {
            lines.insert(end.min(lines.len()), format!("{key} = {value}"));
            end += 1;
        }
    }
    let mut text = lines.join("\n");
    text.push('\n');
    Ok(text)
}

/// The lines of the camera's table, its header left out.
fn block(lines: &[String], name: &str) -> Option<(usize, usize)> {
    let is_header = |line: &String| line.trim_start().starts_with('[');
    let is_camera = |line: &String| {
        let code = line.split('#').next().unwrap_or_default();
        code.split_whitespace().collect::<String>() == "[[camera]]"
    };
    let named = format!("\"{name}\"");
    let starts = lines.iter().enumerate().filter(|(_, line)| is_camera(line));
    for (start, _) in starts {
        let from = start + 1;
        let rest = lines.iter().skip(from);
        let to = from + rest.take_while(|line| !is_header(line)).count();
        let is_name = |line: &String| {
            key_of(line) == Some("name") && value_of(line).is_some_and(|value| value == named)
        };
        if lines.iter().take(to).skip(from).any(is_name) {
            return Some((from, to));
        }
    }
    None
}

fn last_setting(lines: &[String], from: usize, to: usize) -> usize {
    let block = lines.iter().enumerate().take(to).skip(from);
    block.filter(|(_, line)| key_of(line).is_some()).map(|(at, _)| at).next_back().unwrap_or(from)
}

/// The key that a line sets, where it sets one.
fn key_of(line: &str) -> Option<&str> {
    let key = line.split_once('=')?.0.trim();
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    (!key.is_empty() && key.bytes().all(plain)).then_some(key)
}

/// The value that a line sets, without the comment behind it.
fn value_of(line: &str) -> Option<&str> {
    let value = line.split_once('=')?.1;
    Some(value.split_at(comment(value)).0.trim())
}

/// Where the comment of `value` begins: at a `#` outside quotes.
fn comment(value: &str) -> usize {
    let mut quote = None;
    for (at, c) in value.char_indices() {
        match (quote, c) {
            (None, '#') => return at,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    value.len()
}

/// `line` with another value, its comment kept where it stands.
fn changed(line: &str, key: &str, value: &str) -> String {
    let indent: String = line.chars().take_while(|c| c.is_whitespace()).collect();
    let old = line.split_once('=').map_or("", |(_, value)| value);
    let behind = old.split_at(comment(old)).1;
    let set = format!("{indent}{key} = {value}");
    if behind.is_empty() {
        return set;
    }
    let column = (line.chars().count() - behind.chars().count()).saturating_sub(1);
    format!("{set:<column$} {behind}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "station = \"a\"

[[camera]]
name = \"top\"                     # over the table
usb = { serial = \"A#1\" }
rate = 30                        # too fast
# exposure = 80

[[camera]]
name = \"side\"

[publisher]
kind = \"file\"
";

    #[test]
    fn a_setting_is_changed_or_added_and_the_rest_kept() {
        let entries = [("rate", "15".to_owned()), ("format", "\"YUYV\"".to_owned())];
        let expected = TEXT.replace(
            "rate = 30                        # too fast",
            "rate = 15                        # too fast\nformat = \"YUYV\"",
        );
        assert_eq!(with_camera(TEXT, "top", &entries).unwrap(), expected);
        let side = with_camera(TEXT, "side", &entries[1..]).unwrap();
        assert_eq!(side, TEXT.replace("\"side\"\n", "\"side\"\nformat = \"YUYV\"\n"));
    }

    #[test]
    fn twice_is_as_once() {
        let entries = [("size", "\"1280x720\"".to_owned())];
        let once = with_camera(TEXT, "top", &entries).unwrap();
        assert_eq!(with_camera(&once, "top", &entries).unwrap(), once);
    }

    #[test]
    fn a_camera_without_a_table_has_no_place() {
        assert!(with_camera(TEXT, "left", &[]).is_err());
        assert!(with_camera("camera = [{ name = \"top\" }]", "top", &[]).is_err());
    }
}
