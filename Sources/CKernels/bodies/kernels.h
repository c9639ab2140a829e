// All kernels, for the instruction set of the file that includes this: it defines WIDTH, floats in a vector, and TABLE.

#pragma clang fp contract(fast)
// Wide vectors pass only between functions that are inlined.
#pragma clang diagnostic ignored "-Wpsabi"

#define KERNEL(name) kernel_##name

#include "vector.h"

#include "small.h"

#include "norm.h"

#include "tile.h"

#include "dense.h"

#include "attention.h"

#include "updates.h"

#include "adafactor.h"

#define X(name) .name = KERNEL(name),
const sf_kernels TABLE = {SF_KERNELS(X)};
#undef X
