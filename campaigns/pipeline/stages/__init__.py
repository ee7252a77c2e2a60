"""Stages of a campaign, one file each: what decides an item, its result, its work, its node."""
