/*
 * A PKCS#11 library in front of SoftHSM2 whose tokens can be pulled out, made slow, or filled up: a file LABEL.removed, LABEL.slow or
 * LABEL.full in the folder FAULTY_TOKEN_FAULTS. Everything else is the library FAULTY_TOKEN_LIBRARY's own doing.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long ulong_t;
typedef ulong_t (*call)(ulong_t, ulong_t, ulong_t, ulong_t, ulong_t, ulong_t, ulong_t, ulong_t);

/* Places in CK_FUNCTION_LIST, PKCS #11 v2.40 section 5.6. */
enum {
    GET_TOKEN_INFO = 6, OPEN_SESSION = 12, CLOSE_ALL = 14, GET_SESSION_INFO = 15, LOGIN = 18, CREATE_OBJECT = 20, FIND_INIT = 26, ENCRYPT_INIT = 29,
    DECRYPT_INIT = 33, SIGN_INIT = 42, GENERATE_KEY = 58, WRAP_KEY = 60, UNWRAP_KEY = 61, DERIVE_KEY = 62, GENERATE_RANDOM = 64, FUNCTIONS = 68
};

enum { DEVICE_MEMORY = 0x31, DEVICE_REMOVED = 0x32 };

static struct { unsigned char version[2]; call functions[FUNCTIONS]; } mine, *theirs;

static int has(ulong_t slot, const char *fault)
{
    char info[512] = { 0 }, label[33] = { 0 }, path[4096];
    if (theirs->functions[GET_TOKEN_INFO](slot, (ulong_t)info, 0, 0, 0, 0, 0, 0) != 0) return 0;
    memcpy(label, info, 32);
    for (int end = 31; end >= 0 && label[end] == ' '; end--) label[end] = 0;
    snprintf(path, sizeof path, "%s/%s.%s", getenv("FAULTY_TOKEN_FAULTS"), label, fault);
    return access(path, F_OK) == 0;
}

/* What a device does that is pulled out: its sessions are gone, and what they made. */
static ulong_t fault_of(ulong_t slot, int makes_object)
{
    if (has(slot, "removed")) {
        theirs->functions[CLOSE_ALL](slot, 0, 0, 0, 0, 0, 0, 0);
        return DEVICE_REMOVED;
    }
    if (has(slot, "slow")) usleep(400000);
    return makes_object && has(slot, "full") ? DEVICE_MEMORY : 0;
}

static ulong_t fault_in(ulong_t session, int makes_object)
{
    ulong_t info[8] = { 0 };
    if (theirs->functions[GET_SESSION_INFO](session, (ulong_t)info, 0, 0, 0, 0, 0, 0) != 0) return 0;
    return fault_of(info[0], makes_object);
}

#define IN_SESSION(NAME, PLACE, MAKES) \
    static ulong_t NAME(ulong_t a, ulong_t b, ulong_t c, ulong_t d, ulong_t e, ulong_t f, ulong_t g, ulong_t h) \
    { \
        ulong_t fault = fault_in(a, MAKES); \
        return fault ? fault : theirs->functions[PLACE](a, b, c, d, e, f, g, h); \
    }

IN_SESSION(create_object, CREATE_OBJECT, 1)
IN_SESSION(find_init, FIND_INIT, 0)
IN_SESSION(encrypt_init, ENCRYPT_INIT, 0)
IN_SESSION(decrypt_init, DECRYPT_INIT, 0)
IN_SESSION(sign_init, SIGN_INIT, 0)
IN_SESSION(generate_key, GENERATE_KEY, 1)
IN_SESSION(wrap_key, WRAP_KEY, 0)
IN_SESSION(unwrap_key, UNWRAP_KEY, 1)
IN_SESSION(derive_key, DERIVE_KEY, 1)
IN_SESSION(generate_random, GENERATE_RANDOM, 0)

static ulong_t open_session(ulong_t a, ulong_t b, ulong_t c, ulong_t d, ulong_t e, ulong_t f, ulong_t g, ulong_t h)
{
    ulong_t fault = fault_of(a, 0);
    return fault ? fault : theirs->functions[OPEN_SESSION](a, b, c, d, e, f, g, h);
}

/* A line for each time that a PIN is shown. */
static ulong_t login(ulong_t a, ulong_t b, ulong_t c, ulong_t d, ulong_t e, ulong_t f, ulong_t g, ulong_t h)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/logins", getenv("FAULTY_TOKEN_FAULTS"));
    FILE *log = fopen(path, "a");
    if (log) { fputs("login\n", log); fclose(log); }
    return theirs->functions[LOGIN](a, b, c, d, e, f, g, h);
}

ulong_t C_GetFunctionList(void **list)
{
    if (!theirs) {
        void *library = dlopen(getenv("FAULTY_TOKEN_LIBRARY"), RTLD_NOW);
        ulong_t (*get)(void **) = library ? (ulong_t (*)(void **))dlsym(library, "C_GetFunctionList") : 0;
        if (!get || get((void **)&theirs) != 0) return 5;
        mine = *theirs;
        mine.functions[CREATE_OBJECT] = create_object;
        mine.functions[FIND_INIT] = find_init;
        mine.functions[ENCRYPT_INIT] = encrypt_init;
        mine.functions[DECRYPT_INIT] = decrypt_init;
        mine.functions[SIGN_INIT] = sign_init;
        mine.functions[GENERATE_KEY] = generate_key;
        mine.functions[WRAP_KEY] = wrap_key;
        mine.functions[UNWRAP_KEY] = unwrap_key;
        mine.functions[DERIVE_KEY] = derive_key;
        mine.functions[GENERATE_RANDOM] = generate_random;
        mine.functions[OPEN_SESSION] = open_session;
        mine.functions[LOGIN] = login;
    }
    *list = &mine;
    return 0;
}
