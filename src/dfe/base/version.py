"""The package's version, for provenance; below everything else."""

from __future__ import annotations

__version__ = "0.1.0"
