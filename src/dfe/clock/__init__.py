"""Time: what a row stands for, gaps, stretches, resampling and time stamps; the one place where they are defined."""
