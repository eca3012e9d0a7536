"""A program as launches: laid out for kernels, cut into units, played by a worker a device."""
