//! Command barcodes: what a packer with full hands shows instead of pressing a key (decision 24).

use crate::pipeline::named::named;

named!(
    /// What a packer can tell the station with a printed barcode.
    Command, "command", {
        /// The pack is closed; its events may go out.
        Close = "close",
        /// The last link is taken back.
        Undo = "undo",
        /// The box has no serial to show.
        NoBarcode = "no-barcode",
    }
);

impl Command {
    /// The content of its Code 128 symbol.
    pub fn barcode(self) -> &'static str {
        match self {
            Self::Close => "#SCANSTATION:CLOSE",
            Self::Undo => "#SCANSTATION:UNDO",
            Self::NoBarcode => "#SCANSTATION:NO-BARCODE",
        }
    }

    /// The command whose barcode holds `text`.
    pub fn of(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|command| command.barcode() == text)
    }
}
