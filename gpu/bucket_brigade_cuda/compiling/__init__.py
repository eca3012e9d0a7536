"""From kernels to machine code: compiled when they are needed or ahead, and kept in files."""
