"""A made-up evaluation in the shape of that of `dfe evaluate`; figures are invented, near those of real codings."""

import numpy as np

REGIONS = ("brow", "eyes", "nose", "cheeks", "mouth", "jaw")
CHANGES = ("blur", "crop", "jpeg", "shift")
CODERS = (
    # id, kind, levels, size, error at the last level, bits of it
    ("dfe-51-64x8", "tokenizer", 8, 64, 0.262, 31.0),
    ("dfe-51-256x8", "tokenizer", 8, 256, 0.197, 44.0),
    ("residual-kmeans-64x8", "baseline", 8, 64, 0.230, 41.5),
    ("residual-kmeans-shared-64x8", "baseline", 8, 64, 0.305, 38.0),
    ("flat-kmeans-4096", "baseline", 1, 4096, 0.498, 11.2),
    ("product-quantisation-6x256-with-a-rather-long-name-of-its-own", "baseline", 6, 256, 0.341, 39.0),
    ("pca-8-numbers-48-bits", "baseline", 8, 64, 0.402, 46.1),
    ("nmf-16", "baseline", 16, 9, 0.437, 35.0),
    ("regional-dictionaries-50", "baseline", 8, 401, 0.366, 52.0),
    ("au-proxy", "au proxy", 17, 6, 0.812, 22.0),
)
MEAN_FACE = 2.41
STABLE = {
    "cosine": 0.82,
    "share_same": 0.6,
    "chance_cosine": 0.55,
    "used_cosine": 0.84,
    "used_share_same": 0.63,
    "pairs": 3,
}


def estimate(value, wide=0.02):
    return {"value": round(value, 5), "low": round(value - wide, 5), "high": round(value + 1.2 * wide, 5)}


