"""Samples as tables and their images in one store: what is a task, a duplicate, a part, an item."""
