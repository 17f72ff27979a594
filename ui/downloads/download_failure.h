#pragma once

#include <QCoreApplication>
#include <QString>

namespace livegloss::downloads {

enum class Problem {
    NoConnection,   ///< the server could not be reached
    Untrusted,      ///< the server could not prove who it is
    Stalled,        ///< nothing came for the length of the time-out
    CutOff,         ///< the connection ended before the file did
    NotFound,       ///< the server has no such file
    Refused,        ///< the server does not give the file to us
    ServerFault,    ///< the server has a problem of its own, or answers nonsense
    WrongLength,    ///< the file is not as long as the catalogue says
    WrongChecksum,  ///< the file is not the one that the catalogue means
    UnsafeAddress,  ///< not https
    UnsafeRedirect, ///< sent on to an address that is not https
    RedirectLoop,   ///< sent on too often
    WebPage,        ///< a page for people came instead of the file
    DiskFull,
    CannotWrite,
    NameTaken, ///< another file has the model's name
    Busy       ///< another LiveGloss is writing to the folder of models
};

/// Why a download ended, with the facts in English (addresses, sizes, checksums, the system's own words).
struct Failure {
    Problem problem = Problem::NoConnection;
    QString detail;
};

/// What the interface says about a failure, in the user's language: what happened, and what to do.
class FailureText {
    Q_DECLARE_TR_FUNCTIONS(Downloads)
public:
    static QString title(Problem problem);
    static QString advice(Problem problem);
};

} // namespace livegloss::downloads
