#pragma once

#include <QTest>

namespace livegloss::test {

/// Whether tests fail rather than skip where reference data is missing: the environment variable
/// LIVEGLOSS_REQUIRE_REFERENCE_DATA is set, and not to 0.
inline bool referenceDataIsRequired() {
    const QByteArray value = qgetenv("LIVEGLOSS_REQUIRE_REFERENCE_DATA");
    return !value.isEmpty() && value != "0";
}

} // namespace livegloss::test

/// Ends a test whose reference data (golden tensors, foreign media) is not there.
#define LIVEGLOSS_WITHOUT_REFERENCE_DATA(what)                                                                         \
    do {                                                                                                               \
        if (livegloss::test::referenceDataIsRequired()) {                                                              \
            QFAIL(what " (LIVEGLOSS_REQUIRE_REFERENCE_DATA is set)");                                                  \
        }                                                                                                              \
        QSKIP(what);                                                                                                   \
    } while (false)
