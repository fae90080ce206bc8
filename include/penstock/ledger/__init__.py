"""What is known of every file: its state, blocks, quarantine and validation results."""
