"""A study: its configuration, where its data come from, how it runs, and what its results were made with."""
