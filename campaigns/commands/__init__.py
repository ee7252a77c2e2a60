"""The commands, grouped by what a user wants: set up, run a campaign, look into one."""
