from __future__ import annotations

import json

import numpy as np
import pytest

from dfe.base.errors import ModelError, OutputError, UsageError

torch = pytest.importorskip("torch", reason="needs the extra train")

from dfe.predict.vit.encoder import VitEncoder, load_vit  # noqa: E402
from dfe.predict.vit.layout import VitConfig  # noqa: E402
from learning.masked import (  # noqa: E402
    DecoderConfig,
    Guess,
    MaskedAutoencoder,
    loss_of,
    normalised,
    patches_of,
    shuffled,
    waves,
)
from learning.vit_pretraining import (  # noqa: E402
    PretrainConfig,
    load_autoencoder,
    pretrain,
    reconstruction_errors,
    write_folder,
)

SMALL = VitConfig(image_size=16, patch_size=4, channels=1, width=16, depth=1, heads=2, hidden=32)
DECODER = DecoderConfig(width=12, depth=1, heads=2)


def crops(count=64, side=18, seed=0):
    """Bars and blobs, so that what is hidden follows from what is seen."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side]
    phase, speed = rng.uniform(0, 6, (2, count, 1, 1))
    return (127 + 100 * np.sin(phase + (0.3 + speed / 10) * x + 0.2 * y)).astype(np.uint8)[..., None]


def test_patches_are_cut_row_by_row():
    pixels = torch.arange(2 * 3 * 8 * 8).reshape(2, 3, 8, 8).float()
    cut = patches_of(pixels, 4)
    assert cut.shape == (2, 4, 48)
    np.testing.assert_array_equal(cut[1, 2].reshape(4, 4, 3).permute(2, 0, 1), pixels[1, :, 4:8, 0:4])


def test_the_loss_is_the_mean_over_hidden_patches_alone():
    pixels = torch.rand(3, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    said = torch.rand(3, 16, 16, generator=torch.Generator().manual_seed(1))
    hidden = torch.zeros(3, 16)
    hidden[0, 3] = hidden[2, 7] = hidden[2, 8] = 1
    total = 0.0
    for picture, patch in ((0, 3), (2, 7), (2, 8)):
        row, column = divmod(patch, 4)
        own = pixels[picture, 0, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4].numpy().astype(float).ravel()
        total += ((said[picture, patch].numpy() - (own - own.mean()) / np.sqrt(own.var(ddof=1) + 1e-6)) ** 2).mean()
    assert float(loss_of(Guess(said, hidden), pixels, 4)) == pytest.approx(total / 3, rel=1e-5)


def test_a_patch_told_by_its_mean_alone_costs_one():
    pixels = torch.rand(4, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    nothing = Guess(torch.zeros(4, 16, 16), torch.ones(4, 16))
    assert float(loss_of(nothing, pixels, 4)) == pytest.approx(15 / 16, rel=1e-3)
    right = Guess(normalised(patches_of(pixels, 4)), torch.ones(4, 16))
    assert float(loss_of(right, pixels, 4)) == 0


def test_three_quarters_are_hidden_and_never_seen():
    model = MaskedAutoencoder(SMALL, DECODER).eval()
    pixels = torch.rand(2, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    order = shuffled(2, 16, torch.Generator().manual_seed(1))
    guess = model(pixels, order)
    assert guess.hidden.sum(1).tolist() == [12, 12]
    assert all(float(guess.hidden[i, order[i, :4]].sum()) == 0 for i in range(2))
    changed = pixels.clone()
    for i in range(2):
        for patch in np.flatnonzero(guess.hidden[i]).tolist():
            row, column = divmod(patch, 4)
            changed[i, 0, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4] = 9.0
    assert torch.equal(model(changed, order).pixels, guess.pixels)
    changed[0, 0, 4 * (order[0, 0] // 4), 4 * (order[0, 0] % 4)] += 1
    assert not torch.equal(model(changed, order).pixels[0], guess.pixels[0])


def test_order_of_seen_patches_does_not_matter():
    model = MaskedAutoencoder(SMALL, DECODER).eval()
    pixels = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    order = torch.arange(16)[None]
    other = torch.cat([torch.tensor([[2, 0, 3, 1]]), torch.arange(15, 3, -1)[None]], 1)
    torch.testing.assert_close(model(pixels, order).pixels, model(pixels, other).pixels, atol=1e-5, rtol=1e-5)


def test_places_are_all_different_and_the_same_for_equal_rows():
    found = waves(16, 16)[0].numpy()
    assert (found[0] == 0).all()
    assert len(np.unique(found[1:].round(6), axis=0)) == 16
    np.testing.assert_allclose(found[1 + 4 * 2 + 1, 8:], found[1 + 4 * 2 + 3, 8:])
    speeds = np.array([1, 0.1, 0.01, 0.001])
    np.testing.assert_allclose(found[3, :8], [*np.sin(2 * speeds), *np.cos(2 * speeds)], rtol=1e-5)


def test_untrained_networks_hang_on_their_seed_alone():
    def untrained(seed):
        return VitEncoder(MaskedAutoencoder(SMALL, DECODER, seed).vit, SMALL).encode(shown)

    shown = np.repeat(crops(2, 16), 3, axis=3)
    torch.manual_seed(5)
    first = untrained(3)
    torch.manual_seed(6)
    assert (untrained(3) == first).all()
    assert not np.allclose(untrained(4), first)


def test_it_learns_and_gives_the_same_again():
    told = []
    how = PretrainConfig(epochs=15, batch=16, rate=3e-3, jitter=2, seed=1)
    model = pretrain(crops(), SMALL, DECODER, how, told.append)
    assert [p.epoch for p in told] == list(range(1, 16))
    unseen = crops(32, 16, seed=9)
    before = reconstruction_errors(MaskedAutoencoder(SMALL, DECODER, 1).eval(), unseen).mean()
    assert reconstruction_errors(model, unseen).mean() < 0.7 * before
    short = PretrainConfig(epochs=2, batch=16, jitter=2, seed=1)
    one, two = (pretrain(crops(), SMALL, DECODER, short).state_dict() for _ in range(2))
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_errors_of_a_crop_do_not_hang_on_its_company():
    model = MaskedAutoencoder(SMALL, DECODER).eval()
    shown = crops(3, 16)
    np.testing.assert_allclose(
        reconstruction_errors(model, shown)[:1], reconstruction_errors(model, shown[:1]), rtol=1e-5
    )


def test_the_reader_opens_what_was_trained(tmp_path):
    how = PretrainConfig(epochs=1, batch=32, jitter=2)
    model = pretrain(crops(), SMALL, DECODER, how)
    sha = write_folder(model, DECODER, tmp_path / "mae")
    assert json.loads((tmp_path / "mae" / "config.json").read_text())["model_type"] == "vit_mae"
    rgb = np.repeat(crops(5, 16), 3, axis=3)
    read = load_vit(tmp_path / "mae")
    assert (read.encode(rgb) == VitEncoder(model.vit, SMALL).encode(rgb)).all()
    assert sha.startswith(read.id.split()[-1])
    again = load_autoencoder(tmp_path / "mae")
    assert (reconstruction_errors(again, crops(5, 16)) == reconstruction_errors(model, crops(5, 16))).all()
    with pytest.raises(OutputError):
        write_folder(model, DECODER, tmp_path / "mae")
    assert write_folder(model, DECODER, tmp_path / "mae", overwrite=True) == sha


def test_an_encoder_alone_reconstructs_nothing(tmp_path):
    from made_vit import write

    with pytest.raises(ModelError, match="not an autoencoder"):
        load_autoencoder(write(tmp_path))


def test_crops_that_do_not_fit():
    with pytest.raises(UsageError, match="18 px"):
        pretrain(crops(side=16), SMALL, DECODER, PretrainConfig(batch=16, jitter=2))
    with pytest.raises(UsageError):
        pretrain(crops(8), SMALL, DECODER, PretrainConfig(batch=16, jitter=2))
