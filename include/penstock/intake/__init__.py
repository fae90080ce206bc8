"""What makes files: the spool of votes, the producers of step chains."""
