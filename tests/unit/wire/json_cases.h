/* JSON documents and what the reader says to them.
 *
 * Each row: the text; NULL where it is accepted, else the problem and the byte
 * at which it is found. Limits need long texts, which json_limit_test.c makes.
 *
 * The verdicts were compared once with JSON.parse of Node 20, after a strict
 * decoding of the bytes as UTF-8 that keeps byte order marks. The reader is
 * stricter in exactly the rows TWICE, ZERO and HALF, and in its limits; it is
 * never more lenient.
 */
#ifndef TESTS_UNIT_WIRE_JSON_CASES_H
#define TESTS_UNIT_WIRE_JSON_CASES_H

#include <stddef.h>

#define EARLY "the document ends too early"
#define VALUE "a value is expected"
#define AFTER "something follows after the document's end"
#define NAME "a name in quotation marks is expected"
#define COLON "a colon is expected after a name"
#define LIST "a comma or the list's end is expected"
#define OBJECT "a comma or the object's end is expected"
#define NUMBER "a number is not written as JSON demands"
#define CONTROL "a control character stands in a string"
#define ESCAPE "an escape is none that JSON knows"
#define HEX "\\u needs four hexadecimal digits"
#define ZERO "the character \\u0000 is not accepted"
#define HALF "half of a surrogate pair stands alone"
#define UTF8 "a string is not valid UTF-8"
#define TWICE "a name stands twice in one object"
#define MARK "a byte order mark stands before the document"

struct json_case {
    const char *text;
    size_t length;
    const char *problem;
    size_t at;
};

#define ACCEPT(text)                                                                               \
    {                                                                                              \
        text, sizeof(text) - 1, NULL, 0                                                            \
    }
#define REFUSE(text, problem, at)                                                                  \
    {                                                                                              \
        text, sizeof(text) - 1, problem, at                                                        \
    }

