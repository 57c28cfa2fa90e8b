//! Pictures: how large they are, and a small copy for lists and bubbles. Runs on a thread for slow work, within limits: a file of some kilobytes
//! may unfold to gigabytes.

use std::{
    fs::File,
    io::{BufReader, Cursor},
    path::Path,
};

use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits};

/// Longest side of a small copy in pixels.
const THUMBNAIL_SIDE: u32 = 512;

/// Longest side of a picture that is unfolded.
const MAX_SIDE: u32 = 16_384;

/// Most pixels of a picture that is unfolded.
const MAX_PIXELS: u64 = 50_000_000;

/// Most memory that a decoder may take.
const MAX_ALLOC_BYTES: u64 = 256 * 1024 * 1024;

/// Quality of small copies, of 100.
const JPEG_QUALITY: u8 = 80;

/// What is known of a picture.
#[derive(Debug)]
pub(super) struct Picture {
    /// Pixels, the way up that it is shown.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// The small copy and the ending that says what it is; none where it could not be made.
    pub thumbnail: Option<(Vec<u8>, &'static str)>,
}

/// Looks at a picture of this MIME type. `None` for what is no picture, or none that can be read.
pub(super) fn read(path: &Path, mime: &str) -> Option<Picture> {
    let mut decoder = decoder(path, mime)?;
    let (width, height) = decoder.dimensions();
    let orientation = decoder.orientation().ok();
    let is_small_enough = u64::from(width) * u64::from(height) <= MAX_PIXELS;
    let whole = is_small_enough
        .then(|| DynamicImage::from_decoder(decoder).ok())
        .flatten();
    let Some(mut whole) = whole else {
        return Some(Picture {
            width,
            height,
            thumbnail: None,
        });
    };
    if let Some(orientation) = orientation {
        whole.apply_orientation(orientation);
    }
    Some(Picture {
        width: whole.width(),
        height: whole.height(),
        thumbnail: small_copy(&whole),
    })
}

/// A picture in full, the way up that it is shown. `None` where it can't be read, or would take too much memory.
pub(super) fn decode(path: &Path, mime: &str) -> Option<DynamicImage> {
    let mut decoder = decoder(path, mime)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return None;
    }
    let orientation = decoder.orientation().ok();
    let mut whole = DynamicImage::from_decoder(decoder).ok()?;
    if let Some(orientation) = orientation {
        whole.apply_orientation(orientation);
    }
    Some(whole)
}

fn decoder(path: &Path, mime: &str) -> Option<impl image::ImageDecoder> {
    let format = match mime {
        "image/jpeg" => ImageFormat::Jpeg,
        "image/png" => ImageFormat::Png,
        "image/webp" => ImageFormat::WebP,
        "image/gif" => ImageFormat::Gif,
        _ => return None,
    };
    let mut reader = ImageReader::with_format(BufReader::new(File::open(path).ok()?), format);
    reader.limits(limits());
    reader.into_decoder().ok()
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_ALLOC_BYTES);
    limits
}

fn small_copy(whole: &DynamicImage) -> Option<(Vec<u8>, &'static str)> {
    let is_small = whole.width() <= THUMBNAIL_SIDE && whole.height() <= THUMBNAIL_SIDE;
    let small = if is_small {
        whole.clone()
    } else {
        whole.thumbnail(THUMBNAIL_SIDE, THUMBNAIL_SIDE)
    };
    let mut bytes = Vec::new();
    // Stickers are see-through, which JPEG can't be.
    if small.color().has_alpha() {
        let target = &mut Cursor::new(&mut bytes);
        small.to_rgba8().write_to(target, ImageFormat::WebP).ok()?;
        return Some((bytes, "webp"));
    }
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
    small.to_rgb8().write_with_encoder(encoder).ok()?;
    Some((bytes, "jpg"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use image::{RgbImage, RgbaImage};

    use super::*;

    fn written(picture: &DynamicImage, format: ImageFormat) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        picture.save_with_format(file.path(), format).unwrap();
        file
    }

    #[test]
    fn a_large_photo_gets_a_small_jpeg() {
        let file = written(
            &DynamicImage::from(RgbImage::new(2000, 1000)),
            ImageFormat::Jpeg,
        );
        let picture = read(file.path(), "image/jpeg").unwrap();
        assert_eq!((picture.width, picture.height), (2000, 1000));
        let (bytes, ending) = picture.thumbnail.unwrap();
        let small = image::load_from_memory(&bytes).unwrap();
        assert_eq!((small.width(), small.height(), ending), (512, 256, "jpg"));
    }

    #[test]
    fn a_sticker_stays_see_through() {
        let file = written(
            &DynamicImage::from(RgbaImage::new(64, 64)),
            ImageFormat::WebP,
        );
        let (bytes, ending) = read(file.path(), "image/webp").unwrap().thumbnail.unwrap();
        assert_eq!(ending, "webp");
        assert!(image::load_from_memory(&bytes).unwrap().color().has_alpha());
    }

    #[test]
    fn a_picture_that_would_unfold_to_gigabytes_is_not_unfolded() {
        // 12,000 × 12,000 black pixels are some 400 kB of PNG and 432 MB of memory.
        let file = written(&DynamicImage::new_luma8(12_000, 12_000), ImageFormat::Png);
        let picture = read(file.path(), "image/png").unwrap();
        assert_eq!(picture.width, 12_000);
        assert!(picture.thumbnail.is_none());
    }

    #[test]
    fn what_is_broken_or_no_picture_has_no_size() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"\x89PNG\r\n\x1a\nbroken").unwrap();
        assert!(read(file.path(), "image/png").is_none());
        assert!(read(file.path(), "application/pdf").is_none());
    }
}
