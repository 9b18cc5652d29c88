"""The measures of both regimes over time, with what was published of the same beside them.

Levels are shown, never differences, so that a published level may stand beside them: where measure, estimator and group
agree, and nowhere else. Counts are those of the world on the page; published counts are of England and Wales, scaled
to its size.
"""

from visualiser.charts.intervals import with_intervals as with_intervals
from visualiser.charts.panels import charts as charts
from visualiser.charts.panels import replicate_series as replicate_series
