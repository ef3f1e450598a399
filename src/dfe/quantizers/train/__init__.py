"""What every quantiser's training in torch has in common."""
