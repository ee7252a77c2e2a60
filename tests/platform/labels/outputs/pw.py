"""Stands for pw.x: answers an input in the format of its output; converges only with soft mixing, as hard cells do."""

import re
import sys
from pathlib import Path

text = Path(sys.argv[sys.argv.index("-in") + 1]).read_text()
beta = float((re.search(r"mixing_beta\s*=\s*(\S+)", text) or [0, "0.7"])[1].replace("d", "e"))
LAST = "convergence has been achieved in  21 iterations"
if beta > 0.5:
    LAST = "convergence NOT achieved after 100 iterations: stopping"
print(f"""
     Program PWSCF v.7.3.1 starts on 10Oct2024 at 10: 0: 0

     bravais-lattice index     =            0
     lattice parameter (alat)  =       9.4486  a.u.
     unit-cell volume          =     843.5322 (a.u.)^3
     number of atoms/cell      =            2
     number of atomic types    =            2
     celldm(1)=   9.448631  celldm(2)=   0.000000  celldm(3)=   0.000000

     crystal axes: (cart. coord. in units of alat)
               a(1) = (   1.000000   0.000000   0.000000 )
               a(2) = (   0.000000   1.000000   0.000000 )
               a(3) = (   0.000000   0.000000   1.000000 )

     Cartesian axes

     site n.     atom                  positions (alat units)
         1           Li  tau(   1) = (   0.0000000   0.0000000   0.0000000  )
         2           Cl  tau(   2) = (   0.5000000   0.0000000   0.0000000  )

     number of k points=     1
                       cart. coord. in units 2pi/alat
        k(    1) = (   0.0000000   0.0000000   0.0000000), wk =   2.0000000

          k = 0.0000 0.0000 0.0000 (  2500 PWs)   bands (ev):

   -12.0000  -3.1000

     highest occupied level (ev):    -3.1000

!    total energy              =     -64.13215566 Ry

     {LAST}

     Forces acting on atoms (cartesian axes, Ry/au):

     atom    1 type  1   force =     0.01000000    0.00000000    0.00000000
     atom    2 type  2   force =    -0.01000000    0.00000000    0.00000000

     Total force =     0.014142     Total SCF correction =     0.000001

     Computing stress (Cartesian axis) and pressure

          total   stress  (Ry/bohr**3)                   (kbar)     P=        1.00
   0.00000680   0.00000000   0.00000000            1.00        0.00        0.00
   0.00000000   0.00000680   0.00000000            0.00        1.00        0.00
   0.00000000   0.00000000   0.00000680            0.00        0.00        1.00

     PWSCF        :      1.00s CPU      1.00s WALL

=------------------------------------------------------------------------------=
   JOB DONE.
=------------------------------------------------------------------------------=
""")
