"""The model: people, regimes and the processes of the week. It draws no pictures and writes no files."""
