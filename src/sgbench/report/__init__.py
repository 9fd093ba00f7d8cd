"""Figures of the report, one module each: tables in; SVG, PNG and the CSV that is drawn out."""
