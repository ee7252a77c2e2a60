"""Plan a campaign: items, cost, machine."""
