"""What a recording, a person or a group comes to: summary tables, and the figures that go with them."""
