"""Contracts with the companies as data: what is bid, what is paid by volume and by use, and what results earn.

A contract is a TOML file of numbers in the form of the parameter register, and a few words and dates. It may name a
base and give only what differs from it, as a variation does. A term that a contract does not have is nought (a fee, a
share, a hurdle) or 1 (a level of significance that every cohort meets), so that every contract is worked out alike in
`sim.results` and `sim.payments`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any, NamedTuple, get_type_hints

from sim.clock import date_of, day_of
from sim.errors import InputError, nearest, read_toml, unknown
from sim.files import CONTRACTS, find_file, find_place, is_file, is_path, known_names, only_keys, text
from sim.parameters.register import Parameter, Value, parse_entry
from sim.timeline import parse_date

SENTENCE_TYPES = ("community_order", "suspended_sentence_order", "custody_under_12m", "custody_12m_plus")
"""Sentences by which volume is weighed, in the order of every list over them."""
LONGEST_CHAIN = 20
_WORDS = ("title", "source", "from", "until", "eligible")
_SUM_ERROR = 1e-9
_BAND = "band"


class Bound(NamedTuple):
    """What a number of any contract must be, whatever range its file gives, and the axis of a list of them."""

    low: float
    high: float
    over: str = ""


Pounds = Annotated[float, Bound(0.0, math.inf)]
Fraction = Annotated[float, Bound(0.0, 1.0)]
Number = Annotated[float, Bound(0.0, math.inf)]
SharesByType = Annotated[tuple[float, ...], Bound(0.0, 1.0, "sentence type")]
ChangesByType = Annotated[tuple[float, ...], Bound(-1.0, math.inf, "sentence type")]
NumbersByBand = Annotated[tuple[float, ...], Bound(0.0, math.inf, _BAND)]


@dataclass(frozen=True)
class Contract:
    """A contract of a company with the payer. Sums of money are for England and Wales; a provider has a share of them.

    Attributes
    ----------
    name, title, source : str
    from_day, until_day : int
        First and last day.
    eligible : tuple of str
        Sentence types whose people enter payment cohorts.
    numbers : dict of str to Parameter
        Every number below with its unit, range, kind and source.
    maximum_annual_payment : pounds a year
        Fee for service and payment by results together.
    bid_fee_share : fraction of the maximum annual payment
        Bid as the fee for service; what it leaves is the results pot.
    fixed_share : fraction of the fee for service
        Paid whatever the volume.
    volume_weights : fractions, shape (4,), sum 1
        Weight of a start by sentence type.
    forecast_change : fractions, shape (4,)
        Forecast starts over those of the year before the bid, less 1.
    band_edges, band_fees : numbers, shape (bands,)
        Lower edge of each band of weighted volume over forecast, and the fee there over the fee at forecast.
    use_fee : pounds for each start of a service that the public service buys
    through_the_gate_fee, activity_requirement_fee : pounds for each leaver, for each requirement
        Nought where the fee for service includes them.
    baseline_year : year
        Of the cohorts that results are measured against.
    ogrs_slope : fraction
        Change of the expected binary rate for a change of the mean OGRS.
    binary_hurdle, annual_hurdle : fraction
        Fall of the binary rate from which a quarter's, and the year's, cohort is paid.
    binary_level, frequency_level, rise_level : probability
        Significance of a fall of the binary rate, of a fall of the frequency, of a rise of the binary rate.
    binary_tariff : pounds for each reoffender fewer than expected
    top_up_share : fraction
        Of what the year's cohort earns beyond what its quarters were paid.
    foundation_share : fraction of the results pot
        Paid in advance, by the month.
    clawback_share : fraction
        Of an advance not earned, taken back.
    rise_limit : fraction
        Rise of the binary rate from which fees are deducted.
    rise_deduction : fraction of a quarter's fee for service
    frequency_tariff : pounds for each reoffence fewer than reoffenders would commit at the baseline's frequency
    ungated_share : fraction
        Of what the frequency earns, paid where the binary rate has earned nothing.
    """

    name: str
    title: str
    source: str
    from_day: int
    until_day: int
    eligible: tuple[str, ...]
    numbers: Mapping[str, Parameter]
    maximum_annual_payment: Pounds
    bid_fee_share: Fraction
    fixed_share: Fraction
    volume_weights: SharesByType
    forecast_change: ChangesByType
    band_edges: NumbersByBand
    band_fees: NumbersByBand
    use_fee: Pounds
    through_the_gate_fee: Pounds
    activity_requirement_fee: Pounds
    baseline_year: Number
    ogrs_slope: Fraction
    binary_hurdle: Fraction
    annual_hurdle: Fraction
    binary_level: Fraction
    binary_tariff: Pounds
    top_up_share: Fraction
    foundation_share: Fraction
    clawback_share: Fraction
    rise_limit: Fraction
    rise_level: Fraction
    rise_deduction: Fraction
    frequency_level: Fraction
    frequency_tariff: Pounds
    ungated_share: Fraction

    def with_value(self, name: str, value: object, place: str = "--set") -> "Contract":
        """Return this contract with one number changed within its range.

        Raises
        ------
        InputError
            If there is no such number, or the value is malformed, out of range, or does not fit the others.
        """
        if name not in self.numbers:
            raise unknown("number of a contract", name, self.numbers, place)
        numbers = {**self.numbers, name: self.numbers[name].with_value(value, place)}
        _check_together(numbers, place)
        changed: dict[str, Any] = {"numbers": numbers, name: numbers[name].value}
        return replace(self, **changed)

    def with_terms(self, terms: Mapping[str, Value]) -> "Contract":
        """Return this contract with numbers changed one after the other, see `with_value`."""
        contract = self
        for name, value in terms.items():
            contract = contract.with_value(name, list(value) if isinstance(value, tuple) else value)
        return contract


@cache
def bounds() -> dict[str, Bound]:
    """Return every number that a contract has, with its bound."""
    hints = get_type_hints(Contract, include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items() if hasattr(hint, "__metadata__")}


def _check_bound(number: Parameter, bound: Bound, place: str) -> None:
    """Refuse a value, or an end of its range, that no contract can have, and a list over another axis."""
    if number.over != bound.over:
        wanted = f'a list over "{bound.over}"' if bound.over else "one number"
        raise InputError(f'{place}: [{number.name}]: over = "{number.over}"; allowed: {wanted}')
    values = number.value if isinstance(number.value, tuple) else (number.value,)
    for key, value in (*(("value", v) for v in values), ("low", number.low), ("high", number.high)):
        if not bound.low <= value <= bound.high:
            allowed = f"{bound.low:g} or more" if bound.high == math.inf else f"{bound.low:g} to {bound.high:g}"
            raise InputError(f"{place}: [{number.name}]: {key} = {value:g}; allowed: {allowed} ({number.unit})")


def _values(numbers: Mapping[str, Parameter], name: str) -> tuple[float, ...]:
    """Return a list of numbers."""
    value = numbers[name].value
    assert isinstance(value, tuple)
    return value


def _check_together(numbers: Mapping[str, Parameter], place: str) -> None:
    """Refuse lists of the wrong length, weights that do not add up, and bands out of order."""
    for name in ("volume_weights", "forecast_change"):
        if len(_values(numbers, name)) != len(SENTENCE_TYPES):
            given, wanted = len(_values(numbers, name)), ", ".join(SENTENCE_TYPES)
            raise InputError(f"{place}: [{name}]: value has {given} numbers; it takes one for each of {wanted}")
    weights = math.fsum(_values(numbers, "volume_weights"))
    if abs(weights - 1) > _SUM_ERROR:
        raise InputError(f"{place}: [volume_weights]: value adds up to {weights:g}; allowed: weights that add up to 1")
    edges, fees = (list(_values(numbers, name)) for name in ("band_edges", "band_fees"))
    if edges[:1] != [0] or edges != sorted(set(edges)):
        raise InputError(f"{place}: [band_edges]: value = {edges}; allowed: edges that begin at 0 and rise")
    if len(fees) != len(edges) or fees != sorted(fees):
        raise InputError(
            f"{place}: [band_fees]: value = {fees}; allowed: {len(edges)} fees, one for each of band_edges, none below "
            "that of a band of less volume"
        )


def _eligible(given: object, place: str) -> tuple[str, ...]:
    """Check the sentence types of payment cohorts."""
    if not isinstance(given, list) or not given:
        raise InputError(f"{place}: eligible = {given!r} must be a list of {', '.join(SENTENCE_TYPES)}")
    for name in given:
        if name not in SENTENCE_TYPES:
            raise unknown("sentence type", str(name), SENTENCE_TYPES, f"{place}: eligible")
        if given.count(name) > 1:
            raise InputError(f'{place}: eligible: "{name}" is named {given.count(name)} times; name it once')
    return tuple(given)


def _words(document: Mapping[str, Any], base: Contract | None, place: str) -> dict[str, Any]:
    """Return a contract's words and dates; what it does not say is its base's."""
    if base is None:
        for key in _WORDS:
            if key not in document:
                raise InputError(f"{place}: has no {key}; a contract has {', '.join(_WORDS)}, or a base")
    words: dict[str, Any] = {key: text(document[key], key, place) for key in ("title", "source") if key in document}
    for key in ("from", "until"):
        if key in document:
            words[f"{key}_day"] = day_of(parse_date(document[key], f"{place}: {key}", "a date such as 2015-02-01"))
    if "eligible" in document:
        words["eligible"] = _eligible(document["eligible"], place)
    return words


def _base(document: Mapping[str, Any], path: Path, seen: tuple[Path, ...]) -> Contract | None:
    """Read the contract from which another differs."""
    if "base" not in document:
        return None
    name = text(document["base"], "base", str(path))
    found = str(path.parent / name) if is_path(name) else name
    if not is_file(find_place(found, CONTRACTS)):
        raise InputError(f'{path}: base: unknown contract "{name}"; {nearest(name, known_names(CONTRACTS))}')
    return load_contract(found, (*seen, path.resolve()))


def load_contract(name: str, _seen: tuple[Path, ...] = ()) -> Contract:
    """Read a contract by name or path, its base first.

    Parameters
    ----------
    name : str
        A file of ``scenarios/contracts/`` without its ending, or a path to a file of the same form.

    Raises
    ------
    InputError
        Unknown name or key; a number that is missing, malformed, without provenance or out of bounds; bands out of
        order; weights that do not add up to 1; dates reversed; a base that leads back to itself. The message names the
        file, the key, the value and what is allowed.
    """
    path = find_file(name, CONTRACTS, "contract")
    place = str(path)
    if path.resolve() in _seen or len(_seen) > LONGEST_CHAIN:
        chain = " -> ".join(p.stem for p in (*_seen, path))
        raise InputError(f"{place}: base: leads back to itself, or on for more than {LONGEST_CHAIN} files ({chain})")
    document, allowed = read_toml(path), bounds()
    only_keys(document, {*_WORDS, *allowed, "base"}, place)
    base = _base(document, path, _seen)
    own = {key: parse_entry(path.stem, key, entry, place) for key, entry in document.items() if key in allowed}
    for key, number in own.items():
        _check_bound(number, allowed[key], place)
    numbers = {**(base.numbers if base else {}), **own}
    for key in allowed:
        if key not in numbers:
            raise InputError(f"{place}: has no [{key}]; every contract gives it, or has a base that does")
    _check_together(numbers, place)
    words = _words(document, base, place)
    values = {key: numbers[key].value for key in allowed}
    fields: dict[str, Any] = {"name": path.stem, "numbers": numbers, **words, **values}
    contract = replace(base, **fields) if base else Contract(**fields)
    if contract.until_day < contract.from_day:
        first, last = date_of(contract.from_day), date_of(contract.until_day)
        raise InputError(f"{place}: until = {last} lies before from = {first}; allowed: {first} or later")
    return contract
