"""The marks of a camera's raw file. Most raw files are TIFFs whose first page is a small preview."""

import re
from collections.abc import Sequence

from albumen.imaging.formats.tiff import Directory, Tag

_SIGNATURES = re.compile(
    rb"IIU\x00|II(RO|RS)|MMOR"  # Panasonic and Leica; Olympus
    rb"|.{6}HEAPCCDR|II\*\x00\x10\x00\x00\x00CR\x02|.{4}ftypcrx "  # Canon, of three generations
    rb"|\x00MRM|FOVb|FUJIFILM"  # Minolta, Sigma, Fujifilm
    rb"|(.{8})?(IIII.waR|MMMMRaw.)|.{25}ARECOYK",  # Phase One and Leaf; Kyocera and Contax
    re.DOTALL,
)
_SENSOR_COLOURS = {32803, 34892}  # colour filter array, and LinearRaw (Adobe DNG 1.7, PhotometricInterpretation)


def has_raw_signature(head: bytes) -> bool:
    """Return whether the first bytes are those of a camera's raw file."""
    return _SIGNATURES.match(head) is not None


def is_raw(chain: Sequence[Directory]) -> bool:
    """Return whether the directories of a TIFF, its pages, are those of a raw file.

    That is so where the first page is a smaller copy of another, or says that it is a DNG, or where any directory
    holds the samples of a sensor. A smaller copy elsewhere is no mark: ordinary TIFFs have such copies too.
    """
    every = [*chain, *(child for directory in chain for child in directory.children)]
    return (
        chain[0].is_smaller_copy
        or Tag.DNG_VERSION in chain[0].tags
        or any(directory.first(Tag.PHOTOMETRIC) in _SENSOR_COLOURS for directory in every)
    )
