"""Suffixes by which files in folders are taken for films, pictures and tables, and those that are passed over."""

from __future__ import annotations

from collections.abc import Mapping

# fmt: off
VIDEO_SUFFIXES = frozenset({
    ".264", ".265", ".3g2", ".3gp", ".asf", ".avi", ".divx", ".dv", ".f4v", ".flv", ".h264", ".h265", ".hevc", ".ivf",
    ".m2t", ".m2ts", ".m2v", ".m4v", ".mj2", ".mjpeg", ".mjpg", ".mkv", ".mov", ".mp4", ".mpe", ".mpeg", ".mpg", ".mpv",
    ".mts", ".mxf", ".ogm", ".ogv", ".qt", ".rm", ".rmvb", ".ts", ".vob", ".webm", ".wmv", ".y4m",
})
PICTURE_SUFFIXES = frozenset({
    ".apng", ".avif", ".bmp", ".dib", ".gif", ".heic", ".heif", ".hif", ".jfif", ".jpe", ".jpeg", ".jpg", ".png",
    ".tif", ".tiff", ".webp",
})
FOREIGN_SUFFIXES = frozenset({
    ".3fr", ".amv", ".arw", ".braw", ".cr2", ".cr3", ".crdownload", ".dav", ".dcr", ".dng", ".dpx", ".dvr-ms", ".erf",
    ".exr", ".insp", ".insv", ".j2k", ".jp2", ".jpf", ".jpx", ".jxl", ".kdc", ".mpeg4", ".mpo", ".mrw", ".nef", ".nrw",
    ".nut", ".orf", ".pbm", ".pcx", ".pef", ".pgm", ".pnm", ".ppm", ".psd", ".r3d", ".raf", ".rw2", ".seq", ".sr2",
    ".srw", ".tga", ".trp", ".wtv", ".x3f",
})
# fmt: on
"""Of pictures and films that are not looked for in folders: raw pictures of cameras, kinds that nothing here reads, and
rare ones. The small copies that cameras keep beside their films (``.lrv``, ``.thm``) are not among them."""

TABLE_SUFFIXES = frozenset({".csv", ".json", ".mat", ".npy", ".npz", ".obj", ".ply", ".tsv", ".txt"})
"""Of files that other tools measured faces into, or meshes; ``.gz`` may follow."""


def foreign_words(counts: Mapping[str, int]) -> str:
    """One clause about files with :data:`FOREIGN_SUFFIXES` that were passed over.

    Args:
        counts: files of each suffix.
    """
    kinds = ", ".join(f"{count} {suffix}" for suffix, count in sorted(counts.items()))
    return f"passed over: {kinds} (kinds not looked for in folders: name one itself to try it, or convert it)"
