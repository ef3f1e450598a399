"""Sparse quantisation: a face as a few displays at one of a few intensities each, found all at once.

There is no encoder to learn: ``search`` finds how much of every display is in a face and keeps the strongest,
``quantizer`` holds the codebook and the ladder of intensities, and a face is decoded as the sum of its displays
(:meth:`dfe.displays.displays.Displays.added`). What trains the codebook in torch lies in ``train``.
"""
