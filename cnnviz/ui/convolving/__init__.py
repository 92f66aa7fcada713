"""One convolution, number by number: a window that moves over a grid in the visitor's browser."""
