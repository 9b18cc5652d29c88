"""A contract in round numbers, for hand arithmetic, and any contract that differs from it."""

from sim.contracts import load_contract

WORDS = {
    "title": '"A contract in round numbers"',
    "source": '"somewhere"',
    "from": "2015-02-01",
    "until": "2022-01-31",
    "eligible": '["community_order", "custody_under_12m"]',
}
NUMBERS = {
    "maximum_annual_payment": 1_000_000,
    "bid_fee_share": 0.75,
    "fixed_share": 0.25,
    "volume_weights": [0.5, 0.25, 0.125, 0.125],
    "forecast_change": [0.0, 0.0, 1.0, 0.0],
    "band_edges": [0, 0.5, 0.9, 1.1],
    "band_fees": [0.5, 0.75, 1.0, 1.25],
    "use_fee": 400,
    "through_the_gate_fee": 0,
    "activity_requirement_fee": 0,
    "baseline_year": 2011,
    "ogrs_slope": 1,
    "binary_hurdle": 0.02,
    "annual_hurdle": 0.02,
    "binary_level": 1,
    "binary_tariff": 1000,
    "top_up_share": 1,
    "foundation_share": 0.2,
    "clawback_share": 1,
    "rise_limit": 0.03,
    "rise_level": 1,
    "rise_deduction": 0.1,
    "frequency_level": 1,
    "frequency_tariff": 100,
    "ungated_share": 0,
}
OVER = {"volume_weights": "sentence type", "forecast_change": "sentence type"}
OVER |= {"band_edges": "band", "band_fees": "band"}


def entry(name, **keys):
    """Return the text of one number; a key given as None is left out."""
    value = keys.get("value", NUMBERS.get(name, 0))
    values = value if isinstance(value, list) else [value]
    ends = [v for v in values if isinstance(v, int | float)]
    given = {"value": value, "unit": '"a unit"', "low": min(0, *ends, 0), "high": max(1, *ends, 1)}
    given |= {"kind": '"assumed"', "source": '"somewhere"', "note": '"because"'}
    if name in OVER:
        given["over"] = f'"{OVER[name]}"'
    lines = [f"{key} = {text}" for key, text in {**given, **keys}.items() if text is not None]
    return "\n".join([f"[{name}]", *lines])


def contract_text(words=None, **numbers):
    """Return the text of the contract with other words, and with other keys of its numbers; None leaves one out."""
    said = [f"{key} = {text}" for key, text in {**WORDS, **(words or {})}.items() if text is not None]
    names = [*NUMBERS, *(name for name in numbers if name not in NUMBERS)]
    keys = {name: numbers.get(name, {}) for name in names}
    return "\n".join([*said, *(entry(name, **keys[name]) for name in names if keys[name] is not None)]) + "\n"


def made(folder, **values):
    """Return the contract with other values."""
    path = folder / "mine.toml"
    path.write_text(contract_text(**{name: {"value": value} for name, value in values.items()}), encoding="utf-8")
    return load_contract(str(path))
