"""Uses of the model: comparisons, measures of many runs, reports, tables and pictures."""
