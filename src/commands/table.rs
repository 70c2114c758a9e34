//! Rows for a person: columns in line, two spaces between them.

use crate::commands::Streams;
use crate::pipeline::show;

/// Writes `header` and `rows`; every cell is made fit to be shown.
pub(super) fn write<const N: usize>(
    streams: &mut Streams<'_>,
    header: [&str; N],
    rows: &[[String; N]],
) -> anyhow::Result<()> {
    let rows: Vec<[String; N]> = std::iter::once(header.map(str::to_owned))
        .chain(rows.iter().map(|row| row.each_ref().map(|cell| show::printable(cell))))
        .collect();
    let widths: [usize; N] = std::array::from_fn(|i| {
        rows.iter().filter_map(|row| row.get(i)).map(String::len).max().unwrap_or(0)
    });
    for row in &rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        streams.line(line.trim_end())?;
    }
    Ok(())
}

/// A cell for what may be missing.
pub(super) fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}