def coder(place, faces=4212):
    """One of the codings, by its place in :data:`CODERS`; beyond them they come again under another name."""
    id, kind, levels, size, error, bits = CODERS[place % len(CODERS)]
    id = id if place < len(CODERS) else f"{id}-again-{place}"
    rng = np.random.default_rng(place)
    part = np.arange(1, levels + 1) / levels
    base = 2.62 if kind == "tokenizer" else 2.41
    errors = base * (error / base) ** (part**0.55)
    tokens = levels * (0.62 if kind == "tokenizer" else 0.95)
    good = 1 - error / MEAN_FACE
    retrieval = 0.06 + 0.52 * good**1.5
    kappas = 0.86 * np.exp(-2.2 * part * (0.5 if kind == "tokenizer" else 1))
    faithful = 1 - (0.06 if kind == "tokenizer" else 0.38) * part
    by_change = {
        name: {
            "same": [estimate(k, 0.01) for k in kappas],
            "kappa": [estimate(k - strength, 0.012) for k in kappas],
            "kappa_mean": estimate(kappas.mean(), 0.01),
            "counts": {
                "overlap": estimate(0.7),
                "chance": 0.11,
                "agreement": estimate(0.78 - strength - 0.2 * (1 - kappas.mean())),
            },
            "intensities": {"overlap": estimate(0.7), "chance": 0.1, "agreement": estimate(0.75 - strength)},
            "faces": faces - 40,
            "lost": 0.0095,
            "moved_share": estimate(0.1, 0.01),
        }
        for name, strength in zip((*CHANGES, "all"), (0.02, 0.16, 0.05, 0.11, 0.085), strict=True)
    }
    found = lambda c: {"nearest": estimate(c - 0.02, 0.012), "five": estimate(c, 0.009)}  # noqa: E731
    steps = sorted({2**k for k in range(int(levels).bit_length())} | {levels})
    probe = lambda value: {  # noqa: E731
        "accuracy": estimate(value, 0.016),
        "macro_f1": estimate(value - 0.08, 0.02),
        "chance": 0.25,
        "classes": ["angry", "happy", "neutral"],
        "recall": [0.4, 0.8, None],
        "faces": [24000, 3500],
        "converged": True,
        "minus_continuous": estimate(value - 0.528),
    }
    group = lambda value, n: {"estimate": estimate(value, 1.6 / n**0.5), "faces": n, "subjects": n // 4 + 1}  # noqa: E731
    return {
        "id": id,
        "kind": kind,
        "hash": f"{place:02x}" * 32,
        "levels": levels,
        "size": size,
        "ordered": kind != "au proxy" and not id.startswith("nmf"),
        "seen": {"faces": 0, "share": 0.0},
        "motion": {
            "told": {name: estimate(good, 0.02) for name in ("whole", "brow", "eye", "lips", "jaw", "cheek")},
            "turned": estimate(0.12, 0.01),
            "changed": {name: estimate(0.2, 0.02) for name in CHANGES},
            "intensity": {"whole": estimate(good - 0.05, 0.02)},
            "count": {"whole": estimate(good - 0.2, 0.02)},
        },
        "fidelity": {
            "error_mm": estimate(error, 0.006),
            "mean_face_mm": MEAN_FACE,
            "share": estimate(error / MEAN_FACE, 0.003),
            "base_mm": base,
            "tokens": estimate(tokens, 0.05),
            "bits": estimate(bits, 0.3),
            "raw_bits": levels * np.log2(size),
            "by_tokens": [
                {"tokens": m + 1, "used": tokens * p, "bits": bits * p**0.9, "error_mm": e}
                for m, (p, e) in enumerate(zip(part.tolist(), errors.tolist(), strict=True))
            ],
            "regions": {
                name: {
                    "error_mm": estimate(error * hard, 0.01),
                    "mean_face_mm": 1.0 + i,
                    "share": estimate(min(error / MEAN_FACE * hard, 1.1), 0.012),
                }
                for i, (name, hard) in enumerate(zip(REGIONS, rng.uniform(0.7, 2.6, 6), strict=True))
            },
            "at_bits": [
                {"bits": b, "error_mm": float(np.interp(b, [0, *(bits * part**0.9)], [base, *errors]))}
                for b in (8, 16, 24, 32, 48)
            ],
        },
        "retrieval": {
            "random": estimate(0.021, 0.003),
            "geometry": found(0.74),
            "continuous": found(0.585),
            "decoded": [
                {"codes": m, "bits": bits * (m / levels) ** 0.9, "found": found(retrieval * (m / levels) ** 0.4)}
                for m in steps
            ],
            "bag": found(retrieval - 0.05),
            "faces": 3000,
            "all_codes": found(retrieval),
            "at_bits": [
                {"bits": b, "nearest": None, "five": retrieval * (b / bits) ** 0.4 if b <= bits else None}
                for b in (8, 16, 24, 32, 48)
            ],
        },
        "diversity": {
            "displays": size - 1,
            "share_used": 0.97,
            "perplexity": estimate(size * 0.41, 1),
            "effective_rank": 14.2 + place / 3,
            "energy_rank": 8.1,
            "mean_distance_mm": 1.38,
            "variance_covered": estimate(0.96),
            "distinct_sets": 3000 + 100 * place,
            "distinct_sets_of": faces,
        },
        "locality": {
            "share": estimate(0.12 if kind == "tokenizer" else 0.19, 0.004),
            "share_p90": estimate(0.3, 0.01),
            "radius_mm": estimate(31, 1),
            "radius_p90_mm": estimate(52, 1),
        },
        "redundancy": {"mean": 0.24 + place / 60, "max": 0.97, "share_alike": 0.013, "pairs": 1891, "halves": 20},
        "faithfulness": {
            "own_region": estimate(faithful.mean(), 0.006),
            "whole_face": estimate(faithful.mean() - 0.02, 0.006),
            "own_region_by_level": [estimate(v, 0.01) for v in faithful],
            "whole_face_by_level": [estimate(v - 0.02, 0.01) for v in faithful],
        },
        "reliability": by_change,
        "symmetry": {
            "displays": {"symmetric": 0.5, "left": 0.25, "right": 0.25},
            "said": {"symmetric": estimate(0.61), "left": estimate(0.2), "right": estimate(0.19)},
            "closed": 1.0 if kind == "tokenizer" else 0.31,
            "consistent": estimate(0.998, 0.001) if kind == "tokenizer" else estimate(0.12),
            "overlap": estimate(0.999, 0.0005) if kind == "tokenizer" else estimate(0.43),
        },
        "stability": STABLE if kind == "tokenizer" else {"not_measured": "no other training of this coding"},
        "invariance": {
            "person": {
                "accuracy": estimate(0.1 + 0.22 * good**4 + 0.015 * rng.standard_normal(), 0.02),
                "balanced": estimate(0.1),
                "chance": 0.033,
                "people": 150,
                "faces": 2038,
                "converged": True,
            },
            "pose": {
                "pitch": estimate(0.4 * good, 0.02),
                "yaw": estimate(0.5 * good - 0.05, 0.02),
                "pitch_quadratic": estimate(0.45 * good),
                "yaw_quadratic": estimate(0.6 * good),
                "people": 901,
            },
            "drift": {"not_measured": "no faces of people who turn their heads (--turned gives them)"},
        },
        "probe": {
            "count": probe(0.25 + 0.26 * good**1.2 + 0.01 * rng.standard_normal()),
            "intensity": probe(0.25 + 0.265 * good**1.2),
            "decoded": probe(0.25 + 0.27 * good**1.2),
        },
        "groups": {
            "error_mm": {
                "gender": {"female": group(error * 1.02, 1209), "male": group(error * 0.99, 3003)},
                "age": {f"{a}-{a + 9}": group(error * (1 + a / 900), 90 * a) for a in (30, 40, 50)},
            },
            "neutral_tokens": {
                "gender": {"female": group(2.1, 212), "male": group(1.9, 403)},
                "age": {f"{a}-{a + 9}": group(2 + a / 100, 9 * a) for a in (30, 40, 50)},
            },
        },
        "cost": {
            "encode_per_s": 41234.6,
            "decode_per_s": 812345.0,
            "one_thread": True,
            "numbers": 3300,
            "bytes": 13200,
        },
    }


def result(coders=10, seen=()):
    """An evaluation of so many codings; those at the places ``seen`` know some of the people."""
    found = [coder(place) for place in range(coders)]
    for place in seen:
        found[place]["seen"] = {"faces": 505, "share": 505 / 4212}
    plain = found[0] if found else coder(0)
    uncoded = {
        **plain["probe"]["count"],
        "accuracy": estimate(0.528, 0.016),
    }
    tables = lambda name: [{"name": f"{name}.parquet", "sha256": "4fe1" * 16}]  # noqa: E731
    sets = {
        "faces": (4400, 4212, 901),
        "fit": (8900, 8533, 4100),
        "probe-train": (28709, 24102, None),
        "probe-test": (3589, 3012, None),
        **{f"perturbed {name}": (4400, 4172, None) for name in CHANGES},
    }
    share = lambda v, n: {"estimate": estimate(v, 0.01), "faces": n, "subjects": n // 5}  # noqa: E731
    return {
        "about": {
            "dfe": "0.3.0",
            "space": {"id": "arkit51", "version": 1, "hash": "ab12" * 16},
            "neutral": "none",
            "sets": {
                name: {
                    "tables": tables(name.replace(" ", "-")),
                    "pictures": pictures,
                    "faces": n,
                    "coverage": n / pictures,
                    "people": people,
                    "faces_of_unknown_people": 0 if people else n,
                }
                for name, (pictures, n, people) in sets.items()
            },
            "subjects": "people",
            "bits_learnt_from": "the faces for fitting",
            "mean_face_of": "the faces for fitting",
            "bits_compared": [8, 16, 24, 32, 48],
            "seen_allowed": bool(seen),
            "other_trainings": [{"id": "dfe-51-64x8-seed1", "hash": "99" * 32}],
            "draws": 1000,
            "seed": 0,
            "max_retrieval": 3000,
            "au_detectors": "not compared: no table of OpenFace, LibreFace or py-feat of these faces was given",
        },
        "floors": {
            "mean_face_mm": MEAN_FACE,
            "regions": {name: 1.0 + i for i, name in enumerate(REGIONS)},
            "retrieval": {name: plain["retrieval"][name] for name in ("random", "geometry", "continuous", "faces")},
            "probe": uncoded,
            "person": {**plain["invariance"]["person"], "accuracy": estimate(0.32, 0.02)},
            "pose": {**plain["invariance"]["pose"], "pitch": estimate(0.54, 0.02), "yaw": estimate(0.59, 0.02)},
            "drift": {"not_measured": "no faces of people who turn their heads (--turned gives them)"},
            "moved": {name: estimate(0.1, 0.01) for name in (*CHANGES, "all")},
            "detection": {
                "gender": {"female": share(0.951, 1271), "male": share(0.96, 3129)},
                "age": {f"{a}-{a + 9}": share(0.96, 92 * a) for a in (30, 40, 50)},
            },
        },
        "coders": found,
    }
