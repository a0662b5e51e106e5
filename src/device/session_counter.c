/* What sessions count. A file of its own, so that whoever reads the counter
 * links no session. */
#include "device/session_payment.h"

struct counter session_fields_dropped;
