"""Creates landing files: from uploads, votes and producers of step chains."""
