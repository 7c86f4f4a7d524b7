"""Parameters of a device from measured or simulated curves, by least squares on the device itself."""
