"""Quantisers: expressions to a few codes and back. One folder each, and a line in :mod:`dfe.quantizers.registry`.

In a folder ``config`` says what fixes a quantiser's arrays, ``quantizer`` holds the codebook, ``search`` finds codes
and ``decoder`` turns them into faces again, in numpy; what trains them in torch lies in ``train``.
"""
