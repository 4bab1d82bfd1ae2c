"""Bundles: from the material of a source to llms.txt, its expansions, and their gates."""

from __future__ import annotations
