"""The monitor: takes in outcomes, judges drift and live performance, and starts trainings."""
