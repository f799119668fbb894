// Included in the namespace of each instruction set, behind its primitives. In this order:

#include "memory.h"

#include "elements.h"

#include "seen.h"

#include "turned.h"

#include "rows.h"

#include "columns.h"

#include "strided.h"
