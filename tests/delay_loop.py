"""The opto-electronic delay loop of several tests and measurements."""

LOOP = """Light and electronics in a loop
Xlaser  in               laser power=1m
Xsplit  in nc1 a b       coupler
Xupper  a c x 0          phase_shifter vpi={pi} phase={-pi/4}
Xlower  b d 0 x          phase_shifter vpi={pi} phase={pi/4}
Xjoin   c d nc2 fibre    coupler
Xfibre  fibre far        delay time=20n
Xdiode  far load 0       photodiode responsivity=1
Rload   load 0           1k
Cload   load 0           1p
Eamp    x 0 load 0       1.3
.save v(x)
"""
"""tau x' = -x + beta cos^2(x(t - T) - pi/4) with x = v(x), tau = 1 ns, T = 20 ns, beta = the gain of Eamp."""
