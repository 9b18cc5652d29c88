"""The one kind of array in which results are kept."""

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
