"""Results mode: a folder that `compare`, `run`, `decompose` or `sweep` wrote, read without running anything.

Only plain files of the folder are read, and the parts of a sweep's tables: nothing hidden, no links. Tables are
filtered where they lie, so that one of millions of rows is never held as a whole. Differences are worked out from the
tables by the functions that the commands print from; no published number stands beside one.
"""
