/* What errno of a call on files means to us. Private to store/. */
#ifndef STORE_FILE_FAIL_H
#define STORE_FILE_FAIL_H

#include "base/fail.h"

enum fail file_fail(int error);

#endif
