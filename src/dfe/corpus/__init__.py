"""Thousands of hours on one machine or many: plan, run, go on, query."""
