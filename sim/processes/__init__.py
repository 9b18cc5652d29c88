"""The processes of the week: one file for each, one public function ``step(model)`` in each."""