static const struct json_case JSON_CASES[] = {
    /* the outermost value, blanks around it */
    ACCEPT("null"),
    ACCEPT("true"),
    ACCEPT("false"),
    ACCEPT("0"),
    ACCEPT("\"\""),
    ACCEPT("\"a\""),
    ACCEPT("[]"),
    ACCEPT("{}"),
    ACCEPT(" null"),
    ACCEPT("null "),
    ACCEPT("\tnull\r\n"),
    ACCEPT(" \n\r\t0 \n\r\t"),
    ACCEPT(" [ ] "),
    ACCEPT(" { } "),
    ACCEPT("[\n]"),
    ACCEPT("{\r\n}"),
    REFUSE("", EARLY, 0),
    REFUSE(" ", EARLY, 1),
    REFUSE("\n\n", EARLY, 2),
    REFUSE("\0", VALUE, 0),
    REFUSE("0\0", AFTER, 1),
    REFUSE("\f0", VALUE, 0),
    REFUSE("\v0", VALUE, 0),
    REFUSE("0\f", AFTER, 1),
    REFUSE("\xc2\xa0"
           "0",
           VALUE, 0), /* a no-break space */
    REFUSE("\xe2\x80\xa8"
           "0",
           VALUE, 0), /* U+2028 */
    REFUSE("[\xe3\x80\x80]", VALUE, 1),
    REFUSE("null null", AFTER, 5),
    REFUSE("{}{}", AFTER, 2),
    REFUSE("[][]", AFTER, 2),
    REFUSE("{},", AFTER, 2),
    REFUSE("0,", AFTER, 1),
    REFUSE("{}]", AFTER, 2),
    REFUSE("[]]", AFTER, 2),
    REFUSE("{}}", AFTER, 2),
    REFUSE("\"a\"b", AFTER, 3),
    REFUSE("\"a\"\"b\"", AFTER, 3),
    REFUSE("{} x", AFTER, 3),
    REFUSE("{}\n\n#", AFTER, 4),

    /* byte order marks, other encodings */
    REFUSE("\xef\xbb\xbf{}", MARK, 0),
    REFUSE("\xef\xbb\xbf", MARK, 0),
    REFUSE("\xfe\xff\0{\0}", MARK, 0),
    REFUSE("\xff\xfe{\0}\0", MARK, 0),
    REFUSE("{\0}\0", NAME, 1),
    REFUSE("\0{\0}", VALUE, 0),
    REFUSE("\xef\xbb{}", VALUE, 0),
    REFUSE("{}\xef\xbb\xbf", AFTER, 2),
    REFUSE("[\xef\xbb\xbf]", VALUE, 1),
    ACCEPT("\"\xef\xbb\xbf\""), /* inside a string it is a character */

    /* words */
    REFUSE("nul", VALUE, 0),
    REFUSE("nulll", AFTER, 4),
    REFUSE("Null", VALUE, 0),
    REFUSE("NULL", VALUE, 0),
    REFUSE("True", VALUE, 0),
    REFUSE("TRUE", VALUE, 0),
    REFUSE("tru", VALUE, 0),
    REFUSE("truee", AFTER, 4),
    REFUSE("truefalse", AFTER, 4),
    REFUSE("FALSE", VALUE, 0),
    REFUSE("fals", VALUE, 0),
    REFUSE("[t]", VALUE, 1),
    REFUSE("undefined", VALUE, 0),
    REFUSE("None", VALUE, 0),
    REFUSE("yes", VALUE, 0),
    REFUSE("NaN", VALUE, 0),
    REFUSE("nan", VALUE, 0),
    REFUSE("Infinity", VALUE, 0),
    REFUSE("-Infinity", NUMBER, 1),
    REFUSE("-NaN", NUMBER, 1),
    REFUSE("[NaN]", VALUE, 1),
    REFUSE("{\"a\":Infinity}", VALUE, 5),
    REFUSE("{\"a\":undefined}", VALUE, 5),

    /* comments and other dialects */
    REFUSE("// a\n0", VALUE, 0),
    REFUSE("/* a */0", VALUE, 0),
    REFUSE("0 // a", AFTER, 2),
    REFUSE("0 /* a */", AFTER, 2),
    REFUSE("# a\n0", VALUE, 0),
    REFUSE("[1,/* a */2]", VALUE, 3),
    REFUSE("[1/* a */]", LIST, 2),
    REFUSE("{/* a */}", NAME, 1),
    REFUSE("{\"a\"/* a */:1}", COLON, 4),
    REFUSE("'a'", VALUE, 0),
    REFUSE("['a']", VALUE, 1),
    REFUSE("{'a':1}", NAME, 1),
    REFUSE("{a:1}", NAME, 1),
    REFUSE("{1:1}", NAME, 1),
    REFUSE("{null:1}", NAME, 1),
    REFUSE("`a`", VALUE, 0),
    REFUSE("a", VALUE, 0),
    REFUSE("(0)", VALUE, 0),
    REFUSE("<json/>", VALUE, 0),
    REFUSE("\"a\" + \"b\"", AFTER, 4),
    REFUSE("$", VALUE, 0),

    /* numbers */
    ACCEPT("-0"),
    ACCEPT("1"),
    ACCEPT("-1"),
    ACCEPT("9"),
    ACCEPT("10"),
    ACCEPT("123456789"),
    ACCEPT("0.0"),
    ACCEPT("0.00"),
    ACCEPT("-0.0"),
    ACCEPT("0.005"),
    ACCEPT("10.99"),
    ACCEPT("10.9"),
    ACCEPT("10.990"),
    ACCEPT("99999999.99"),
    ACCEPT("9999999.99"),
    ACCEPT("10000000.00"),
    ACCEPT("1e2"),
    ACCEPT("1E2"),
    ACCEPT("1e+2"),
    ACCEPT("1e-2"),
    ACCEPT("1E+02"),
    ACCEPT("1E400"),
    ACCEPT("1e-400"),
    ACCEPT("0e0"),
    ACCEPT("0E-0"),
    ACCEPT("-0e+00"),
    ACCEPT("1.5e3"),
    ACCEPT("1.0E-10"),
    ACCEPT("9007199254740993"),
    ACCEPT("18446744073709551616"),
    ACCEPT("0.100000000000000005551115123125"),
    ACCEPT("[0,-1,2.5]"),
    ACCEPT("[0 ,1 ]"),
    REFUSE("-", EARLY, 1),
    REFUSE("[-]", NUMBER, 2),
    REFUSE("- 1", NUMBER, 1),
    REFUSE("--1", NUMBER, 1),
    REFUSE("+1", VALUE, 0),
    REFUSE("[+1]", VALUE, 1),
    REFUSE(".5", VALUE, 0),
    REFUSE("-.5", NUMBER, 1),
    REFUSE("1.", EARLY, 2),
    REFUSE("[1.]", NUMBER, 3),
    REFUSE("1.e2", NUMBER, 2),
    REFUSE("1..2", NUMBER, 2),
    REFUSE("1.2.3", AFTER, 3),
    REFUSE("1e", EARLY, 2),
    REFUSE("1e+", EARLY, 3),
    REFUSE("[1e]", NUMBER, 3),
    REFUSE("[1e-]", NUMBER, 4),
    REFUSE("1e+-2", NUMBER, 3),
    REFUSE("1e2.5", AFTER, 3),
    REFUSE("1ee2", NUMBER, 2),
    REFUSE("00", NUMBER, 1),
    REFUSE("01", NUMBER, 1),
    REFUSE("-01", NUMBER, 2),
    REFUSE("[007]", NUMBER, 2),
    REFUSE("0x10", AFTER, 1),
    REFUSE("0b1", AFTER, 1),
    REFUSE("0o7", AFTER, 1),
    REFUSE("[0x10]", LIST, 2),
    REFUSE("1_000", AFTER, 1),
    REFUSE("1 000", AFTER, 2),
    REFUSE("10,99", AFTER, 2),
    REFUSE("{\"a\":10,99}", NAME, 8),
    REFUSE("$10.99", VALUE, 0),
    REFUSE("10.99$", AFTER, 5),
    REFUSE("1f", AFTER, 1),
    REFUSE("1n", AFTER, 1),
    REFUSE("1-1", AFTER, 1),
    REFUSE("1+", AFTER, 1),
    REFUSE("\xef\xbc\x91", VALUE, 0), /* a full-width digit */
    REFUSE("1\xef\xbc\x91", AFTER, 1),
    REFUSE("[1\0]", LIST, 2),

    /* strings and escapes */
    ACCEPT("\"10.99\""),
    ACCEPT("\"\\\"\""),
    ACCEPT("\"\\\\\""),
    ACCEPT("\"\\/\""),
    ACCEPT("\"/\""),
    ACCEPT("\"\\b\\f\\n\\r\\t\""),
    ACCEPT("\"\\\\\\\"\""),
    ACCEPT("\"\\u0001\""),
    ACCEPT("\"\\u0041\""),
    ACCEPT("\"\\u00e9\\u00E9\""),
    ACCEPT("\"\\u20ac\""),
    ACCEPT("\"\\uFFFF\""),
    ACCEPT("\"\\uFFFE\""),
    ACCEPT("\"\\ud7ff\\ue000\""),
    ACCEPT("\"\\ud83d\\ude00\""),
    ACCEPT("\"\\uD800\\uDC00\""),
    ACCEPT("\"\\udbff\\udfff\""),
    ACCEPT("\"\\\\u0000\""),
    ACCEPT("\"\\\\ud800\""),
    ACCEPT("\"'\""),
    ACCEPT("\"\x7f\""),
    ACCEPT("\" \""),
    ACCEPT("\"// no comment\""),
    ACCEPT("\"{[,:]}\""),
    REFUSE("\"", EARLY, 1),
    REFUSE("\"a", EARLY, 2),
    REFUSE("\"a\\\"", EARLY, 4),
    REFUSE("\"\\", EARLY, 2),
    REFUSE("[\"a]", EARLY, 4),
    REFUSE("\"a\nb\"", CONTROL, 2),
    REFUSE("\"a\rb\"", CONTROL, 2),
    REFUSE("\"a\tb\"", CONTROL, 2),
    REFUSE("\"\0\"", CONTROL, 1),
    REFUSE("\"\x01\"", CONTROL, 1),
    REFUSE("\"\x1f\"", CONTROL, 1),
    REFUSE("{\"a\0b\":1}", CONTROL, 3),
    REFUSE("\"\\a\"", ESCAPE, 1),
    REFUSE("\"\\v\"", ESCAPE, 1),
    REFUSE("\"\\0\"", ESCAPE, 1),
    REFUSE("\"\\x41\"", ESCAPE, 1),
    REFUSE("\"\\'\"", ESCAPE, 1),
    REFUSE("\"\\N\"", ESCAPE, 1),
    REFUSE("\"\\ \"", ESCAPE, 1),
    REFUSE("\"\\\n\"", ESCAPE, 1),
    REFUSE("\"\\\0\"", ESCAPE, 1),
    REFUSE("\"\\\xc3\xa9\"", ESCAPE, 1),
    REFUSE("\"ab\\q\"", ESCAPE, 3),
    REFUSE("\"\\u\"", HEX, 1),
    REFUSE("\"\\u1\"", HEX, 1),
    REFUSE("\"\\u12\"", HEX, 1),
    REFUSE("\"\\u123\"", HEX, 1),
    REFUSE("\"\\u123\"4\"", HEX, 1),
    REFUSE("\"\\u12g4\"", HEX, 1),
    REFUSE("\"\\u-123\"", HEX, 1),
    REFUSE("\"\\u 123\"", HEX, 1),
    REFUSE("\"\\u{41}\"", HEX, 1),
    REFUSE("\"\\U0041\"", ESCAPE, 1),
    REFUSE("\"\\u0000\"", ZERO, 1),
    REFUSE("\"a\\u0000b\"", ZERO, 2),
    REFUSE("{\"\\u0000\":1}", ZERO, 2),
    REFUSE("\"\\ud800\"", HALF, 1),
    REFUSE("\"\\udbff\"", HALF, 1),
    REFUSE("\"\\udc00\"", HALF, 1),
    REFUSE("\"\\udfff\"", HALF, 1),
    REFUSE("\"\\ud83d\\u0041\"", HALF, 1),
    REFUSE("\"\\ud83d\\ud83d\"", HALF, 1),
    REFUSE("\"\\ude00\\ud83d\"", HALF, 1),
    REFUSE("\"\\udc00\\udc00\"", HALF, 1),
    REFUSE("\"\\ud83d\\n\"", HALF, 1),
    REFUSE("\"\\ud83dabcdef\"", HALF, 1),
    REFUSE("\"\\ud83d\\nabcdef\"", HALF, 1),
    REFUSE("\"\\ud83d\\ude0\"", HALF, 1),
    REFUSE("\"\\ud83d\\ue000\"", HALF, 1),
    REFUSE("\"\\ud83d\\udeg0\"", HALF, 1),
    REFUSE("\"x\\ud83d\\ude00\\ud83d\"", HALF, 14),

    /* UTF-8 (RFC 3629) */
    ACCEPT("\"\xc2\x80\""),
    ACCEPT("\"\xc3\xa9\""),
    ACCEPT("\"\xdf\xbf\""),
    ACCEPT("\"\xe0\xa0\x80\""),
    ACCEPT("\"\xe2\x82\xac\""),
    ACCEPT("\"\xed\x9f\xbf\""),
    ACCEPT("\"\xee\x80\x80\""),
    ACCEPT("\"\xef\xbf\xbf\""),
    ACCEPT("\"\xf0\x90\x80\x80\""),
    ACCEPT("\"\xf0\x9f\x98\x80\""),
    ACCEPT("\"\xf4\x8f\xbf\xbf\""),
    ACCEPT("\"\xe2\x80\xa8\xe2\x80\xa9\""),
    ACCEPT("{\"\xc3\xa9\":\"\xc3\xa9\"}"),
    REFUSE("\"\x80\"", UTF8, 0),
    REFUSE("\"\xbf\"", UTF8, 0),
    REFUSE("\"\xc0\x80\"", UTF8, 0), /* overlong */
    REFUSE("\"\xc1\xbf\"", UTF8, 0),
    REFUSE("\"\xe0\x9f\xbf\"", UTF8, 0),
    REFUSE("\"\xf0\x8f\xbf\xbf\"", UTF8, 0),
    REFUSE("\"\xed\xa0\x80\"", UTF8, 0), /* a surrogate */
    REFUSE("\"\xed\xbf\xbf\"", UTF8, 0),
    REFUSE("\"\xed\xa0\xbd\xed\xb8\x80\"", UTF8, 0), /* a pair of them */
    REFUSE("\"\xf4\x90\x80\x80\"", UTF8, 0),         /* past U+10FFFF */
    REFUSE("\"\xf5\x80\x80\x80\"", UTF8, 0),
    REFUSE("\"\xf8\x88\x80\x80\x80\"", UTF8, 0),
    REFUSE("\"\xfe\"", UTF8, 0),
    REFUSE("\"\xff\"", UTF8, 0),
    REFUSE("\"\xc3\"", UTF8, 0), /* truncated by the quotation mark */
    REFUSE("\"\xe2\x82\"", UTF8, 0),
    REFUSE("\"\xf0\x9f\x98\"", UTF8, 0),
    REFUSE("\"\xc3\\n\xa9\"", UTF8, 0), /* torn by an escape */
    REFUSE("\"\\n\xa9\"", UTF8, 0),
    REFUSE("[1,\"\xe9\"]", UTF8, 3),
    REFUSE("{\"\xe9\":1}", UTF8, 1),
    REFUSE("\xc3\xa9", VALUE, 0),

    /* lists */
    ACCEPT("[1]"),
    ACCEPT("[1,2]"),
    ACCEPT("[ 1 , 2 ]"),
    ACCEPT("[[]]"),
    ACCEPT("[[],[]]"),
    ACCEPT("[{},{}]"),
    ACCEPT("[[[1],2],3]"),
    ACCEPT("[null,true,false,\"\",0,[],{}]"),
    REFUSE("[", EARLY, 1),
    REFUSE("[1", EARLY, 2),
    REFUSE("[1,", EARLY, 3),
    REFUSE("[[]", EARLY, 3),
    REFUSE("]", VALUE, 0),
    REFUSE("[,]", VALUE, 1),
    REFUSE("[,1]", VALUE, 1),
    REFUSE("[1,]", VALUE, 3),
    REFUSE("[1,,2]", VALUE, 3),
    REFUSE("[1 2]", LIST, 3),
    REFUSE("[1;2]", LIST, 2),
    REFUSE("[1:2]", LIST, 2),
    REFUSE("[\"a\":1]", LIST, 4),
    REFUSE("[1}", LIST, 2),
    REFUSE("[}", VALUE, 1),
    REFUSE("[[}]", VALUE, 2),
    REFUSE("[\"a\" \"b\"]", LIST, 5),
    REFUSE("[{}[]]", LIST, 3),

    /* objects */
    ACCEPT("{\"a\":1}"),
    ACCEPT("{\"a\":1,\"b\":2}"),
    ACCEPT(" { \"a\" : 1 , \"b\" : 2 } "),
    ACCEPT("{\"\":1}"),
    ACCEPT("{\" \":1}"),
    ACCEPT("{\"a\":{\"a\":{\"a\":1}}}"),
    ACCEPT("{\"a\":1,\"A\":2}"),
    ACCEPT("{\"a\":{},\"b\":[]}"),
    ACCEPT("[{\"a\":1},{\"a\":1}]"),
    ACCEPT("{\"a\":\"b\",\"b\":\"a\"}"),
    ACCEPT("{\"__proto__\":1}"),
    REFUSE("{", EARLY, 1),
    REFUSE("{\"", EARLY, 2),
    REFUSE("{\"a", EARLY, 3),
    REFUSE("{\"a\"", EARLY, 4),
    REFUSE("{\"a\":", EARLY, 5),
    REFUSE("{\"a\":1", EARLY, 6),
    REFUSE("{\"a\":1,", EARLY, 7),
    REFUSE("}", VALUE, 0),
    REFUSE("{,}", NAME, 1),
    REFUSE("{:1}", NAME, 1),
    REFUSE("{\"a\"}", COLON, 4),
    REFUSE("{\"a\" 1}", COLON, 5),
    REFUSE("{\"a\"=1}", COLON, 4),
    REFUSE("{\"a\",1}", COLON, 4),
    REFUSE("{\"a\"::1}", VALUE, 5),
    REFUSE("{\"a\":}", VALUE, 5),
    REFUSE("{\"a\":,}", VALUE, 5),
    REFUSE("{\"a\":1,}", NAME, 7),
    REFUSE("{\"a\":1,,\"b\":2}", NAME, 7),
    REFUSE("{\"a\":1 \"b\":2}", OBJECT, 7),
    REFUSE("{\"a\":1;\"b\":2}", OBJECT, 6),
    REFUSE("{\"a\":1]", OBJECT, 6),
    REFUSE("{]", NAME, 1),
    REFUSE("{[]:1}", NAME, 1),
    REFUSE("{{}:1}", NAME, 1),
    REFUSE("{true:1}", NAME, 1),
    REFUSE("{\"a\":1:2}", OBJECT, 6),
    REFUSE("{\"\\q\":1}", ESCAPE, 2),

    /* names that stand twice */
    REFUSE("{\"a\":1,\"a\":1}", TWICE, 7),
    REFUSE("{\"a\":1,\"a\":2}", TWICE, 7),
    REFUSE("{\"\":1,\"\":2}", TWICE, 6),
    REFUSE("{\"a\":1,\"b\":2,\"a\":3}", TWICE, 13),
    REFUSE("{\"a\":1,\"\\u0061\":2}", TWICE, 7),
    REFUSE("{\"\\u0061\":1,\"a\":2}", TWICE, 12),
    REFUSE("{\"\\u0061\":1,\"\\u0061\":2}", TWICE, 12),
    REFUSE("{\"\xc3\xa9\":1,\"\\u00e9\":2}", TWICE, 8),
    REFUSE("[0,{\"a\":{},\"a\":[]}]", TWICE, 11),
    REFUSE("{\"x\":{\"a\":1,\"a\":1}}", TWICE, 12),
    REFUSE("{\"a\":{\"b\":1},\"a\":{\"b\":1}}", TWICE, 13),
    REFUSE("{\"a\":1,\"b\":1,\"b\":1,\"a\":1}", TWICE, 13),
    ACCEPT("{\"e\\u0301\":1,\"\xc3\xa9\":2}"), /* not normalised: these differ */

    /* bodies of the API */
    ACCEPT("{\"currency\":\"CAD\",\"transactionAmount\":10.99}"),
    ACCEPT("{\"currency\":\"USD\",\"transactionAmount\":1e2,\"invoiceNumber\":\"INV1\"}"),
    ACCEPT("{\"transactionAmount\":52.5,\"originalTransactionId\":25764674,\"unknown\":[{}]}"),
    ACCEPT("{\"type\":\"ping_shown\",\"id\":123456}"),
    REFUSE("{\"transactionAmount\":10,99}", NAME, 24),
    REFUSE("{\"transactionAmount\":0x10}", OBJECT, 22),
    REFUSE("currency=CAD&transactionAmount=1", VALUE, 0),
    REFUSE("{\"transactionAmount\":10.99}\r\n\r\nGET / HTTP/1.1", AFTER, 31),
};

enum { JSON_CASE_COUNT = sizeof(JSON_CASES) / sizeof(JSON_CASES[0]) };

#endif
