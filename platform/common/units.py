"""Constants and conversions of units; names carry their units, and stress has the sign of ASE."""

BOLTZMANN_EV_K = 8.617333262e-5
BOLTZMANN_J_K = 1.380649e-23
ELEMENTARY_CHARGE_C = 1.602176634e-19
A2_PER_PS_IN_CM2_S = 1e-4  # 1 Å²/ps = 1e-16 cm² / 1e-12 s
EV_A3_IN_GPA = 160.21766208
EV_A2_IN_J_M2 = 16.021766208
NM_IN_A = 10.0
ZERO_CELSIUS_K = 273.15
A3_IN_CM3 = 1e-24
S_CM_IN_MS_CM = 1e3
