"""Videos and pictures as upright RGB frames with honest times; nothing is imported until one of its modules is."""
