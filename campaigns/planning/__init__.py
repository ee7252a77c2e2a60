"""Plan of a campaign: items, cost, machine."""
