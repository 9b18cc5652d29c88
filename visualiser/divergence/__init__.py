"""Where two lives part, and why, as far as the model knows."""

from visualiser.divergence.telling import divergence as divergence
