"""Residual vector quantisation with one codebook shared by all levels, after neural audio codecs.

========== ================================================ ==================================
part       in numpy, for use                                in torch, for training
========== ================================================ ==================================
encoder    :mod:`~dfe.quantizers.rvq.encoder`               ``train.encoder``
quantiser  :mod:`~dfe.quantizers.rvq.quantizer` (codebook)  ``train.quantizer`` (codebook)
search     ``search`` (greedy), ``beam``                    in ``train.quantizer``
decoder    :mod:`~dfe.quantizers.rvq.decoder`               ``train.decoder``
all of it  :class:`~dfe.quantizers.rvq.quantizer.RvqQuantizer`  ``train.model``
losses                                                      ``train.losses``
========== ================================================ ==================================
"""
