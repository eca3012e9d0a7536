"""What all tests need of the process they run in."""

import signal

# A shell lets what it starts in the background ignore Ctrl-C, and so would every process that a
# test starts to interrupt it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
