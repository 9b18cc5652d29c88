"""Files that take longest begin first, so that no worker is left with one at the end."""

LONGEST = ("test_run.py", "test_sensitivity.py", "test_browser.py", "test_sweep.py", "test_bounds.py", "test_ema.py")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.name not in LONGEST)
