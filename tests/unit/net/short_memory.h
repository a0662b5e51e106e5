#include "unit/wire/failing_memory.h"
