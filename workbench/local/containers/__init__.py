"""Container images, and the program on this machine that has and runs them."""
