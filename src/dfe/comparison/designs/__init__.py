"""Designs of several groups or conditions, scores, periods, clusters, and contrasts that were named beforehand."""
