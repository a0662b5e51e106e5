/* The data folder of the person who runs the program. */
#include "base/home.h"

#include <stdlib.h>

#include "base/text.h"

enum fail home_data_path(const char *tail, char out[HOME_PATH_SIZE])
{
    const char *data = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    char path[HOME_PATH_SIZE];
    bool fits;

    /* The specification asks to ignore a path that is not absolute. */
    if (data != NULL && data[0] == '/') {
        fits = text_format(path, sizeof(path), "%s/tillwire/%s", data, tail);
    } else if (home != NULL && home[0] == '/') {
        fits = text_format(path, sizeof(path), "%s/.local/share/tillwire/%s", home, tail);
    } else {
        return FAIL_NOT_FOUND;
    }
    return fits ? slice_copy(slice_of(path), out, HOME_PATH_SIZE) : FAIL_LIMIT;
}
