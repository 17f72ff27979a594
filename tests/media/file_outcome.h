#pragma once

#include "media/frame_source.h"

#include <QByteArray>
#include <QFile>
#include <QTest>
#include <optional>
#include <string>
#include <vector>

namespace livegloss::test {

/// What came of reading a file to its end.
struct Outcome {
    std::vector<FramePtr> frames;
    std::optional<Error> error;
    media::SourceInfo info;
    media::SourceLosses losses;
};

/// All that the file gives.
inline Outcome readFile(const std::string& path) {
    const SteadyClock clock;
    Outcome outcome;
    auto source = media::openSource({media::SourceKind::File, path}, clock);
    if (!source) {
        outcome.error = source.error();
        return outcome;
    }
    outcome.info = (*source)->info();
    for (;;) {
        auto frame = (*source)->read();
        outcome.losses = (*source)->losses();
        if (!frame) {
            outcome.error = frame.error();
            return outcome;
        }
        if (!*frame) {
            return outcome;
        }
        outcome.frames.push_back(**frame);
    }
}

inline void put(const std::string& path, const QByteArray& bytes) {
    QFile file(QString::fromStdString(path));
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(bytes), bytes.size());
}

inline QByteArray get(const std::string& path) {
    QFile file(QString::fromStdString(path));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace livegloss::test
