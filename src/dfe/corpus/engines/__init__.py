"""What does a corpus's tasks beside the processes of one machine."""
