"""The networks in torch: architecture, reading of checkpoints, running, export. Nothing else here imports torch."""
