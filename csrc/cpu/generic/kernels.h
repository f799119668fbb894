// Included in the namespace of each instruction set, behind its primitives. In this order:

#include "elements.h"

#include "rows.h"

#include "columns.h"

#include "strided.h"
