"""What ``cuda-check`` does: cases played on devices and on the CPU, and what is measured."""
