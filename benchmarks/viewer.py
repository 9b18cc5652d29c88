"""How fast the pages are, as the pages measure it themselves: ``python -m benchmarks.viewer``.

Two worlds are played side by side in a headless browser that draws without a graphics card, on the machine that also
lives the models.
"""

from statistics import mean
from typing import Any

from visualiser.driver import Server, chromium, inside, opened

SIZES = (("5,000", 0.03), ("20,000", 0.3))
"""People in each network, and the scale that has so many; of more than 20,000 the page shows a sample."""
WIDTHS = ((1280, 800), (1920, 1080))
SPEED = 8
_PARTED = "&set=levers.risk_split%3D2008-02-04&week=8"
"""The regimes part at once, so that both worlds are lived."""
_SETTLE, _READS, _BETWEEN = 4_000, 8, 1_000
_VISITS = 3


def frames(page: Any) -> tuple[float, float, int]:
    """Play, and return frames a second, weeks a second and people shown."""
    inside(page, f"page.send({{kind: 'play', speed: {SPEED}}})")
    page.wait_for_timeout(_SETTLE)
    week, began = inside(page, "[page.view.week, performance.now()]")
    reads = []
    for _ in range(_READS):
        page.wait_for_timeout(_BETWEEN)
        reads.append(inside(page, "page.networks.framesPerSecond()"))
    now, ended = inside(page, "[page.view.week, performance.now()]")
    shown = inside(page, "Math.max(...page.networks.scenes.map((s) => s.tallies.reduce((a, b) => a + b, 0)))")
    return mean(reads), 1000 * (now - week) / (ended - began), int(shown)


def first_paints(browser: Any, address: str) -> tuple[list[float], list[float]]:
    """Return the seconds to the first paint and to the controls, of visits to a server that had one before."""
    with opened(browser, address):
        pass
    paints, controls = [], []
    for _ in range(_VISITS):
        with opened(browser, address, ready=False) as page:
            controls.append(page.evaluate("performance.now()") / 1000)
            paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
            paints.append(page.evaluate(paint) / 1000)
    return paints, controls


def lines() -> list[str]:
    """Return what was measured, a line each."""
    server = Server("--most-sessions", "2")
    found = []
    try:
        with chromium() as browser:
            for people, scale in SIZES:
                for width, height in WIDTHS:
                    address = f"{server.address}?scale={scale}{_PARTED}"
                    with opened(browser, address, width=width, height=height) as page:
                        page.wait_for_function("() => document.querySelector('.tg-page').tgPage.view.week >= 8")
                        rate, weeks, shown = frames(page)
                    found.append(
                        f"two networks of {people} ({shown:,} shown), {width} x {height}: {rate:.0f} frames a second "
                        f"at {weeks:.1f} of {SPEED} weeks a second"
                    )
            paints, controls = first_paints(browser, server.address)
        found.append(f"first paint: {max(paints):.1f} s, controls: {max(controls):.1f} s (slowest of {_VISITS} visits)")
    finally:
        server.close()
    return found


if __name__ == "__main__":
    print("\n".join(lines()))
