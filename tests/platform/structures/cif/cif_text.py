"""Small CIF files for tests."""

HEAD = """data_{name}
_cell_length_a {a}
_cell_length_b {b}
_cell_length_c {c}
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma {gamma}
_symmetry_space_group_name_H-M '{group}'
_symmetry_Int_Tables_number {number}
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
"""


def cif(sites, lengths_A, group, number, gamma=90, name="crystal"):
    a, b, c = lengths_A
    head = HEAD.format(name=name, a=a, b=b, c=c, gamma=gamma, group=group, number=number)
    return head + "".join(" ".join(map(str, site)) + "\n" for site in sites)


def argyrodite(halide_4a=0.385, lithium=0.5, halide="Cl", halide_4c=None, centre=(("P1", "P", 1),)):
    """Write Li6PS5X with free anions on 4a and 4c and the given halide occupancies of both sites."""
    off = 1 - halide_4a if halide_4c is None else halide_4c
    sites = [("Li1", "Li", 0.1827, 0.1827, 0.0201, lithium), ("S1", "S", 0.6188, 0.6188, 0.6188, 1)]
    sites += [(label, element, 0.5, 0.5, 0.5, share) for label, element, share in centre]
    for label, place, share in (("a", 0, halide_4a), ("c", 0.25, off)):
        sites += [(f"X{label}", halide, place, place, place, share)] if share else []
        sites += [(f"S{label}", "S", place, place, place, round(1 - share, 6))] if share < 1 else []
    return cif(sites, (9.86, 9.86, 9.86), "F -4 3 m", 216)


GARNET = cif(  # Li7La3Zr2O12: Li on 24d and 96h, 1.6 Å apart; the arrangement must separate nearly all pairs
    [
        ("Li1", "Li", 0.375, 0, 0.25, 0.542),
        ("Li2", "Li", 0.0959, 0.6922, 0.5768, 0.448),
        ("La", "La", 0.125, 0, 0.25, 1),
        ("Zr", "Zr", 0, 0, 0, 1),
        ("O", "O", 0.2818, 0.1, 0.1948, 1),
    ],
    (12.968, 12.968, 12.968),
    "I a -3 d",
    230,
)
THIOPHOSPHATE = cif(  # Li10GeP2S12: Ge and P share a site; the occupancies of split Li sites add up to more than one
    [
        ("Li1", "Li", 0.257, 0.272, 0.183, 0.691),
        ("Li2", "Li", 0, 0.5, 0.945, 1),
        ("Li3", "Li", 0.246, 0.246, 0, 0.643),
        ("Ge1", "Ge", 0, 0.5, 0.691, 0.515),
        ("P1", "P", 0, 0.5, 0.691, 0.485),
        ("P2", "P", 0, 0, 0.5, 1),
        ("S1", "S", 0, 0.184, 0.408, 1),
        ("S2", "S", 0, 0.296, 0.095, 1),
        ("S3", "S", 0, 0.699, 0.79, 1),
    ],
    (8.694, 8.694, 12.599),
    "P 42/n m c",
    137,
)
BETA_ALUMINA = cif(  # Na on split sites, slightly above charge balance
    [
        ("Na1", "Na", 0.6667, 0.3333, 0.25, 0.68),
        ("Na2", "Na", 0.8, 0.6, 0.25, 0.17),
        ("Al1", "Al", 0.8334, 0.1666, 0.1059, 1),
        ("Al2", "Al", 0.3333, 0.6667, 0.0248, 1),
        ("Al3", "Al", 0.3333, 0.6667, 0.1756, 1),
        ("Al4", "Al", 0, 0, 0, 1),
        ("O1", "O", 0.1565, 0.313, 0.0502, 1),
        ("O2", "O", 0.503, 1.006, 0.1466, 1),
        ("O3", "O", 0.6667, 0.3333, 0.0553, 1),
        ("O4", "O", 0, 0, 0.1425, 1),
        ("O5", "O", 0.3333, 0.6667, 0.25, 1),
    ],
    (5.595, 5.595, 22.49),
    "P 63/m m c",
    194,
    gamma=120,
)
