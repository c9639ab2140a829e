// The kernels for the instruction set that every processor of this architecture has.

#include "internal.h"

#include <math.h>

#define WIDTH 4
#define TABLE sf_kernels_plain

#include "bodies/kernels.h"
