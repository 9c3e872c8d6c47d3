// The header is the module; a C target has a source.
#include "lanes.h"
