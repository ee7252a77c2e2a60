"""Order crystals with partial occupancies: read the CIF, balance charges, choose a cell, place the ions."""
