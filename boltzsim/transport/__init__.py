"""The discrete kinetic equation and its solution in steady state and in time; the diffusion model on the same grid."""
