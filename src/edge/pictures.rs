//! Picture files to luma: PNG, JPEG, WebP, BMP, GIF and PGM.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, Read, Seek};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder, ImageReader, Limits};

use crate::pipeline::frame::{MAX_PIXELS, NoPicture, Picture};

/// Endings of the files that a folder of pictures is made of, lower case.
pub const ENDINGS: [&str; 8] = ["png", "jpg", "jpeg", "webp", "bmp", "gif", "pgm", "pnm"];

/// Why a file gave no picture.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Read(std::io::Error),
    /// Its bytes are no picture, or a damaged one.
    #[error("not a picture: {0}")]
    NotAPicture(image::ImageError),
    /// Its size is refused.
    #[error(transparent)]
    Size(#[from] NoPicture),
}

/// The picture in the file at `path`, as 8-bit luma.
pub fn read(path: &Path) -> Result<Picture, PictureError> {
    decode(BufReader::new(File::open(path).map_err(PictureError::Read)?))
}

/// Writes `picture` to `path`, as PNG that only its owner reads: labels name people.
pub fn write(path: &Path, picture: &Picture) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    let (width, height) = (picture.width(), picture.height());
    let written =
        PngEncoder::new(file).write_image(picture.luma(), width, height, ExtendedColorType::L8);
    written.map_err(std::io::Error::other)
}

fn decode<R: Read + Seek + std::io::BufRead>(bytes: R) -> Result<Picture, PictureError> {
    let mut bytes = bytes;
    let reader = ImageReader::new(&mut bytes).with_guessed_format().map_err(PictureError::Read)?;
    let (width, height) = reader.into_dimensions().map_err(PictureError::NotAPicture)?;
    // A declared size is checked before memory is taken for it.
    Picture::check_size(width, height)?;
    bytes.rewind().map_err(PictureError::Read)?;
    let reader = ImageReader::new(bytes).with_guessed_format();
    let mut reader = reader.map_err(PictureError::Read)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_PIXELS * 8);
    reader.limits(limits);
    let luma = reader.decode().map_err(PictureError::NotAPicture)?.into_luma8();
    Ok(Picture::new(luma.width(), luma.height(), luma.into_raw())?)
}

/// The files that `paths` name: a file as it is, a folder as the pictures in it and below, in byte order of their names.
pub fn walk(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() { walk_folder(path, &mut files) } else { files.push(path.clone()) }
    }
    files
}

fn walk_folder(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            walk_folder(&path, files);
        } else if is_picture(&path) {
            files.push(path);
        }
    }
}

/// Whether the file's ending is one of [`ENDINGS`].
pub fn is_picture(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    ENDINGS.contains(&ending.to_ascii_lowercase().as_str())
}
