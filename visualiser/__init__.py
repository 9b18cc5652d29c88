"""The browser pages: the same people under two regimes, side by side."""
