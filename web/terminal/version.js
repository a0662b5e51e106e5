// The version of this page's software, as `hello` tells it to the server.

export const VERSION = "0.1.0";
